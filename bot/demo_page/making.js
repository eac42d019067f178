/** Makes elements; what is put in is text. */

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function button(properties, act, ...children) {
  const element = make("button", { type: "button", ...properties }, ...children);
  element.addEventListener("click", act);
  return element;
}

/** The words with facts put in where they have `{…}`. */
export function fill(words, facts) {
  return words.replace(/\{(\w+)\}/g, (_, fact) => facts[fact]);
}
