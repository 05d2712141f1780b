// Embeds: a bar of colour, words, fields and a picture.

import { h } from "./dom.js";
import { markdown, inline } from "./markdown.js";
import { openPicture } from "./lightbox.js";
import { keyOf } from "./media.js";
import { timeOf } from "./time.js";

const linked = (address, content) => (address ? h("a", { href: address, target: "_blank", rel: "noopener" }, content) : content);

function author(e) {
  if (!e.author?.name) return null;
  const face = e.author.icon_url && h("img", { src: e.author.icon_url, alt: "", width: 20, height: 20 });
  return h("div.author", {}, face, linked(e.author.url, e.author.name));
}

// fields stand side by side where they are inline; others have a row of their own.
function fields(e) {
  if (!e.fields?.length) return null;
  return h("dl.fields", {}, e.fields.map((f) => h(f.inline ? "div.field" : "div.field.wide", {},
    h("dt", {}, inline(f.name)), h("dd", {}, markdown(f.value)))));
}

function footer(e) {
  if (!e.footer?.text && !e.timestamp) return null;
  const face = e.footer?.icon_url && h("img", { src: e.footer.icon_url, alt: "", width: 16, height: 16 });
  const when = e.timestamp && timeOf(Date.parse(e.timestamp), "s");
  return h("div.footer", {}, face, e.footer?.text, e.footer?.text && when && h("span", { "aria-hidden": "true" }, "·"), when);
}

// picture shows an image of an embed. Where it replaces another one, that one stays until the new one is there.
function picture(image, name, former) {
  const img = h("img", { src: image.url, alt: name, width: image.width, height: image.height, decoding: "async" });
  const open = () => openPicture([{ url: image.url, description: name }], 0);
  const box = h(`button.${former?.className ?? "image"}`, { type: "button", "aria-label": `Open ${name}`, click: open, "data-key": keyOf(image.url) });
  const old = former?.firstElementChild;
  if (!old || !old.complete) { box.append(img); return box; }
  box.append(old);
  const swap = () => old.replaceWith(img);
  img.decode().then(swap, swap);
  return box;
}

function image(e, former) {
  if (!e.image?.url) return null;
  return picture(e.image, `picture of ${e.title ?? "this embed"}`, former);
}

function thumbnail(e) {
  if (!e.thumbnail?.url) return null;
  const box = picture(e.thumbnail, "small picture");
  box.className = "thumbnail";
  return box;
}

const hex = (n) => `#${Number(n).toString(16).padStart(6, "0")}`;

// embeds shows the embeds of a message; former is the element that shows their previous state, if there is one.
export function embeds(list, former) {
  return list.map((e, n) => {
    const before = former?.children[n]?.querySelector(":scope > .image");
    const colour = e.color ? { "--bar": hex(e.color) } : {};
    return h("div.embed", { style: colour },
      thumbnail(e), author(e),
      e.title && h("p.title", {}, linked(e.url, inline(e.title))),
      e.description && h("div.text", {}, markdown(e.description)),
      fields(e), image(e, before), footer(e));
  });
}
