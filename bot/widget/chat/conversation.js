/**
 * One customer's conversation, kept in step with the server. It knows nothing of how it is shown and tells by events: `message` (`{message, replayed}`, each line once), `pending` (what waits to be sent changed),
 * `refused` (`{item, problem}`) and `state` (one of the public fields changed).
 */

import { Api, Problem } from "./api.js";
import { Memory, subjectOf } from "./memory.js";
import { Outbox } from "./outbox.js";
import { pause, pauseAfter } from "./pauses.js";
import { Stream } from "./stream.js";

const LOOK_EVERY = 3_000; // milliseconds, while there is no stream
const TYPING_FOR = 15_000;
const TOKEN_TROUBLE = ["identity_token_used", "identity_token_invalid"];

export class Conversation extends EventTarget {
  stage = "none"; // none, opening, failed, open, ended
  fresh = false; // whether it began here, and is not one taken up again
  subject = null; // whose it is
  link = "slow"; // connecting, live (the stream), slow (HTTP alone), offline
  owner = "bot";
  typing = "";
  problem = null;
  score = 0;
  messages = new Map();

  #api;
  #identify;
  #memory;
  #outbox;
  #stream = null;
  #session = null;
  #after = 0;
  #typingTimer = 0;
  #window = false;
  #left = new AbortController();

