/** What is there when a conversation is over, or could not begin. */

import { button, make } from "./dom.js";

const SCORES = [1, 2, 3, 4, 5];

export class Ending {
  #labels;
  #why;
  #scores;
  #thanks;
  #rating;
  #download;
  #anew;

  constructor(labels, acts) {
    this.#labels = labels;
    this.#why = make("p", { class: "why", role: "status" });
    this.#scores = SCORES.map((score) =>
      button({ said: String(score), label: "rate", facts: { score }, "aria-pressed": "false" }, () => acts.rate(score)),
    );
    this.#thanks = make("p", { class: "thanks", role: "status" });
    this.#rating = make(
      "div",
      { class: "rating", part: "rating", role: "group", label: "rate_question" },
      make("p", { text: "rate_question" }),
      make("div", { class: "scores" }, ...this.#scores),
      make("div", { class: "ends", "aria-hidden": "true" }, make("span", { text: "rate_low" }), make("span", { text: "rate_high" })),
      this.#thanks,
    );
    this.#download = button({ text: "download" }, acts.download);
    this.#anew = button({ class: "main" }, acts.anew);
    this.element = make(
      "section",
      { class: "ending", part: "ending", hidden: true },
      this.#why,
      this.#rating,
      make("div", { class: "row" }, this.#download, this.#anew),
    );
  }

  show({ stage, problem, score }) {
    this.element.hidden = stage !== "ended" && stage !== "failed";
    if (this.element.hidden) return;
    const failed = stage === "failed";
    this.#why.textContent = problem ? this.#labels.why(problem) : this.#labels.get("ended");
    this.#rating.hidden = failed || Boolean(problem);
    this.#download.hidden = failed;
    this.#anew.dataset.text = failed ? "try_again" : "anew";
    this.#thanks.textContent = score ? this.#labels.get("rate_thanks") : "";
    for (const [place, element] of this.#scores.entries()) {
      element.setAttribute("aria-pressed", String(SCORES[place] === score));
    }
    this.#labels.apply(this.element);
  }
}
