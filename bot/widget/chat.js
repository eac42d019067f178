/**
 * The demo page: a chat through the public API. What is said goes by HTTP, under an id of its own, so that sending again
 * is safe; what is answered comes by the stream and by HTTP, whichever is first. All words stand in texts/*.json.
 */

const find = (id) => document.getElementById(id);
const page = Object.fromEntries(
  ["setup", "customer", "language", "log", "status", "composer", "text", "freeze", "confirm"].map((id) => [id, find(id)]),
);
const PAUSES = [1, 2, 4, 8, 15];
const TRIES = 3;
const POLL_SECONDS = 3;
const REFUSED = 4401; // the stream's close code for a token that opens nothing

let texts = {};
let chat = null;

const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** A refusal by the server, with its problem document. */
class Problem extends Error {
  constructor(status, content) {
    super(content?.code ?? String(status));
    Object.assign(this, { status, detail: content?.detail });
  }
}

async function request(method, path, { body, token, signal } = {}) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, content);
  return content;
}

/** One conversation, from its session's opening until another one begins. */
class Chat {
  #session;
  #seen = new Map(); // lines by their id
  #pending = new Map(); // own lines not confirmed yet, by client_message_id
  #after = 0;
  #failures = 0;
  #left = new AbortController();

  static async open(locale, customer) {
    const body = { locale };
    if (customer) {
      const signedIn = await request("POST", "/demo/token", { body: { customer_id: customer } });
      body.identity_token = signedIn.identity_token;
    }
    return new Chat(await request("POST", "/api/chat/sessions", { body }));
  }

