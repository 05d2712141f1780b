// Elements without markup in strings: what users and bots write never becomes HTML.

// h makes an element of "tag.class.class", attributes and children. An attribute that is a function is a listener;
// one that is false, null or undefined is left out. Children may be nodes, text, lists of them, or nothing.
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...flat(children));
  return node;
}

function set(node, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (typeof value === "function") node.addEventListener(name, value);
  else if (name === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
  else node.setAttribute(name, value === true ? "" : value);
}

function flat(children) {
  return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== "");
}

// icon draws one of our own lines on a 20 by 20 field.
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const $ = (id) => document.getElementById(id);

let counter = 0;

// fresh is an id that no other element has.
export const fresh = (prefix) => `${prefix}-${++counter}`;

let waiting;

// announce tells a screen reader, at most once a second, the newest of what there is to tell.
export function announce(text) {
  if (!waiting) setTimeout(() => { $("status").textContent = waiting; waiting = undefined; }, 1000);
  waiting = text;
}
