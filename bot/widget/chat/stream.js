/** The WebSocket, opened again whenever it is lost, and at once when the browser says that the network is back. */

import { pauseAfter } from "./pauses.js";

const REFUSED = 4401; // the server's close code for a token that opens nothing
const ENDED = 1000;
const STEADY = 10_000; // milliseconds after which a connection was a good one

export class Stream {
  #url;
  #hello;
  #told;
  #socket = null;
  #failures = 0;
  #since = 0;
  #timer = 0;
  #left = new AbortController();

  /**
   * @param hello gives the first frame, with the place to go on from
   * @param told gets `frame(content)`, `live(is)` and `refused()`
   */
  constructor(url, hello, told) {
    this.#url = url;
    this.#hello = hello;
    this.#told = told;
    const { signal } = this.#left;
    addEventListener("online", () => this.#hurry(), { signal });
    addEventListener("offline", () => this.drop(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry(), { signal });
    this.#connect();
  }

  /** Sends a frame; false where there is no connection. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Gives up what does not seem to be a connection any more. */
  drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (socket) this.#lost();
  }

  close() {
    this.#left.abort();
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const { signal } = this.#left;
    socket.addEventListener("open", () => {
      this.#since = Date.now();
      socket.send(JSON.stringify(this.#hello()));
      if (socket === this.#socket) this.#told.live(true);
    }, { signal });
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#told.frame(JSON.parse(event.data));
    }, { signal });
    socket.addEventListener("close", (event) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (event.code === REFUSED) this.#told.refused();
      else if (event.code !== ENDED) this.#lost();
    }, { signal });
  }

  #lost() {
    const steady = this.#since && Date.now() - this.#since > STEADY;
    this.#failures = steady ? 1 : this.#failures + 1;
    this.#since = 0;
    this.#told.live(false);
    if (!this.#left.signal.aborted) this.#timer = setTimeout(() => this.#connect(), pauseAfter(this.#failures));
  }

  #hurry() {
    if (this.#socket) return;
    this.#failures = 0;
    this.#connect();
  }
}