  /** @param identify gives a fresh identity token, or null for a visitor */
  constructor({ server, identify, language, forgotten }) {
    super();
    this.#identify = identify;
    this.#api = new Api(server, language);
    this.language = language;
    this.#memory = new Memory(server, forgotten);
    this.#outbox = new Outbox(this.#api, {
      changed: () => this.#pendingChanged(),
      answered: (item, { owner }) => this.#answered(owner),
      refused: (item, problem) => this.#tell("refused", { item, problem }),
      over: (problem) => (problem.lost ? this.#lose() : this.#finish()),
    });
  }

  get id() {
    return this.#session?.id ?? "";
  }

  get signedIn() {
    return this.#session?.signedIn ?? false;
  }

  get pending() {
    return this.#outbox.items;
  }

  /** Whether this tab was in a conversation before it was loaded again. */
  get remembered() {
    return this.#memory.remembers;
  }

  get wasOpen() {
    return this.#memory.open;
  }

  keepOpen(open) {
    this.#window = open;
    if (this.#session && this.stage !== "ended") this.#memory.keep({ open });
  }

  /** Takes up what this tab or another one has, or opens one; once. */
  async begin() {
    if (this.stage !== "none" && this.stage !== "failed") return;
    this.#set({ stage: "opening", problem: null });
    try {
      const token = await this.#identify();
      this.subject = subjectOf(token);
      const record = await this.#memory.recall(this.subject);
      if (this.#left.signal.aborted) return;
      if (!record || !(await this.#takeUp(record))) await this.#open(token);
    } catch (problem) {
      if (this.#left.signal.aborted) return;
      this.#set({ stage: "failed", problem: problem.code ? problem : new Problem("unreachable") });
    }
  }

  /** Says `{text}` or `{button}`; `shown` stands there until the server has it. */
  say(content, shown, { urgent = false } = {}) {
    this.#outbox.add({ content, shown, urgent });
  }

  async end() {
    if (this.stage !== "open") return;
    await this.#api.end(this.#session, this.#left.signal);
    this.#finish();
  }

  async rate(score) {
    const rated = await this.#api.rate(this.#session, score, this.#left.signal);
    this.#set({ score: rated.score });
  }

  forget(options) {
    this.#memory.forget(options);
    this.close();
  }

  /** Lets go of everything but what is remembered. */
  close() {
    this.#left.abort();
    clearTimeout(this.#typingTimer);
    this.#stream?.close();
    this.#outbox.close();
    this.#memory.close();
  }

  async #open(token) {
    this.#set({ fresh: true });
    const wanted = { locale: this.language() };
    if (token) wanted.identity_token = token;
    let opened;
    try {
      opened = await this.#api.open(wanted, this.#left.signal);
    } catch (problem) {
      const fresh = TOKEN_TROUBLE.includes(problem.code) ? await this.#identify() : null;
      if (!fresh || fresh === token) throw problem;
      opened = await this.#api.open({ ...wanted, identity_token: fresh }, this.#left.signal);
    }
    this.#session = { id: opened.session_id, token: opened.token, signedIn: Boolean(token) };
    this.#memory.keep({ ...this.#session, pending: [], open: this.#window });
    opened.messages.forEach((message) => this.#take(message));
    this.#start();
  }

  /** False where the server does not know it any more. */
  async #takeUp(record) {
    const session = { id: record.id, token: record.token, signedIn: record.signedIn };
    for (let failures = 1; ; failures += 1) {
      try {
        const { messages } = await this.#api.read(session, 0, this.#left.signal);
        this.#session = session;
        messages.forEach((message) => this.#take(message, { replayed: true }));
        break;
      } catch (problem) {
        if (problem.lost) return false;
        if (!problem.passing || this.#left.signal.aborted) throw problem;
        this.#set({ link: navigator.onLine ? "connecting" : "offline" });
        await pause(pauseAfter(failures), this.#left.signal);
      }
    }
    this.#start();
    record.pending.filter((item) => !this.#has(item.id)).forEach((item) => this.#outbox.add(item));
    return true;
  }

  #start() {
    this.#stream = new Stream(
      this.#api.streamUrl(this.#session),
      () => ({ type: "auth", token: this.#session.token, after: this.#after }),
      {
        frame: (frame) => this.#hear(frame),
        live: (live) => this.#linked(live),
        refused: () => this.#lose(),
      },
    );
    this.#outbox.start(this.#session, this.#stream);
    this.#set({ stage: "open" });
    this.#lookWhileNotLive();
  }

  #hear(frame) {
    if (frame.type === "message") this.#take(frame.message);
    else if (frame.type === "typing") this.#typed(frame.role);
    else if (frame.type === "owner") this.#set({ owner: frame.owner });
    else if (frame.type === "ended") this.#finish();
    else if (frame.type === "error" && frame.client_message_id) this.#outbox.refused(frame.client_message_id, frame.code);
  }

  #take(message, { replayed = false } = {}) {
    if (this.#left.signal.aborted || this.messages.has(message.id)) return;
    this.messages.set(message.id, message);
    this.#after = Math.max(this.#after, message.id);
    this.#tell("message", { message, replayed });
    if (message.role === "customer") this.#outbox.confirmed(message.client_message_id);
    else if (this.typing) this.#set({ typing: "" });
  }

  #typed(role) {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#set({ typing: "" }), TYPING_FOR);
    this.#set({ typing: role });
  }

  #linked(live) {
    if (live) this.#outbox.hurry();
    else this.#outbox.lost();
    this.#set({ link: live ? "live" : navigator.onLine ? "connecting" : "offline" });
  }

  async #lookWhileNotLive() {
    while (this.stage === "open" && !this.#left.signal.aborted) {
      await pause(LOOK_EVERY, this.#left.signal);
      if (this.link !== "live" && navigator.onLine) await this.#look();
    }
  }

  async #look() {
    try {
      const { messages } = await this.#api.read(this.#session, this.#after, this.#left.signal);
      messages.forEach((message) => this.#take(message));
      if (this.link === "connecting" || this.link === "offline") this.#set({ link: "slow" });
    } catch (problem) {
      if (problem.lost) this.#lose();
      else if (this.link === "slow") this.#set({ link: "connecting" });
    }
  }

  #answered(owner) {
    if (owner !== this.owner) this.#set({ owner });
    this.#look();
  }

  #has(clientMessageId) {
    return [...this.messages.values()].some((message) => message.client_message_id === clientMessageId);
  }

  /** What ended can still be read, rated and saved here; a reload begins anew. */
  #finish(problem = null) {
    if (this.stage === "ended" || this.#left.signal.aborted) return;
    this.#stream?.close();
    this.#outbox.close();
    this.#memory.forget();
    this.#set({ stage: "ended", problem, typing: "" });
  }

  #lose() {
    this.#finish(new Problem("session_expired"));
  }

  #pendingChanged() {
    if (this.#session && this.stage !== "ended") this.#memory.keep({ pending: this.#outbox.items });
    this.#tell("pending");
  }

  #set(changes) {
    if (Object.entries(changes).every(([name, value]) => this[name] === value)) return;
    Object.assign(this, changes);
    this.#tell("state");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
