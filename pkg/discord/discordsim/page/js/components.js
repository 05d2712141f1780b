// Buttons and select menus under messages.

import { h, fresh } from "./dom.js";
import { markdown } from "./markdown.js";
import { media, keyOf } from "./media.js";
import { openPicture } from "./lightbox.js";
import { nameOfPlace, world } from "./world.js";

const styles = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary" };
const face = (emoji) => emoji?.name && h("span.emoji", { "aria-hidden": "true" }, emoji.id ? `:${emoji.name}:` : emoji.name);

function button(c, act) {
  const label = [face(c.emoji), c.label && h("span", {}, c.label)];
  if (c.style === 5) return h("a.button.secondary", { href: c.url, target: "_blank", rel: "noopener" }, ...label, h("span.away", { "aria-hidden": "true" }, "↗"));
  const node = h(`button.${styles[c.style] ?? "secondary"}`, {
    type: "button", disabled: c.disabled, "data-custom-id": c.custom_id, "aria-label": c.label ? null : (c.emoji?.name ?? "Button"),
  }, ...label);
  node.addEventListener("click", () => act.click(c.custom_id, node));
  return node;
}

// choicesOf are the options of a select menu of any type.
export function choicesOf(c) {
  if (c.options) return c.options;
  const users = world.users.map((u) => ({ label: u.name, value: u.id }));
  const places = world.places.filter((p) => p.guild).map((p) => ({ label: nameOfPlace(p.id), value: p.id }));
  return c.type === 8 ? places : users;
}

// face of a select menu where the browser lets us draw it: the label of what is chosen, without its details.
export const selected = () => h("button", {}, h("selectedcontent"));

const optionOf = (o) => h("option", { value: o.value, selected: o.default },
  h("span.label", {}, face(o.emoji), o.label), o.description && h("span.detail", {}, ` ${o.description}`));

function single(c, act) {
  const options = choicesOf(c);
  const chosen = options.some((o) => o.default);
  const node = h("select", { disabled: c.disabled, "data-custom-id": c.custom_id, "aria-label": c.placeholder || "Make a selection" },
    selected(), h("option", { value: "", selected: !chosen, hidden: true, disabled: true }, c.placeholder || "Make a selection"), options.map(optionOf));
  node.addEventListener("change", () => act.select(c.custom_id, [node.value], node));
  return node;
}

// several is a select menu of more than one value: boxes to tick, and a button that sends them.
function several(c, act) {
  const name = fresh("several");
  const boxes = choicesOf(c).map((o) => h("label.tick", {}, h("input", { type: "checkbox", name, value: o.value, checked: o.default }),
    h("span", {}, face(o.emoji), o.label), o.description && h("span.detail", {}, o.description)));
  const send = h("button.primary", { type: "button" }, "Choose");
  const node = h("details.several", { "data-custom-id": c.custom_id }, h("summary", {}, c.placeholder || "Make a selection"), boxes, send);
  send.addEventListener("click", () => {
    const values = [...node.querySelectorAll("input:checked")].map((b) => b.value);
    node.open = false;
    act.select(c.custom_id, values, node);
  });
  return node;
}

const isSeveral = (c) => (c.max_values ?? 1) > 1 || c.min_values === 0;
const gallery = (c) => c.items.map((i) => ({ url: i.media.url, filename: i.description || keyOf(i.media.url).split("/").at(-1), description: i.description, content_type: i.media.content_type ?? "image/png", width: i.media.width, height: i.media.height, flags: i.spoiler ? 32 : 0, size: 0 }));

function thumbnail(c) {
  const label = c.description || "small picture";
  return h("button.thumbnail", { type: "button", "aria-label": `Open ${label}`, click: () => openPicture([{ url: c.media.url, description: label }], 0) },
    h("img", { src: c.media.url, alt: label }));
}

// Makers by type: rows, buttons, menus, and the layouts of the second version.
const makers = {
  1: (c, act) => h("div.row", {}, c.components.map((i) => component(i, act))),
  2: button,
  9: (c, act) => h("div.section", {}, h("div", {}, c.components.map((i) => component(i, act))), component(c.accessory, act)),
  10: (c) => h("div.text", {}, markdown(c.content)),
  11: thumbnail,
  12: (c) => media(gallery(c)),
  13: (c) => media([{ url: c.file.url, filename: c.name || keyOf(c.file.url).split("/").at(-1), size: c.size ?? 0, flags: c.spoiler ? 32 : 0 }]),
  14: (c) => h(c.divider === false ? "div.gap" : "hr"),
  17: (c, act) => h("div.embed.container", { style: c.accent_color ? { "--bar": `#${c.accent_color.toString(16).padStart(6, "0")}` } : {} }, c.components.map((i) => component(i, act))),
};

function component(c, act) {
  if (c.type === 3 || (c.type >= 5 && c.type <= 8)) return isSeveral(c) ? several(c, act) : single(c, act);
  return makers[c.type]?.(c, act) ?? null;
}

// components shows those of a message; act.click and act.select are told what a person does.
export const components = (list, act) => list.map((c) => component(c, act)).flat();
