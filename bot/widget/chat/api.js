/** The chat API over HTTP. */

const PATIENCE = 15_000; // milliseconds; the server answers within two seconds, whatever is broken

/** A refusal. `code` is the problem document's, or "unreachable" where nobody answered. */
export class Problem extends Error {
  constructor(code, { detail = "", retryAfter = 0 } = {}) {
    super(code);
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }

  /** Whether sending the same again may help. */
  get passing() {
    return ["unreachable", "storage_unavailable", "internal_error", "too_many_requests", "not_ready"].includes(this.code);
  }

  /** Whether the session cannot be used any more. */
  get lost() {
    return ["session_expired", "wrong_token", "token_missing"].includes(this.code);
  }
}

export class Api {
  #server;
  #language;

  /**
   * @param server ends with a slash
   * @param language gives what refusals are to be worded in
   */
  constructor(server, language) {
    this.#server = server;
    this.#language = language;
  }

  open(wanted, signal) {
    return this.#ask("POST", "", { body: wanted, signal });
  }

  send(session, message, signal) {
    return this.#ask("POST", `/${session.id}/messages`, { body: message, session, signal });
  }

  read(session, after, signal) {
    return this.#ask("GET", `/${session.id}/messages?after=${after}`, { session, signal });
  }

  end(session, signal) {
    return this.#ask("POST", `/${session.id}/end`, { session, signal });
  }

  rate(session, score, signal) {
    return this.#ask("POST", `/${session.id}/rating`, { body: { score }, session, signal });
  }

  streamUrl(session) {
    return `${this.#server.replace(/^http/, "ws")}api/chat/sessions/${session.id}/stream`;
  }

  async #ask(method, path, { body, session, signal }) {
    const headers = { "accept-language": this.#language() };
    if (body) headers["content-type"] = "application/json";
    if (session) headers.authorization = `Bearer ${session.token}`;
    let answer;
    let content;
    try {
      answer = await fetch(`${this.#server}api/chat/sessions${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)].filter(Boolean)),
      });
      content = await answer.json();
    } catch {
      throw new Problem(answer && answer.status < 500 ? "internal_error" : "unreachable");
    }
    if (answer.ok) return content;
    const retryAfter = Number(answer.headers.get("retry-after")) * 1000 || 0;
    throw new Problem(content.code ?? "internal_error", { detail: content.detail, retryAfter });
  }
}
