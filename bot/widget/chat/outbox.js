/**
 * What the server has not confirmed yet. Each message has an identity, so that sending again does nothing twice; they go
 * in order, and what is urgent waits for nobody.
 */

import { Problem } from "./api.js";
import { pause, pauseAfter } from "./pauses.js";

const CONFIRMED_WITHIN = 6_000; // milliseconds, by the stream

/** 128 random bits. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  #api;
  #told;
  #stream = null;
  #session = null;
  #items = [];
  #waiting = new Map(); // by identity: settles the sending of it by stream
  #ready = Promise.withResolvers();
  #order = this.#ready.promise;
  #wake = new AbortController();
  #left = new AbortController();

  /** @param told gets `changed()`, `answered(answer)`, `refused(item, problem)`, `over(problem)` */
  constructor(api, told) {
    this.#api = api;
    this.#told = told;
  }

  /** `{id, content, shown, urgent, problem}` */
  get items() {
    return [...this.#items];
  }

  start(session, stream) {
    this.#session = session;
    this.#stream = stream;
    this.#ready.resolve();
  }

  add({ id = newId(), content, shown, urgent }) {
    const item = { id, content, shown, urgent, problem: null };
    this.#items.push(item);
    this.#told.changed();
    if (item.urgent) this.#ready.promise.then(() => this.#see(item));
    else this.#order = this.#order.then(() => this.#see(item));
  }

  confirmed(id) {
    const item = this.#items.find((one) => one.id === id);
    if (!item) return;
    this.#items = this.#items.filter((one) => one !== item);
    this.#waiting.get(id)?.resolve();
    this.#told.changed();
  }

  refused(id, code) {
    this.#waiting.get(id)?.reject(new Problem(code));
  }

  /** Tries again now. */
  hurry() {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** The stream was lost: what was on it may or may not have arrived. */
  lost() {
    for (const { reject } of this.#waiting.values()) reject(new Problem("unreachable"));
  }

  close() {
    this.#left.abort();
  }

  async #see(item) {
    for (let failures = 1; this.#items.includes(item) && !this.#left.signal.aborted; failures += 1) {
      try {
        await this.#send(item);
        return;
      } catch (problem) {
        if (this.#left.signal.aborted || !this.#items.includes(item)) return;
        if (problem.passing) {
          item.problem = problem;
          this.#told.changed();
          await pause(problem.retryAfter || pauseAfter(failures), this.#wake.signal, this.#left.signal);
        } else if (problem.lost || problem.code === "session_ended") {
          this.#told.over(problem);
          return;
        } else {
          this.#items = this.#items.filter((one) => one !== item);
          this.#told.refused(item, problem);
          return;
        }
      }
    }
  }

  async #send(item) {
    const message = { client_message_id: item.id, ...item.content };
    if (!item.urgent && this.#stream.send({ type: "message", ...message })) {
      await this.#confirmation(item.id);
      return;
    }
    const answer = await this.#api.send(this.#session, message, this.#left.signal);
    this.#told.answered(item, answer);
  }

  async #confirmation(id) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const late = setTimeout(() => {
      this.#stream.drop();
      reject(new Problem("unreachable"));
    }, CONFIRMED_WITHIN);
    this.#waiting.set(id, { resolve, reject });
    try {
      await promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }
}
