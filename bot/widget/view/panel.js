/**
 * The window. In the mode "button" it is a dialog that a button opens: beside the page where there is room for both, else
 * over all of it, and then the page cannot be reached.
 */

import { button, icon, make } from "./dom.js";

const NARROW = "(max-width: 30em), (max-height: 26em)";
const TOLD_FOR = 2_500; // milliseconds

export class Panel {
  #labels;
  #chat;
  #frame;
  #launcher = null;
  #badge;
  #menu;
  #more;
  #language;
  #freeze;
  #end;
  #status;
  #standing = "";
  #passing = 0;
  #unread = 0;
  #narrow = matchMedia(NARROW);

  /** @param signal takes the panel away */
  constructor({ labels, mode, parts, chat, speak, signal }) {
    this.#labels = labels;
    this.#chat = chat;
    this.mode = mode;
    this.parts = parts;
    this.#frame = make(
      mode === "button" ? "dialog" : "section",
      { class: `panel ${mode}`, part: "panel", id: "panel", "aria-labelledby": "title" },
      this.#head(speak),
      this.#freeze = button({ class: "freeze", part: "freeze", hidden: true }, () => chat.freeze(), icon("snow"), make("span", { text: "freeze" })),
      parts.log.element,
      this.#status = make("p", { class: "status", part: "status", role: "status" }),
      parts.composer.element,
      parts.ending.element,
    );
    this.elements = [this.#frame];
    if (mode === "button") {
      this.#badge = make("span", { class: "badge", part: "badge", hidden: true });
      this.#launcher = button(
        { class: "launcher", part: "launcher", "aria-expanded": "false", "aria-haspopup": "dialog" },
        () => chat.show(),
        icon("chat"),
        make("span", { text: "launcher" }),
        this.#badge,
      );
      this.elements.unshift(this.#launcher);
      this.#frame.addEventListener("cancel", (event) => event.preventDefault());
      this.#narrow.addEventListener("change", () => this.shown && this.#open(), { signal });
    }
    this.#frame.addEventListener("keydown", (event) => this.#escape(event));
    signal.addEventListener("abort", () => this.shown && mode === "button" && this.#frame.close(), { once: true });
  }

  get shown() {
    return this.mode === "inline" || this.#frame.open;
  }

  show({ focus }) {
    const before = document.activeElement;
    if (this.mode === "button") this.#open();
    this.#told(0);
    this.parts.log.toEnd();
    if (focus) this.#begin().focus();
    else if (this.mode === "button" && !this.#narrow.matches) this.#leaveFocus(before);
  }

  hide() {
    this.#showMenu(false);
    this.#frame.close();
    this.#launcher.setAttribute("aria-expanded", "false");
    this.#launcher.focus();
  }

  /** Tells something in passing. */
  say(words) {
    clearTimeout(this.#passing);
    this.#status.textContent = words;
    this.#passing = setTimeout(() => (this.#status.textContent = this.#standing), TOLD_FOR);
  }

  /** A line came while the window was closed. */
  count() {
    this.#told(this.#unread + 1);
  }

  update(conversation, { freezing }) {
    const { stage, signedIn } = conversation;
    this.#freeze.hidden = !signedIn || stage !== "open";
    this.#freeze.disabled = freezing;
    const { composer, ending, log } = this.parts;
    const over = stage === "ended" || stage === "failed";
    const focused = this.#frame.contains(this.#frame.getRootNode().activeElement) && over && !composer.element.hidden;
    composer.element.hidden = over;
    // What the assistant offered is nobody's to take up while a person answers.
    this.#frame.classList.toggle("unasked", over || conversation.owner === "agent");
    this.#end.hidden = stage !== "open";
    this.#more.hidden = stage === "failed";
    ending.show(conversation);
    const status = this.#statusOf(conversation);
    const standing = this.#labels.get(status);
    if (standing !== this.#standing) this.#status.textContent = this.#standing = standing;
    this.#status.classList.toggle("typing", status.startsWith("typing"));
    if (focused) ending.element.querySelector("button:not([hidden])").focus();
    if (over) log.toEnd();
  }

  speak() {
    this.#language.lang = this.#labels.other;
    this.elements.forEach((element) => {
      this.#labels.apply(element);
      element.lang = this.#labels.language;
    });
    this.parts.composer.count();
    this.#told(this.#unread);
  }

  #head(speak) {
    this.#language = button({ class: "quiet", text: "other_language" }, speak);
    this.#end = button({ text: "end" }, () => this.#chosen(() => this.#chat.end()));
    this.#menu = make(
      "div",
      { class: "menu", id: "menu", hidden: true },
      button({ text: "download" }, () => this.#chosen(() => this.#chat.downloadTranscript())),
      this.#end,
    );
    this.#more = button(
      { class: "quiet", label: "more", "aria-expanded": "false", "aria-controls": "menu" },
      () => this.#showMenu(this.#menu.hidden),
      icon("more"),
    );
    const head = make(
      "div",
      { class: "head", part: "head" },
      make("h2", { id: "title", part: "title", text: "title" }),
      this.#language,
      this.#more,
      this.#menu,
    );
    if (this.mode === "button") head.append(button({ class: "quiet", label: "close" }, () => this.#chat.hide(), icon("close")));
    head.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !head.contains(relatedTarget)) this.#showMenu(false);
    });
    return head;
  }

  #open() {
    this.#frame.close();
    if (this.#narrow.matches) this.#frame.showModal();
    else this.#frame.show();
    this.#launcher.setAttribute("aria-expanded", "true");
  }

  #escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    if (!this.#menu.hidden) {
      this.#showMenu(false);
      this.#more.focus();
    } else if (this.mode === "button") this.#chat.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #showMenu(shown) {
    this.#menu.hidden = !shown;
    this.#more.setAttribute("aria-expanded", String(shown));
  }

  #chosen(act) {
    this.#showMenu(false);
    this.#more.focus();
    act();
  }

  /** Opening a dialog takes the focus. */
  #leaveFocus(before) {
    this.#frame.getRootNode().activeElement?.blur();
    before?.focus();
  }

  #begin() {
    return this.parts.composer.element.hidden ? this.#more : this.parts.composer.text;
  }

  #told(count) {
    this.#unread = count;
    if (!this.#launcher) return;
    this.#badge.hidden = !count;
    this.#badge.textContent = count ? this.#labels.get("unread", { count }) : "";
  }

  #statusOf({ stage, link, typing, owner }) {
    if (stage === "opening") return "opening";
    if (stage !== "open") return "";
    if (link === "offline" || link === "connecting") return link;
    if (typing) return typing === "agent" ? "typing_agent" : "typing";
    return owner === "bot" ? "" : `owner_${owner}`;
  }
}