  constructor(session) {
    this.#session = session;
    session.messages.forEach((message) => this.#show(message));
    this.#connect();
    this.#poll();
  }

  leave() {
    this.#left.abort();
  }

  async say(content, shown) {
    const id = newId();
    const line = this.#add("customer pending", shown, page.language.value);
    this.#pending.set(id, line);
    await this.#send({ client_message_id: id, ...content }, line);
  }

  async #send(body, line) {
    line.querySelector(".choices")?.remove();
    for (let tried = 1; ; tried += 1) {
      try {
        const answer = await this.#ask("POST", "/messages", body);
        line.classList.remove("pending");
        answer.messages.forEach((message) => this.#show(message));
        return;
      } catch (error) {
        if (this.#left.signal.aborted) return;
        if (error.status === 410) return this.#end();
        if (error.status && error.status < 500) return this.#refused(line, error.detail);
        if (tried === TRIES) return this.#refused(line, error.detail ?? texts.unavailable, body);
        await wait(PAUSES[tried - 1]);
      }
    }
  }

  #refused(line, reason, body) {
    line.append(make("p", "system", [texts.not_sent, reason].filter(Boolean).join(" ")));
    if (!body) return;
    const again = make("button", "", texts.try_again);
    const choices = make("div", "choices");
    choices.append(again);
    line.append(choices);
    again.addEventListener("click", () => {
      line.querySelector(".system")?.remove();
      this.#send(body, line);
    });
  }

  #ask(method, path, body) {
    const url = `/api/chat/sessions/${this.#session.session_id}${path}`;
    return request(method, url, { body, token: this.#session.token, signal: this.#left.signal });
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/chat/sessions/${this.#session.session_id}/stream`);
    const options = { signal: this.#left.signal };
    this.#left.signal.addEventListener("abort", () => socket.close(), { once: true });
    socket.addEventListener("open", () => {
      this.#failures = 0;
      page.status.textContent = "";
      socket.send(JSON.stringify({ type: "auth", token: this.#session.token, after: this.#after }));
    }, options);
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)), options);
    socket.addEventListener("close", async (event) => {
      if (event.code === REFUSED) return this.#end();
      this.#failures += 1;
      page.status.textContent = texts.connecting;
      await wait(PAUSES[Math.min(this.#failures, PAUSES.length) - 1]);
      if (!this.#left.signal.aborted) this.#connect();
    }, options);
  }

  /** While there is no stream, look by HTTP. */
  async #poll() {
    while (!this.#left.signal.aborted) {
      await wait(POLL_SECONDS);
      if (!this.#failures || this.#left.signal.aborted) continue;
      const answer = await this.#ask("GET", `/messages?after=${this.#after}`).catch(() => null);
      answer?.messages.forEach((message) => this.#show(message));
    }
  }

  #take(frame) {
    if (frame.type === "message") this.#show(frame.message);
    if (frame.type === "typing") page.status.textContent = texts.typing;
    if (frame.type === "owner") page.status.textContent = texts[`owner_${frame.owner}`] ?? "";
    if (frame.type === "ended") this.#end();
  }

  #end() {
    this.leave();
    page.status.textContent = texts.ended;
    setEnabled(false);
  }

  /** Put a message where its id belongs, once. */
  #show(message) {
    if (this.#left.signal.aborted || this.#seen.has(message.id)) return;
    const own = this.#pending.get(message.client_message_id);
    this.#pending.delete(message.client_message_id);
    const line = own ?? this.#add(message.role, message.text, message.language);
    line.classList.remove("pending");
    line.querySelector(".said").textContent = message.text; // masked, where it held a secret
    message.receipts.forEach((receipt) => line.append(this.#receipt(receipt)));
    if (message.buttons.length) line.append(this.#choices(message));
    const behind = [...this.#seen.keys()].filter((id) => id > message.id).sort((a, b) => a - b)[0];
    if (behind) page.log.insertBefore(line, this.#seen.get(behind));
    else if (!own) page.log.insertBefore(line, page.log.querySelector(".pending"));
    this.#seen.set(message.id, line);
    this.#after = Math.max(this.#after, message.id);
    if (message.role !== "customer") page.status.textContent = "";
    page.log.scrollTop = page.log.scrollHeight;
  }

  #add(className, text, language) {
    const line = make("div", `line ${className}`);
    line.lang = language;
    line.append(make("p", "said", text));
    page.log.append(line);
    page.log.scrollTop = page.log.scrollHeight;
    return line;
  }

  #receipt(reference) {
    const card = make("div", "receipt", texts[`receipt_${reference.split("-")[0]}`] ?? "");
    card.append(make("b", "", reference));
    return card;
  }

  /** The buttons of the latest message that has some; older ones are not offered any more. */
  #choices(message) {
    page.log.querySelectorAll(".choices").forEach((older) => older.remove());
    const choices = make("div", "choices");
    message.buttons.forEach((button) => {
      const element = make("button", "", button.title);
      element.addEventListener("click", () => {
        choices.remove();
        page.text.focus();
        this.say({ button: button.id }, button.title);
      });
      choices.append(element);
    });
    return choices;
  }
}

function setEnabled(enabled) {
  for (const element of [...page.composer.elements, page.freeze]) element.disabled = !enabled;
}

async function speak(language) {
  texts = await (await fetch(`/widget/texts/${language}.json`)).json();
  document.documentElement.lang = language;
  document.querySelectorAll("[data-text]").forEach((element) => (element.textContent = texts[element.dataset.text]));
  document.querySelectorAll("[data-label]").forEach((element) => (element.ariaLabel = texts[element.dataset.label]));
  page.text.placeholder = texts[page.text.dataset.placeholder];
  for (const option of page.customer.options) {
    option.textContent = option.value ? `${option.dataset.name}: ${texts[`state_${option.dataset.state}`]}` : texts.visitor;
  }
}

async function begin() {
  chat?.leave();
  page.log.replaceChildren();
  page.status.textContent = "";
  setEnabled(false);
  try {
    chat = await Chat.open(page.language.value, page.customer.value);
    page.freeze.hidden = !page.customer.value;
    setEnabled(true);
    page.text.focus();
  } catch (error) {
    page.status.textContent = error.detail ?? texts.unavailable;
  }
}

page.setup.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
page.customer.addEventListener("change", begin);
page.language.addEventListener("change", async () => {
  await speak(page.language.value);
  begin();
});
page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = page.text.value.trim();
  page.text.value = "";
  if (text) chat.say({ text }, text);
});
page.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.composer.requestSubmit();
});
page.freeze.addEventListener("click", () => page.confirm.showModal());
page.confirm.addEventListener("close", () => {
  if (page.confirm.returnValue === "yes") chat.say({ button: "emergency_freeze" }, page.freeze.textContent);
});

page.customer.append(new Option("", ""));
for (const person of await request("GET", "/demo/customers")) {
  const option = new Option(person.name, person.id);
  Object.assign(option.dataset, { name: person.name, state: person.state });
  page.customer.append(option);
}
page.language.value = navigator.language.startsWith("zh") ? "zh" : "en";
await speak(page.language.value);
await begin();
