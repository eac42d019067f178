/** What went over the wire: each request with its fields and its answer, newest first. */

import { make } from "./dom.js";
import { t } from "./texts.js";
import { pretty } from "./xml.js";

const KEPT = 300;

export class Log {
  #list;
  #entries = []; // {key, kind, at, value}
  #seen = new Set();
  #filter = "all";

  constructor(root) {
    this.#list = root.querySelector("ol");
    for (const button of root.querySelectorAll("[data-filter]")) {
      button.addEventListener("click", () => {
        this.#filter = button.dataset.filter;
        for (const other of root.querySelectorAll("[data-filter]")) other.ariaPressed = String(other === button);
        this.show();
      });
    }
  }

  clear() {
    this.#entries = [];
    this.#seen.clear();
    this.show();
  }

  /** What the simulator remembers, in the order in which it happened. */
  addAll({ requests, warnings }) {
    const exchanges = requests.filter((exchange) => exchange.milliseconds !== null);
    const all = [...exchanges.map((one) => [one, "addExchange"]), ...warnings.map((one) => [one, "addWarning"])];
    for (const [one, add] of all.sort(([a], [b]) => a.at.localeCompare(b.at))) this[add](one);
  }

  addExchange(exchange) {
    this.#add({ key: `x${exchange.number}`, kind: exchange.way, at: exchange.at, value: exchange });
  }

  addWarning(warning) {
    this.#add({ key: `w${warning.at}${warning.code}`, kind: "warning", at: warning.at, value: warning });
  }

  #add(entry) {
    if (this.#seen.has(entry.key)) return;
    this.#seen.add(entry.key);
    this.#entries.unshift(entry);
    this.#entries.length = Math.min(this.#entries.length, KEPT);
    if (this.#shows(entry)) this.#list.prepend(this.#row(entry));
    while (this.#list.children.length > KEPT) this.#list.lastChild.remove();
  }

  show() {
    this.#list.replaceChildren(...this.#entries.filter((entry) => this.#shows(entry)).map((entry) => this.#row(entry)));
  }

  #shows(entry) {
    return this.#filter === "all" || this.#filter === entry.kind || entry.kind === "warning";
  }

  #row(entry) {
    const details = make("details", { className: `entry ${entry.kind}` });
    const at = make("span", { className: "at" }, new Date(entry.at).toLocaleTimeString([], { hour12: false }));
    if (entry.kind === "warning") {
      details.append(make("summary", {}, "⚠", at, make("span", { className: "path" }, entry.value.message)));
    } else {
      details.append(this.#line(entry.value, at));
      details.addEventListener("toggle", () => details.open && details.append(this.#inside(entry.value)), { once: true });
    }
    return make("li", {}, details);
  }

  #line(exchange, at) {
    const good = exchange.status !== null && exchange.status < 400;
    const path = exchange.url.replace(/^https?:\/\/[^/]+/, "").replace(/\/2010-04-01\/Accounts\/AC\w+/, "…");
    const way = make("span", { className: "way", title: t(`way_${exchange.way}`) });
    way.textContent = exchange.way === "rest" ? "→ REST" : "← hook";
    const took = exchange.milliseconds === null ? "" : `${Math.round(exchange.milliseconds)} ms`;
    return make(
      "summary",
      {},
      way,
      make("span", { className: `status ${good ? "" : "bad"}` }, String(exchange.status ?? "—")),
      make("span", { className: "path", title: exchange.url }, `${exchange.method} ${path}`),
      make("span", { className: "took" }, took),
      at,
    );
  }

  #inside(exchange) {
    const box = make("div", { className: "inside" });
    for (const note of exchange.notes) box.append(make("p", { className: "note" }, note));
    const fields = make("dl");
    for (const [name, value] of Object.entries(exchange.params)) {
      if (value !== "" || !/(City|State|Zip|Country)$/.test(name)) fields.append(make("dt", {}, name), make("dd", {}, value));
    }
    box.append(make("h3", {}, t("request")), fields, make("h3", {}, t("answer_document")), this.#answer(exchange.answer));
    return box;
  }

  #answer(text) {
    if (text.trimStart().startsWith("<")) return pretty(text);
    try {
      return make("pre", {}, JSON.stringify(JSON.parse(text), null, 2));
    } catch {
      return make("pre", {}, text || t("answer_empty"));
    }
  }
}
