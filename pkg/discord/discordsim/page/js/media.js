// Files of messages: pictures in a grid, videos and sounds with controls, others to save.

import { h, icon } from "./dom.js";
import { openPicture } from "./lightbox.js";

// keyOf names a file for as long as it is the same one: addresses are signed anew each time.
export const keyOf = (address) => (address ?? "").split("?")[0];

const units = ["bytes", "KiB", "MiB", "GiB"];

export function sizeOf(bytes) {
  const n = bytes ? Math.min(3, Math.floor(Math.log2(bytes) / 10)) : 0;
  return `${(bytes / 1024 ** n).toLocaleString("en", { maximumFractionDigits: n > 1 ? 1 : 0 })} ${units[n]}`;
}

const kindOf = (a) => {
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(a.content_type) && a.width) return "picture";
  if (/^video\/(mp4|webm|quicktime)$/.test(a.content_type)) return "video";
  return /^audio\//.test(a.content_type ?? "") ? "audio" : "file";
};

const isSpoiler = (a) => ((a.flags ?? 0) & 32) !== 0 || a.filename.startsWith("SPOILER_");

// covered hides what may spoil until somebody wants to see it.
function covered(a, node) {
  if (!isSpoiler(a)) return node;
  const cover = h("button.cover", { type: "button", "aria-label": `Spoiler: show ${a.filename}` }, h("span", {}, "Spoiler"));
  const box = h("div.covered", {}, node, cover);
  node.inert = true;
  cover.addEventListener("click", () => {
    node.inert = false;
    box.classList.add("shown");
    cover.remove();
    node.querySelector("button, video")?.focus();
  });
  return box;
}

function picture(a, all) {
  const label = a.description || a.filename;
  const img = h("img", { src: a.url, alt: label, width: a.width, height: a.height, loading: "lazy" });
  const open = () => openPicture(all, all.indexOf(a));
  return covered(a, h("div.picture", {}, h("button.open", { type: "button", "aria-label": `Open ${label}`, click: open }, img)));
}

function video(a) {
  const node = h("video", { src: a.url, controls: true, preload: "metadata", playsinline: true, "aria-label": a.description || a.filename });
  if (a.width) node.style.aspectRatio = `${a.width} / ${a.height}`;
  node.addEventListener("error", () => box.append(h("p.note", {}, "This video cannot be played here. ", saveLink(a))));
  const box = h("div.video", {}, node);
  return covered(a, box);
}

const saveLink = (a) => h("a", { href: a.url, download: a.filename, target: "_blank", rel: "noopener" }, a.filename);

function file(a) {
  const inner = [icon("M5 2h7l3 3v13H5zM12 2v4h3"), h("span.name", {}, saveLink(a)), h("span.size", {}, sizeOf(a.size))];
  const sound = kindOf(a) === "audio" && h("audio", { src: a.url, controls: true, preload: "none", "aria-label": a.filename });
  return covered(a, h("div.file", {}, ...inner, sound));
}

// media shows the attachments of a message.
export function media(attachments) {
  const pictures = attachments.filter((a) => kindOf(a) === "picture");
  const grid = pictures.length
    ? h("div.grid", { "data-count": pictures.length }, pictures.map((a) => picture(a, pictures))) : null;
  if (pictures.length === 1) shape(grid, pictures[0]);
  const others = attachments.filter((a) => kindOf(a) !== "picture");
  return [grid, ...others.map((a) => (kindOf(a) === "video" ? video(a) : file(a)))].filter(Boolean);
}

// shape reserves the room of a single picture before it is loaded: at most 550 by 350, as it is shown.
function shape(grid, a) {
  const scale = Math.min(1, 550 / a.width, 350 / a.height);
  grid.style.setProperty("--width", `${Math.round(a.width * scale)}px`);
  grid.style.setProperty("--ratio", `${a.width} / ${a.height}`);
}
