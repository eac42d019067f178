import { Conversation } from "./chat/conversation.js";
import { subjectOf } from "./chat/memory.js";
import { Labels, languageOf } from "./labels.js";
import { Composer } from "./view/composer.js";
import { Ending } from "./view/ending.js";
import { Log } from "./view/log.js";
import { Panel } from "./view/panel.js";
import { download, transcriptOf } from "./view/transcript.js";

const SERVER = new URL("../", import.meta.url).href;
const STYLE = new CSSStyleSheet();
const styled = fetch(new URL("wallet-chat.css", import.meta.url))
  .then((answer) => answer.text())
  .then((rules) => STYLE.replace(rules));

/**
 * The wallet assistant's chat; docs/widget.md tells what each of these does, and of its parts and colours.
 *
 * @element wallet-chat
 *
 * @attr server, locale, identity-token, mode, hotline, open
 *
 * @prop identityToken - The token, or a function that gets a fresh one.
 *
 * @method show, hide, send, freeze, end, downloadTranscript, reset
 *
 * @event wallet-chat-show, wallet-chat-hide, wallet-chat-end
 * @event wallet-chat-ready - `{sessionId, signedIn}`
 * @event wallet-chat-message - `{message, replayed}`
 * @event wallet-chat-receipt - `{reference}`
 * @event wallet-chat-owner - `{owner}`
 * @event wallet-chat-rating - `{score}`
 * @event wallet-chat-problem - `{code}`
 */
export class WalletChat extends HTMLElement {
  static observedAttributes = ["server", "locale", "identity-token", "mode", "open"];

  #root = this.attachShadow({ mode: "open" });
  #labels = new Labels();
  #identity = null;
  #conversation = null;
  #panel = null;
  #here = null; // ends when we are taken out of the page
  #built = null; // ends when another panel takes the place of this one
  #ready = Promise.withResolvers();
  #freezing = false;
  #told = { standing: "", owner: "bot", score: 0 };

  get identityToken() {
    return this.#identity ?? this.getAttribute("identity-token");
  }

