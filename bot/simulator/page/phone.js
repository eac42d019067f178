/** One telephone: its calls, texts and mails, and the call that is on it. */

import { get, post } from "./api.js";
import { Captions } from "./captions.js";
import { keepAtEnd, make } from "./dom.js";
import { label, t } from "./texts.js";
import { voice } from "./voice.js";

const KEYS = ["1", "2 ABC", "3 DEF", "4 GHI", "5 JKL", "6 MNO", "7 PQRS", "8 TUV", "9 WXYZ", "*", "0 +", "#"];
const OVER = new Set(["completed", "busy", "no-answer", "failed", "canceled"]);
const NOT_TAKEN = new Set(["no-answer", "canceled", "busy"]);
const OTHER = "other";

export class Phone {
  #find;
  #people;
  #world; // {number, complain, names}
  #captions;
  #call = null;
  #seen = { texts: 0, mails: 0 };
  #tab = "calls";
  #stale = null;
  person;

  constructor(people, person, world) {
    const article = document.getElementById("phone").content.cloneNode(true).firstElementChild;
    this.element = article;
    this.#find = (selector) => article.querySelector(selector);
    this.#people = people;
    this.#world = world;
    this.person = person;
    this.#captions = new Captions(this.#find(".captions"));
    this.#keypads();
    this.#act();
    this.relabel();
    this.refresh();
  }

  get number() {
    return this.person.number;
  }

  /** Whether an event about this number or call is ours. */
  concerns(event) {
    return event.number === this.number || event.number === this.person.email || event.sid === this.#call?.sid;
  }

  relabel() {
    label(this.element);
    const select = this.#find(".people");
    const groups = ["customer", "agent"].map((role) => {
      const group = make("optgroup", { label: t(`role_${role}`) });
      for (const person of this.#people.filter((one) => one.role === role)) {
        group.append(make("option", { value: person.number }, `${person.name} · ${person.number}`));
      }
      return group;
    });
    const chosen = make("option", { value: this.number }, `${this.person.name ?? this.number}`);
    const known = this.#people.some((one) => one.number === this.number);
    select.replaceChildren(...groups.filter((group) => group.children.length), ...(known ? [] : [chosen]), make("option", { value: OTHER }, t("other_number")));
    select.value = this.number;
    this.#find(".number").textContent = this.number;
    this.#find(".mailbox").textContent = this.person.email ?? t("no_mailbox");
    this.#find(".with").textContent = `${t("wallet")} · ${this.#world.number}`;
  }

