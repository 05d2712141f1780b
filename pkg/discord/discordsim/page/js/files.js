// Files for a message: chosen, dropped or pasted.

import { $, h } from "./dom.js";
import { sizeOf } from "./media.js";

const most = 10;
let chosen = [];

export const chosenFiles = () => chosen;

export function clearFiles() {
  chosen = [];
  draw();
}

export function addFiles(list) {
  chosen = [...chosen, ...list].slice(0, most);
  draw();
}

function draw() {
  $("chosen").hidden = !chosen.length;
  $("chosen").replaceChildren(...chosen.map((file) => h("li", {}, face(file), h("span.name", {}, file.name), h("span.size", {}, sizeOf(file.size)), remover(file))));
}

function remover(file) {
  const remove = () => { chosen = chosen.filter((f) => f !== file); draw(); $("say").focus(); };
  return h("button.plain", { type: "button", "aria-label": `Remove ${file.name}`, click: remove }, "✕");
}

function face(file) {
  if (!file.type.startsWith("image/")) return null;
  const img = h("img", { src: URL.createObjectURL(file), alt: "" });
  img.addEventListener("load", () => URL.revokeObjectURL(img.src));
  img.addEventListener("error", () => img.remove());
  return img;
}

// watchFiles hands over what is chosen, dropped anywhere on the page, or pasted.
export function watchFiles(take) {
  $("attach").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => { take([...$("files").files]); $("files").value = ""; });
  document.addEventListener("paste", (e) => {
    const files = [...(e.clipboardData?.files ?? [])];
    if (!files.length || e.target.closest?.("dialog")) return;
    e.preventDefault();
    take(files);
  });
  document.addEventListener("dragover", (e) => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (e) => { if (!e.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", (e) => {
    document.body.classList.remove("dropping");
    if (!e.dataTransfer?.files.length) return;
    e.preventDefault();
    take([...e.dataTransfer.files]);
  });
}
