// A picture alone on the screen; arrows lead to its neighbours.

import { h } from "./dom.js";

export function openPicture(pictures, at) {
  let current = at;
  const img = h("img", {});
  const original = h("a", { target: "_blank", rel: "noopener" }, "Open the original");
  const place = h("span", {});
  const step = (by) => show((current + by + pictures.length) % pictures.length);
  const many = pictures.length > 1;
  const dialog = h("dialog.lightbox", { "aria-label": "Picture" },
    h("div.stage", { click: (e) => { if (e.target !== img) dialog.close(); } }, img),
    h("div.bar", {},
      many && h("button.secondary", { type: "button", click: () => step(-1) }, "Previous"), place,
      many && h("button.secondary", { type: "button", click: () => step(1) }, "Next"),
      original, h("button.secondary", { type: "button", click: () => dialog.close() }, "Close")));

  function show(n) {
    current = n;
    const a = pictures[n];
    img.src = a.url;
    img.alt = a.description || a.filename || "";
    original.href = a.url;
    place.textContent = many ? `${n + 1} of ${pictures.length}` : "";
  }

  dialog.addEventListener("keydown", (e) => {
    if (many && e.key === "ArrowLeft") step(-1);
    if (many && e.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("close", () => dialog.remove());
  show(at);
  document.body.append(dialog);
  dialog.showModal();
}
