/**
 * What outlives a reload, in this tab's sessionStorage: nothing is left when the tab is closed. Other tabs are asked for
 * theirs, so that all have one conversation. It is of one `subject`, a customer or "" for a visitor, and given to no other.
 */

const PATIENCE = 120; // milliseconds that other tabs get to answer

/** The customer that an identity token names; only the server judges it. One that cannot be read is nobody's twice. */
export function subjectOf(token) {
  if (!token) return "";
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).sub; // letters beyond ASCII come out wrong, but always the same
  } catch {
    return String(Math.random());
  }
}

export class Memory {
  #key;
  #subject = null;
  #record = null;
  #channel;
  #answers = new EventTarget();

  /** @param forgotten called when another tab gave this conversation up */
  constructor(server, forgotten) {
    this.#key = `wallet-chat ${server}`;
    this.#channel = new BroadcastChannel(this.#key);
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.wanted === this.#subject && this.#record) {
        this.#channel.postMessage({ given: { ...this.#record, pending: [], open: false } });
      }
      if (data.given) this.#answers.dispatchEvent(new CustomEvent("given", { detail: data.given }));
      if (data.forgotten && data.forgotten === this.#record?.id) forgotten();
    });
  }

  get remembers() {
    return this.#stored() !== null;
  }

  get open() {
    return this.#stored()?.open ?? false;
  }

  /** The record of this subject, from here or from another tab, or null. */
  async recall(subject) {
    const stored = this.#stored();
    const record = stored?.subject === subject ? stored : await this.#fromOtherTabs(subject);
    this.#subject = subject;
    if (record) this.keep(record);
    else this.#write(null);
    return record;
  }

  keep(changes) {
    this.#record = { ...this.#record, subject: this.#subject, ...changes };
    this.#write(this.#record);
  }

  /** @param everywhere in other tabs as well */
  forget({ everywhere = false } = {}) {
    if (everywhere && this.#record) this.#channel.postMessage({ forgotten: this.#record.id });
    this.#record = null;
    this.#subject = null;
    this.#write(null);
  }

  close() {
    this.#channel.close();
  }

  #fromOtherTabs(subject) {
    return new Promise((resolve) => {
      const given = ({ detail }) => detail.subject === subject && resolve(detail);
      this.#answers.addEventListener("given", given);
      this.#channel.postMessage({ wanted: subject });
      setTimeout(() => {
        this.#answers.removeEventListener("given", given);
        resolve(null);
      }, PATIENCE);
    });
  }

  // A browser may forbid storage: then a reload begins anew.

  #stored() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key));
    } catch {
      return null;
    }
  }

  #write(record) {
    try {
      if (record) sessionStorage.setItem(this.#key, JSON.stringify(record));
      else sessionStorage.removeItem(this.#key);
    } catch {
      // as above
    }
  }
}