  /** Ask for everything again, soon; several wishes at once become one. */
  refresh() {
    this.#stale ??= setTimeout(() => {
      this.#stale = null;
      this.#load().catch(this.#world.complain);
    }, 30);
  }

  tick(now) {
    this.#find(".bar time").textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    const since = this.#call?.answered;
    this.#find(".state time").textContent = since ? clockTime((now - since) / 1000) : "";
  }

  async #load() {
    const [phone, mailbox] = await Promise.all([
      get(`phones/${encodeURIComponent(this.number)}`),
      this.person.email ? get(`phones/${encodeURIComponent(this.person.email)}`) : { mails: [] },
    ]);
    const open = phone.calls.filter((call) => !OVER.has(call.status) && call.status !== "queued");
    const current = open.find((call) => call.status === "in-progress") ?? open.at(-1) ?? null;
    this.#showTexts(phone.texts);
    this.#showMails(mailbox.mails);
    this.#showRecent(phone.calls);
    await this.#showCall(current && (await get(`calls/${current.sid}`)));
  }

  async #showCall(call) {
    const rings = call !== null && call.status === "ringing" && call.direction !== "inbound";
    const talks = call !== null && !rings;
    this.#find(".ringing").hidden = !rings;
    this.#find(".talking").hidden = !talks;
    this.element.classList.toggle("covered", rings || talks);
    if (rings !== this.element.classList.contains("rings")) voice.ring(rings);
    this.element.classList.toggle("rings", rings);
    if (this.#call && !call && !OVER.has(this.#call.status)) await this.#hearTheEnd(this.#call.sid);
    this.#call = call;
    if (!call) return;
    const answered = call.answered_at && new Date(call.answered_at);
    this.#call = { ...call, answered };
    for (const who of this.element.querySelectorAll(".who")) who.textContent = this.#name(call);
    if (talks) this.#showTalk(call);
  }

  /** The last words of a call that ended meanwhile are spoken all the same. */
  async #hearTheEnd(sid) {
    const ended = await get(`calls/${sid}`);
    this.#captions.show(ended);
    this.#world.complain(t(`ended_${ended.status}`));
  }

  #showTalk(call) {
    const connected = call.connected_with !== null;
    this.#find(".status").textContent = connected ? t("connected") : call.queue ? t("in_queue") : t(`status_${call.status}`);
    this.#captions.show(call);
    this.#find(".asks").textContent = asked(call.gathering);
    this.#find(".quiet").hidden = call.gathering === null;
  }

  #name(call) {
    const other = call.direction === "inbound" ? call.to : call.from;
    return other === this.#world.number ? t("wallet") : (this.#people.find((one) => one.number === other)?.name ?? other);
  }

  #showTexts(texts) {
    const list = this.#find(".bubbles");
    keepAtEnd(list, () => list.replaceChildren(...(texts.length ? texts.map(bubble) : [make("li", { className: "empty" }, t("no_texts"))])));
    this.#badge("texts", texts.filter((text) => text.direction !== "inbound").length);
  }

  #showMails(mails) {
    const letters = mails.map((mail) => make("li", { className: "letter" }, make("b", {}, mail.subject), mail.body));
    this.#find(".letters").replaceChildren(...(letters.length ? letters.reverse() : [make("li", { className: "empty" }, t("no_mails"))]));
    this.#badge("mails", mails.length);
  }

  #badge(tab, count) {
    if (this.#tab === tab) this.#seen[tab] = count;
    const unread = Math.max(0, count - this.#seen[tab]);
    this.#find(`.tabs [data-tab="${tab}"] em`).textContent = unread || "";
  }

  #showRecent(calls) {
    const rows = calls.filter((call) => OVER.has(call.status)).slice(-4).reverse().map((call) => {
      const inbound = call.direction === "inbound";
      const missed = !inbound && NOT_TAKEN.has(call.status);
      const what = make("span", { className: missed ? "missed" : "" }, `${inbound ? "↗" : "↙"} ${this.#name(call)}`);
      return make("li", {}, what, make("span", {}, call.status === "completed" ? clockTime(call.seconds) : t(`status_${call.status}`)));
    });
    this.#find(".recent").replaceChildren(...rows);
  }

  #keypads() {
    for (const pad of this.element.querySelectorAll(".keys")) {
      for (const key of KEYS) {
        const [digit, letters = ""] = key.split(" ");
        const button = make("button", { type: "button", ariaLabel: digit }, digit, make("small", { ariaHidden: "true" }, letters));
        button.addEventListener("click", () => this.#key(digit));
        pad.append(button);
      }
    }
  }

  #key(digit) {
    voice.key(digit);
    if (!this.#call) {
      const dialled = this.#find(".dialled");
      dialled.textContent = (dialled.textContent + digit).slice(-16);
      return;
    }
    this.#captions.add(digit);
    this.#do("keys", { digits: digit });
  }

  #do(what, body) {
    return post(`calls/${this.#call.sid}/${what}`, body).then(() => this.refresh(), this.#world.complain);
  }

  #act() {
    const on = (selector, kind, act) => this.#find(selector).addEventListener(kind, act);
    on(".dial", "click", () => this.#dial());
    on(".hang", "click", () => { voice.hush(); this.#do("hang-up"); });
    on(".quiet", "click", () => this.#do("silence"));
    for (const button of this.element.querySelectorAll("[data-answer]")) {
      button.addEventListener("click", () => this.#do("answer", { by: button.dataset.answer }));
    }
    for (const button of this.element.querySelectorAll(".tabs button")) {
      button.addEventListener("click", () => this.#open(button.dataset.tab));
    }
    on(".write", "submit", (event) => this.#submit(event, (body) => {
      post(`phones/${encodeURIComponent(this.number)}/texts`, { body }).catch(this.#world.complain);
    }));
    on(".speak", "submit", (event) => this.#submit(event, (text) => {
      this.#captions.add(text);
      this.#do("speech", { text });
    }));
    on(".speak input", "input", () => {
      // Whoever types is speaking: prompts end, and silence is not counted.
      if (this.#call?.gathering?.input.includes("speech")) {
        voice.hush();
        this.#do("speaking");
      }
    });
    on(".people", "change", (event) => this.#belongTo(event.target.value));
  }

  #submit(event, act) {
    event.preventDefault();
    const input = event.target.querySelector("input");
    if (!input.value.trim()) return;
    act(input.value);
    input.value = "";
  }

  #dial() {
    this.#find(".dialled").textContent = "";
    const hidden = this.#find(".hide input").checked;
    post(`phones/${encodeURIComponent(this.number)}/calls`, { hidden }).then(() => this.refresh(), this.#world.complain);
  }

  #open(tab) {
    this.#tab = tab;
    for (const page of this.element.querySelectorAll(".page")) page.hidden = page.dataset.tab !== tab;
    for (const button of this.element.querySelectorAll(".tabs button")) button.ariaPressed = String(button.dataset.tab === tab);
    const list = this.#find(`.page[data-tab="${tab}"] ol`);
    if (list) list.scrollTop = list.scrollHeight;
    this.refresh();
  }

  #belongTo(number) {
    const known = this.#people.find((one) => one.number === number);
    const typed = known ? null : prompt(t("which_number"), "+1");
    if (known || /^\+\d{6,15}$/.test(typed ?? "")) this.person = known ?? { number: typed, email: null };
    this.#call = null;
    this.#seen = { texts: 0, mails: 0 };
    this.relabel();
    this.refresh();
  }
}

function bubble(text) {
  const own = text.direction === "inbound";
  const parts = text.segments > 1 ? t("segments", { count: text.segments }) : "";
  const facts = [new Date(text.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }), parts, own ? "" : t(`text_${text.status}`)];
  return make("li", { className: `bubble ${own ? "own" : ""}` }, text.body, make("small", {}, facts.filter(Boolean).join(" · ")));
}

function asked(gathering) {
  if (!gathering) return "";
  const wishes = [];
  if (gathering.input.includes("dtmf")) wishes.push(gathering.numDigits ? t("asks_keys", { count: gathering.numDigits }) : t("asks_keys_any", { key: gathering.finishOnKey }));
  if (gathering.input.includes("speech")) wishes.push(t("asks_speech", { language: gathering.language }));
  return t("asks", { what: wishes.join(t("or")), seconds: gathering.timeout });
}

function clockTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
