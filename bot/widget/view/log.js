/** The lines of a conversation. New ones are read out by screen readers, what was said before is not. */

import { button, icon, make } from "./dom.js";

const NEAR = 80; // pixels from the end that count as being there
// A reference, and an amount with its sign, stay on one line.
const UNBROKEN = /([A-Z]+-\w{5,16}|[-−][^\s\d-]{0,4}\d[\d.,]{0,15})/;
const APART = 5 * 60_000; // milliseconds of silence after which the time is shown

export class Log {
  #labels;
  #acts;
  #lines = new Map(); // by the message's number
  #pending = new Map(); // by client_message_id
  #lastAt = 0;

  constructor(labels, acts) {
    this.#labels = labels;
    this.#acts = acts;
    this.element = make("div", { class: "log", part: "log", role: "log", tabindex: "0", label: "log_label", "aria-live": "off" });
  }

  /** From here on, what is added is read out. */
  listen() {
    // Not at once: else a screen reader would begin with what is there.
    if (this.element.ariaLive === "off") requestAnimationFrame(() => this.element.setAttribute("aria-live", "polite"));
  }

  show(message) {
    const down = this.#atEnd || message.role === "customer";
    const own = this.#pending.get(message.client_message_id);
    this.#pending.delete(message.client_message_id);
    const line = own ?? this.#make(message.role);
    line.className = `line ${message.role}`;
    line.replaceChildren(...this.#content(message));
    this.#labels.apply(line);
    const behind = [...this.#lines.keys()].filter((id) => id > message.id);
    const next = behind.length ? this.#lines.get(Math.min(...behind)) : [...this.#pending.values()][0];
    if (next) next.before(line);
    else if (!own || this.element.lastChild !== line) this.element.append(line);
    this.#lines.set(message.id, line);
    this.#sayTime(message, line);
    if (message.role === "customer") this.#withdraw(message.id);
    else this.#offer(message, line);
    if (down) this.toEnd();
  }

  showPending(items, notes) {
    const down = this.#atEnd;
    for (const item of items) {
      let line = this.#pending.get(item.id);
      if (!line) {
        line = this.#make("customer pending");
        line.append(this.#labels.apply(this.#who("customer")), this.#said(item.shown));
        this.#pending.set(item.id, line);
        this.element.append(line);
        this.#withdraw(Infinity);
        this.toEnd();
      }
      this.#note(line, notes(item));
    }
    if (down) this.toEnd();
  }

  refuse(item, why) {
    const line = this.#pending.get(item.id);
    this.#pending.delete(item.id);
    line.classList.replace("pending", "refused");
    this.#note(line, why);
    this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  get #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #make(kind) {
    return make("div", { class: `line ${kind}`, part: "message" });
  }

  #content(message) {
    const parts = [this.#who(message.role), this.#said(message.text, message.language)];
    if (message.phrase) parts.push(this.#phrase(message.phrase, message.language));
    parts.push(...message.receipts.map((reference) => this.#receipt(reference)));
    return parts;
  }

  #who(role) {
    return make("p", { class: "hidden", text: `role_${role}` });
  }

  #said(text, language) {
    const pieces = text
      .split(UNBROKEN)
      .map((piece, place) => (place % 2 ? make("span", { class: "unbroken", said: piece }) : piece));
    return make("p", { class: "said", part: "text", lang: language }, ...pieces);
  }

  #note(line, said) {
    line.querySelector(".note")?.remove();
    if (said) line.append(make("p", { class: "note", said }));
  }

  #receipt(reference) {
    const kind = reference.split("-")[0];
    const copy = button(
      { class: "copy", label: "copy", facts: { reference } },
      () => this.#acts.copied(reference, copy),
      icon("copy"),
    );
    return make(
      "div",
      { class: `card receipt ${kind}`, part: "receipt" },
      make("div", {}, make("span", { text: `receipt_${kind}` }), make("b", { said: reference })),
      copy,
    );
  }

  #phrase(phrase, language) {
    return make(
      "div",
      { class: "card phrase", part: "phrase" },
      icon("shield"),
      make("div", {}, make("span", { text: "phrase_title" }), make("b", { said: phrase, lang: language })),
    );
  }

  #sayTime(message, line) {
    const at = Date.parse(message.at);
    if (at - this.#lastAt > APART) {
      const shown = new Date(at).toLocaleTimeString(this.#labels.language, { hour: "2-digit", minute: "2-digit" });
      line.before(make("p", { class: "time", said: shown }));
    }
    this.#lastAt = Math.max(this.#lastAt, at);
  }

  // Buttons can be pressed until the customer says something.

  #offer(message, line) {
    const answered = [...this.#lines].some(([id, other]) => id > message.id && other.matches(".customer"));
    if (!message.buttons.length || answered || this.#pending.size) return;
    const choices = message.buttons.map((offered) =>
      button({ said: offered.title, part: "choice" }, () => this.#acts.press(offered)),
    );
    line.append(make("div", { class: "choices", role: "group", label: "choices_label", lang: message.language }, ...choices));
    this.#labels.apply(line);
  }

  #withdraw(before) {
    for (const [id, line] of this.#lines) if (id < before) line.querySelector(".choices")?.remove();
  }
}
