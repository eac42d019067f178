/** The widget's own words, a file per language. */

const HERE = import.meta.url;
const kept = new Map();

async function load(language) {
  const answer = await fetch(new URL(`texts/${language}.json`, HERE));
  return answer.json();
}

export const LANGUAGES = ["zh", "en"];

/** The one of our languages that is meant by a tag such as zh-Hans-CN. */
export function languageOf(tag) {
  return LANGUAGES.find((language) => tag?.toLowerCase().split("-")[0] === language);
}

export class Labels {
  language = "";
  #texts = {};

  get other() {
    return this.language === "zh" ? "en" : "zh";
  }

  async speak(language) {
    if (!kept.has(language)) kept.set(language, load(language));
    this.#texts = await kept.get(language);
    this.language = language;
  }

  /** The words of this name, with facts put in where they have `{…}`. */
  get(name, facts = {}) {
    return (this.#texts[name] ?? "").replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "");
  }

  /** Why something was refused. */
  why(problem) {
    return this.get(`problem_${problem.code}`) || problem.detail || this.get("problem_other");
  }

  /** Puts the words into all that was made with a name of one. */
  apply(root) {
    for (const element of [root, ...root.querySelectorAll("*")]) {
      const { text, label, hint, facts } = element.dataset;
      const known = facts ? JSON.parse(facts) : {};
      if (text) element.textContent = this.get(text, known);
      if (label) element.setAttribute("aria-label", this.get(label, known));
      if (hint) element.placeholder = this.get(hint, known);
    }
    return root;
  }
}
