/** The simulator's API, and its events. */

const BASE = "/simulator/api/";

export class Refused extends Error {
  constructor(status, detail) {
    super(detail ?? String(status));
    this.status = status;
  }
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, content?.detail);
  return content;
}

export const get = (path) => ask(BASE + path);

export const post = (path, body = {}) =>
  ask(BASE + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Who of the demo world has a telephone; nobody where the simulator runs alone. */
export const people = () => ask("/simulator/people").catch(() => []);

/** `hear` gets each event from now on; the browser comes back by itself, and says where it was. */
export function listen(hear) {
  const source = new EventSource(BASE + "events");
  source.addEventListener("message", (event) => hear(JSON.parse(event.data)));
}
