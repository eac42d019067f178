/** The words of a call, as they are heard and said, and their voice. */

import { keepAtEnd, make } from "./dom.js";
import { t } from "./texts.js";
import { voice } from "./voice.js";

const KEYS = /^[\d*#]+$/;

export class Captions {
  #list;
  #call = null;
  #heard = 0; // how many of what was heard are shown and spoken
  #own = []; // [after how many heard, text]

  constructor(list) {
    this.#list = list;
  }

  /** Show a call from its beginning, or what came since. */
  show(call) {
    if (this.#call !== call.sid) {
      this.#call = call.sid;
      this.#heard = 0;
      this.#own = [];
      voice.hush();
    }
    for (const heard of call.heard.slice(this.#heard)) {
      if (heard.verb === "Say") voice.say(heard.text, heard.language);
    }
    this.#heard = call.heard.length;
    keepAtEnd(this.#list, () => this.#list.replaceChildren(...this.#lines(call)));
  }

  /** What the person here said or pressed; whatever is being said is then cut. */
  add(text) {
    const last = this.#own.at(-1);
    const goesOn = last?.[0] === this.#heard && KEYS.test(last[1] + text);
    if (goesOn) last[1] += text;
    else this.#own.push([this.#heard, text]);
    voice.hush();
  }

  *#lines(call) {
    for (let at = 0; at <= call.heard.length; at += 1) {
      for (const [after, text] of this.#own) if (after === at) yield make("li", { className: "own" }, text);
      const heard = call.heard[at];
      if (heard?.verb === "Play") yield make("li", { className: "music" }, `♪ ${heard.text.split("/").pop() || t("music")}`);
      else if (heard) yield this.#line(heard);
    }
  }

  #line(heard) {
    const who = heard.verb === "Voice" ? t("other_person") : [heard.voice, heard.cut ? t("cut") : ""].filter(Boolean).join(" · ");
    const line = make("li", { className: heard.cut ? "cut" : "", lang: heard.language.slice(0, 2) }, heard.text);
    if (who) line.append(make("small", {}, who));
    return line;
  }
}
