// Modals: forms that an application opens. The browser's own dialog keeps the keyboard inside and gives it back.

import { h, fresh } from "./dom.js";
import { post } from "./api.js";
import { choicesOf, selected } from "./components.js";
import { markdown } from "./markdown.js";
import { world } from "./world.js";

// Each maker returns the element and how to read it: {node, read() → value, files() → list}.
const makers = { 4: text, 3: select, 5: select, 6: select, 7: select, 8: select, 19: upload, 21: radio, 22: ticks, 23: tick };

function text(c, id) {
  const long = c.style === 2;
  const limit = c.max_length ?? 4000;
  const node = h(long ? "textarea" : "input", {
    id, rows: long ? 4 : null, type: long ? null : "text", maxlength: limit, minlength: c.min_length,
    required: c.required !== false, placeholder: c.placeholder, "data-custom-id": c.custom_id,
  });
  node.value = c.value ?? "";
  const count = h("span.count", { "aria-hidden": "true" });
  const tell = () => { count.textContent = node.value.length > 0.8 * limit ? `${node.value.length} of ${limit}` : ""; };
  node.addEventListener("input", tell);
  tell();
  return { node: h("div.entry", {}, node, count), read: () => node.value };
}

function select(c, id) {
  const several = (c.max_values ?? 1) > 1;
  const options = choicesOf(c);
  if (several) return ticks({ ...c, options }, id);
  const blank = h("option", { value: "", selected: !options.some((o) => o.default) }, c.placeholder || "Make a selection");
  const node = h("select", { id, required: c.required !== false, "data-custom-id": c.custom_id }, selected(), blank,
    options.map((o) => h("option", { value: o.value, selected: o.default }, h("span.label", {}, o.label), o.description && h("span.detail", {}, ` ${o.description}`))));
  return { node, read: () => (node.value ? [node.value] : []) };
}

const choices = (kind) => (c, id) => {
  const name = fresh("choice");
  const boxes = c.options.map((o) => h("label.tick", {}, h("input", { type: kind, name, value: o.value, checked: o.default }),
    h("span", {}, o.label), o.description && h("span.detail", {}, o.description)));
  const node = h("div.ticks", { id, role: "group", "data-custom-id": c.custom_id }, boxes);
  return { node, read: () => [...node.querySelectorAll("input:checked")].map((b) => b.value) };
};

function ticks(c, id) { return choices("checkbox")(c, id); }
function radio(c, id) { return choices("radio")(c, id); }

function tick(c, id) {
  const node = h("input", { id, type: "checkbox", checked: c.default, "data-custom-id": c.custom_id });
  return { node, read: () => node.checked };
}

function upload(c, id) {
  const node = h("input", { id, type: "file", multiple: (c.max_values ?? 1) > 1, required: c.required !== false, "data-custom-id": c.custom_id });
  return { node, read: () => undefined, files: () => [...node.files] };
}

// fields are the inputs of a modal with their labels, in rows of the old form or in labels of the new one.
function fields(modal) {
  return modal.components.flatMap((c) => {
    if (c.type === 1) return c.components.map((inner) => field(inner, inner.label));
    if (c.type === 18) return [field(c.component, c.label, c.description)];
    return [{ node: h("div.text", {}, markdown(c.content ?? "")) }];
  });
}

function field(c, label, description) {
  const id = fresh("field");
  const made = makers[c.type](c, id);
  const input = made.node.id === id ? made.node : made.node.querySelector(`#${id}`);
  const group = input.getAttribute("role") === "group";
  const name = h(group ? "span.label" : "label", group ? { id: `${id}-label` } : { for: id }, label,
    c.required !== false && c.type !== 23 && h("span.required", { "aria-hidden": "true" }, " *"));
  if (group) input.setAttribute("aria-labelledby", `${id}-label`);
  const detail = description && h("p.detail", { id: `${id}-detail` }, description);
  if (detail) input.setAttribute("aria-describedby", `${id}-detail`);
  return { id: c.custom_id, ...made, node: h("div.field", {}, name, detail, made.node) };
}

// openModal shows the modal with which an interaction was answered.
export function openModal(interaction, modal) {
  const list = fields(modal);
  const problem = h("p.problem", { role: "alert" });
  const title = fresh("title");
  const send = h("button.primary", { type: "submit" }, "Submit");
  const form = h("form", { method: "dialog", "aria-labelledby": title }, h("h2", { id: title }, modal.title), list.map((f) => f.node), problem,
    h("div.bar", {}, h("button.secondary", { type: "button", click: () => dialog.close() }, "Cancel"), send));
  const dialog = h("dialog.modal", { "aria-labelledby": title }, form);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    send.setAttribute("aria-busy", "true");
    problem.textContent = await submit(interaction, list, dialog);
    send.removeAttribute("aria-busy");
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input, textarea, select")?.focus();
}

// submit sends the values and returns what went wrong, for the person.
async function submit(interaction, list, dialog) {
  const values = {};
  const files = [];
  for (const f of list.filter((f) => f.id)) {
    for (const file of f.files?.() ?? []) files.push([f.id, file]);
    const value = f.read();
    if (value !== undefined) values[f.id] = value;
  }
  try {
    const answer = await post("modal", { user: world.me, interaction, fields: values }, files);
    if (answer.failed) return "Something went wrong. Try again.";
    dialog.close();
  } catch (error) {
    return error.message;
  }
  return "";
}
