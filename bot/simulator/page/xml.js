/** TwiML in lines and lightly coloured. */

import { make } from "./dom.js";

/** A <pre> with the document; as it came where it is no XML. */
export function pretty(source) {
  const box = make("pre");
  const parsed = new DOMParser().parseFromString(source, "application/xml");
  if (parsed.querySelector("parsererror")) box.textContent = source;
  else write(box, parsed.documentElement, 0);
  return box;
}

const coloured = (kind, text) => make("span", { className: `xml-${kind}` }, text);

function write(box, element, depth) {
  const indent = "  ".repeat(depth);
  box.append(indent, coloured("tag", `<${element.tagName}`));
  for (const { name, value } of element.attributes) box.append(" ", coloured("name", name), "=", coloured("value", `"${value}"`));
  const parts = [...element.childNodes].filter((node) => node.nodeType !== Node.TEXT_NODE || node.data.trim());
  if (!parts.length) {
    box.append(coloured("tag", "/>"), "\n");
    return;
  }
  box.append(coloured("tag", ">"));
  if (parts.every((node) => node.nodeType === Node.TEXT_NODE)) box.append(element.textContent.trim());
  else {
    box.append("\n");
    for (const node of parts) {
      if (node.nodeType === Node.ELEMENT_NODE) write(box, node, depth + 1);
      else box.append(`${"  ".repeat(depth + 1)}${node.data.trim()}\n`);
    }
    box.append(indent);
  }
  box.append(coloured("tag", `</${element.tagName}>`), "\n");
}