  set identityToken(value) {
    this.#identity = value;
    if (this.#panel) this.#customerMayHaveChanged();
  }

  get locale() {
    return this.getAttribute("locale") ?? "";
  }

  set locale(value) {
    this.setAttribute("locale", value);
  }

  get mode() {
    return this.getAttribute("mode") === "inline" ? "inline" : "button";
  }

  get open() {
    return this.hasAttribute("open");
  }

  async connectedCallback() {
    const here = new AbortController();
    this.#here = here;
    for (const name of ["identityToken", "locale"].filter((one) => Object.hasOwn(this, one))) {
      const value = this[name]; // set before this element was defined
      delete this[name];
      this[name] = value;
    }
    this.#root.adoptedStyleSheets = [STYLE];
    await Promise.all([styled, this.#speak()]);
    if (here.signal.aborted) return;
    this.#begin();
  }

  disconnectedCallback() {
    this.#here.abort();
    this.#leave();
  }

  async attributeChangedCallback(name, before, after) {
    if (!this.#panel || before === after) return;
    if (name === "locale") await this.#speak();
    else if (name === "identity-token") this.#customerMayHaveChanged();
    else if (name === "mode") this.#build();
    else if (name === "server") this.reset();
    else if (this.mode === "button" && this.open !== this.#panel.shown) {
      if (this.open) this.#show({ focus: true });
      else this.#hide();
    }
  }

  show() {
    this.toggleAttribute("open", true);
  }

  hide() {
    this.toggleAttribute("open", false);
  }

  async send(text) {
    await this.#ready.promise;
    if (this.#conversation.stage === "ended") this.#anew();
    this.#conversation.begin();
    this.#conversation.say({ text }, text);
  }

  freeze() {
    if (this.#freezing || !this.#conversation?.signedIn) return;
    this.#conversation.say({ button: "emergency_freeze" }, this.#labels.get("freeze"), { urgent: true });
  }

  async end() {
    await this.#conversation?.end().catch((problem) => this.#trouble(problem));
  }

  downloadTranscript() {
    const name = `chat-${new Date().toISOString().slice(0, 10)}.txt`;
    download(transcriptOf(this.#conversation.messages, this.#labels), name);
  }

  reset() {
    if (this.#panel) this.#anew({ everywhere: true });
  }

  get #language() {
    return languageOf(this.locale) ?? languageOf(document.documentElement.lang) ?? languageOf(navigator.language) ?? "en";
  }

  #begin() {
    const server = this.getAttribute("server");
    const conversation = new Conversation({
      server: server ? new URL(server.replace(/\/*$/, "/"), document.baseURI).href : SERVER,
      identify: () => this.#identify(),
      language: () => this.#labels.language,
      forgotten: () => this.#anew(),
    });
    this.#conversation = conversation;
    const mine = (act) => (event) => conversation === this.#conversation && act(event.detail ?? {});
    conversation.addEventListener("message", mine((detail) => this.#heard(detail)));
    conversation.addEventListener("pending", mine(() => this.#update()));
    conversation.addEventListener("refused", mine((detail) => this.#refused(detail)));
    conversation.addEventListener("state", mine(() => this.#update()));
    this.#build();
    this.#ready.resolve();
  }

  #leave() {
    this.#built?.abort();
    this.#conversation?.close();
    this.#conversation = null;
    this.#panel = null;
    this.#root.replaceChildren();
  }

  /** Another conversation takes the place of this one. */
  #anew({ everywhere = false } = {}) {
    const focused = Boolean(this.#root.activeElement);
    this.#conversation?.forget({ everywhere });
    this.#leave();
    this.#freezing = false;
    this.#told = { standing: "", owner: "bot", score: 0 };
    this.#begin();
    if (focused && this.#panel.shown) this.#panel.show({ focus: true });
  }

  async #identify() {
    return (typeof this.#identity === "function" ? await this.#identity() : this.identityToken) || null;
  }

  async #customerMayHaveChanged() {
    const conversation = this.#conversation;
    if (conversation.subject === null) return;
    const wanted = subjectOf(await this.#identify());
    if (conversation === this.#conversation && conversation.subject !== wanted) this.reset();
  }

  #build() {
    this.#built?.abort();
    this.#built = new AbortController();
    this.#root.replaceChildren();
    const parts = {
      log: new Log(this.#labels, {
        press: ({ id, title }) => {
          this.#conversation.say({ button: id }, title);
          parts.composer.text.focus();
        },
        copied: (text, element) => this.#copy(text, element),
      }),
      composer: new Composer(this.#labels, (text) => this.send(text)),
      ending: new Ending(this.#labels, {
        rate: (score) => this.#conversation.rate(score).catch((problem) => this.#trouble(problem)),
        download: () => this.downloadTranscript(),
        anew: () => (this.#conversation.stage === "failed" ? this.#conversation.begin() : this.#anew()),
      }),
    };
    this.#panel = new Panel({
      labels: this.#labels,
      mode: this.mode,
      parts,
      chat: this,
      speak: () => this.#switch(),
      signal: this.#built.signal,
    });
    this.#root.append(...this.#panel.elements);
    this.#panel.speak();
    for (const message of this.#conversation.messages.values()) parts.log.show(message);
    this.#update();
    this.#appear();
  }

  /** As it was before the page was loaded again, else as the page wants it. Nobody's focus is taken. */
  #appear() {
    const { remembered, wasOpen, stage } = this.#conversation;
    const wanted = remembered && stage === "none" ? wasOpen : this.open;
    if (this.mode === "inline" || (remembered && !wanted)) this.#conversation.begin();
    if (this.mode === "inline") return;
    if (wanted) this.#show({ focus: false });
    this.toggleAttribute("open", wanted);
  }

  #show({ focus }) {
    this.#panel.show({ focus });
    this.#conversation.begin();
    this.#conversation.keepOpen(true);
    this.#say("show");
  }

  #hide() {
    this.#panel.hide();
    this.#conversation.keepOpen(false);
    this.#say("hide");
  }

  #update() {
    const conversation = this.#conversation;
    this.#freezing = conversation.pending.some(({ urgent }) => urgent);
    if (conversation.fresh || conversation.stage === "open") this.#panel.parts.log.listen();
    this.#panel.update(conversation, { freezing: this.#freezing });
    this.#panel.parts.log.showPending(conversation.pending, (item) => this.#whyWaiting(item));
    this.#announce(conversation);
  }

  #announce({ stage, id, signedIn, owner, score, problem }) {
    const told = this.#told;
    const standing = `${stage} ${id}`;
    if (told.standing !== standing) {
      told.standing = standing;
      if (stage === "open") this.#say("ready", { sessionId: id, signedIn });
      if (stage === "ended") this.#say("end");
      if (problem) this.#say("problem", { code: problem.code });
    }
    if (owner !== told.owner) this.#say("owner", { owner: (told.owner = owner) });
    if (score !== told.score) this.#say("rating", { score: (told.score = score) });
  }

  #whyWaiting({ problem, urgent }) {
    if (urgent && problem) {
      const hotline = this.getAttribute("hotline");
      return this.#labels.get("freeze_waits") + (hotline ? this.#labels.get("freeze_call", { hotline }) : "");
    }
    const { link } = this.#conversation;
    if (problem && problem.code !== "unreachable") return this.#labels.why(problem);
    return link === "offline" || problem ? this.#labels.get("waits") : "";
  }

  #heard({ message, replayed }) {
    this.#panel.parts.log.show(message);
    if (!replayed && message.role !== "customer" && !this.#panel.shown) this.#panel.count();
    this.#say("message", { message, replayed });
    if (!replayed) message.receipts.forEach((reference) => this.#say("receipt", { reference }));
  }

  #refused({ item, problem }) {
    this.#panel.parts.log.refuse(item, `${this.#labels.get("not_sent")} ${this.#labels.why(problem)}`);
    this.#say("problem", { code: problem.code });
  }

  /** The customer's own wish: the assistant is told, too. */
  async #switch() {
    this.locale = this.#labels.other;
    await this.#speak();
    if (this.#conversation.stage === "open") this.send(this.#labels.get("say_language"));
  }

  async #speak() {
    // It may change again while its words are fetched.
    while (this.#labels.language !== this.#language) await this.#labels.speak(this.#language);
    if (!this.#panel) return;
    this.#panel.speak();
    this.#update();
  }

  async #copy(text, element) {
    try {
      await navigator.clipboard.writeText(text);
      this.#panel.say(this.#labels.get("copied", { text }));
    } catch {
      // Not allowed here: then it is marked, for the customer to copy.
      getSelection().selectAllChildren(element.closest(".card").querySelector("b"));
    }
  }

  #trouble(problem) {
    this.#panel.say(this.#labels.why(problem));
    this.#say("problem", { code: problem.code });
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(`wallet-chat-${name}`, { detail, bubbles: true, composed: true }));
  }
}
