/** Makes elements; nothing here takes markup. */

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  chat: "M4 5.5h16v10.5H10l-4.5 4v-4H4z",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5M6 11l6-6 6 6",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
  snow: "M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9",
};

/**
 * An element: `text`, `label` and `hint` name words (its text, aria-label and placeholder), `facts` stand in them, `said`
 * is text as it is; all else are attributes, left out where false.
 */
export function make(tag, { text, label, hint, facts, said, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries({ text, label, hint })) if (value) element.dataset[name] = value;
  if (facts) element.dataset.facts = JSON.stringify(facts);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  if (said !== undefined) element.textContent = said;
  element.append(...children);
  return element;
}

export function button(options, act, ...children) {
  const element = make("button", { type: "button", ...options }, ...children);
  element.addEventListener("click", act);
  return element;
}

/** A drawing, beside words that say the same. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", `icon i-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}
