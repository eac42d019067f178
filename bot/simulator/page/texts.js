/** All words of the page stand in texts/*.json, the same keys in each language. */

const KEPT = "simulator.language";
let texts = {};
export let language = localStorage.getItem(KEPT) ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export async function speak(wanted) {
  language = wanted;
  localStorage.setItem(KEPT, wanted);
  texts = await (await fetch(`/simulator/page/texts/${wanted}.json`)).json();
  document.documentElement.lang = wanted;
  label(document);
}

/** The text of a key, with {values} put in; the key itself where nobody wrote one. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function label(root) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-hint]")) {
    element.placeholder = t(element.dataset.hint);
    element.setAttribute("aria-label", t(element.dataset.hint));
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.tagName !== "OL") element.title = t(element.dataset.label);
  }
}
