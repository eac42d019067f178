/** Where the customer writes. What is too long is said while it is written, and nothing is cut off. */

import { icon, make } from "./dom.js";

const LONGEST = 2_000; // characters, as the server counts them
const TOLD_BELOW = 200;

export class Composer {
  #labels;
  #say;
  #left;

  constructor(labels, say) {
    this.#labels = labels;
    this.#say = say;
    this.text = make("textarea", {
      id: "text", part: "input", rows: "1", autocomplete: "off", enterkeyhint: "send", hint: "composer_hint", "aria-describedby": "left",
    });
    this.#left = make("p", { id: "left", class: "left", role: "status" });
    this.element = make(
      "form",
      { class: "composer", part: "composer" },
      make("label", { class: "hidden", for: "text", text: "composer_label" }),
      this.text,
      make("button", { type: "submit", class: "send", part: "send", label: "send" }, icon("send")),
      this.#left,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.count());
  }

  /** Says how many characters are left, where it is not many. */
  count() {
    const left = LONGEST - [...this.text.value].length;
    this.text.setAttribute("aria-invalid", String(left < 0));
    const name = left < 0 ? "too_long" : left <= TOLD_BELOW ? "left" : "";
    this.#left.textContent = name && this.#labels.get(name, { count: Math.abs(left) });
    return left;
  }

  #submit() {
    const text = this.text.value.trim();
    if (!text || this.count() < 0) return;
    this.text.value = "";
    this.count();
    this.#say(text);
  }
}
