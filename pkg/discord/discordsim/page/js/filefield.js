// An option that is a file.

import { fresh, h } from "./dom.js";
import { sizeOf } from "./media.js";

export function fileField(option, command) {
  const id = fresh("option");
  const input = h("input", { type: "file", hidden: true, tabindex: -1 });
  const button = h("button.plain.file", { type: "button", id, "aria-describedby": "hint" });
  const node = h("div.option", { "data-option": option.name }, h("label", { for: id }, option.name), button, input);
  const field = {
    option, node, input: button, file: null, isEmpty: () => !field.file, focus: () => button.focus(),
    read: () => undefined,
    take(file) { field.file = file; draw(); },
  };
  const draw = () => {
    const { file } = field;
    const face = file?.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : null;
    face?.addEventListener("load", () => URL.revokeObjectURL(face.src));
    face?.addEventListener("error", () => face.remove());
    button.replaceChildren(...(file ? [face, `${file.name}, ${sizeOf(file.size)}`].filter(Boolean) : ["choose, drop or paste"]));
    button.setAttribute("aria-label", file ? `${option.name}: ${file.name}. Choose another file` : `${option.name}: choose a file`);
  };
  button.addEventListener("focus", () => command.describe(option));
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) { field.take(input.files[0]); command.next(field); }
    input.value = "";
  });
  draw();
  return field;
}
