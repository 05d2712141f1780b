// A command that is being filled in, in place of the message box.

import { $, fresh, h } from "./dom.js";
import { makeField } from "./field.js";
import { hush, isSuggesting, matching, suggest, suggestKey } from "./suggest.js";

const [text, attachment] = [3, 11];

// makeCommand shows a command. leave is called when it is cancelled, with what the message box shall hold.
export function makeCommand(definition, leave) {
  const fields = [];
  const adder = makeAdder(() => rest(), (option) => add(option).focus(), () => command.describe());
  const box = $("command");
  const command = {
    name: definition.name, next, describe, values, files, takeFiles, focus, fields,
    close() { hush(); box.hidden = true; box.replaceChildren(); describe(null); },
  };
  const rest = () => definition.options.filter((o) => !fields.some((f) => f.option === o));

  function add(option) {
    const field = makeField(option, command);
    fields.push(field);
    box.insertBefore(field.node, adder.node);
    adder.draw();
    return field;
  }

  // remove takes an optional field away; the keyboard goes to the one before it.
  function remove(field) {
    const at = fields.indexOf(field);
    fields.splice(at, 1);
    field.node.remove();
    adder.draw();
    (fields[at - 1] ?? fields[0] ?? adder).focus();
  }

  // next is the next required field that is empty, else where more options are added.
  function next(field) {
    const after = fields.slice(fields.indexOf(field) + 1);
    (after.find((f) => f.isEmpty()) ?? (rest().length ? adder : fields.at(-1))).focus();
  }

  function values(except) {
    const out = {};
    for (const f of fields) {
      const value = f.read();
      if (value !== undefined && f.option.name !== except) out[f.option.name] = value;
    }
    return out;
  }

  function files() { return fields.filter((f) => f.file).map((f) => [f.option.name, f.file]); }

  // takeFiles puts pasted or dropped files where there is room; it tells how many found none.
  function takeFiles(list) {
    const left = list.filter((file) => {
      let field = fields.find((f) => f.option.type === attachment && f.isEmpty());
      const option = !field && rest().find((o) => o.type === attachment);
      if (option) field = add(option);
      field?.take(file);
      return !field;
    });
    return left.length;
  }

  function focus(name) { (fields.find((f) => f.option.name === name) ?? fields.find((f) => f.isEmpty()) ?? adder).focus(); }

  function keys(e) {
    if (suggestKey(e)) return;
    const field = fields.find((f) => f.input === e.target);
    const empty = e.target.value === "" || (field?.file === null);
    if (e.key === "Enter" && !e.isComposing && e.target.tagName !== "BUTTON") { e.preventDefault(); $("composer").requestSubmit(); }
    else if (e.key === "Escape") leave("");
    else if (e.key === "Backspace" && empty && field && !field.option.required) { e.preventDefault(); remove(field); }
    else if (e.key === "Backspace" && empty && !field && e.target === adder.input) { e.preventDefault(); backwards(); }
    else if (e.key === "Backspace" && empty && fields.every((f) => f.isEmpty())) { e.preventDefault(); leave(`/${definition.name}`); }
  }

  // backwards leads from the end of the command to its last field, or out of it.
  function backwards() { fields.length ? fields.at(-1).focus() : leave(`/${definition.name}`); }

  box.onkeydown = keys;
  box.setAttribute("aria-label", `Command /${definition.name}`);
  box.replaceChildren(h("span.name", {}, `/${definition.name}`), adder.node);
  box.hidden = false;
  for (const option of first(definition.options)) add(option);
  adder.draw();
  describe();

  return command;

  // describe says below the box what is to be filled in.
  function describe(option = definition) {
    $("hint").textContent = option === null ? "" : [`${option === definition ? `/${option.name}` : option.name}: ${option.description}`, range(option)].filter(Boolean).join(" ");
  }
}

// first are the options that a command begins with: the required ones, else a text, so that words find a place.
function first(options) {
  const required = options.filter((o) => o.required);
  return required.length ? required : options.slice(0, 1).filter((o) => o.type === text);
}

const range = (o) => (o.min_value !== undefined || o.max_value !== undefined) && `(${o.min_value ?? "…"} to ${o.max_value ?? "…"})`;

// makeAdder is the end of a command: there one types the name of another option.
function makeAdder(rest, add, describe) {
  const id = fresh("adder");
  const input = h("input", {
    id, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": "suggestions", "aria-autocomplete": "list",
    "aria-label": "Add an option", "aria-describedby": "hint", autocomplete: "off", spellcheck: "false",
  });
  const node = h("div.adder", {}, input);
  const refresh = () => {
    const items = rest().map((option) => ({ label: option.name, detail: option.description, option }));
    suggest(input, matching(items, input.value), (i) => { input.value = ""; add(i.option); }, { label: "More options", select: input.value ? 0 : -1 });
  };
  input.addEventListener("focus", () => { describe(); refresh(); });
  input.addEventListener("input", refresh);
  input.addEventListener("blur", () => { if (isSuggesting(input)) hush(); });
  const draw = () => { input.placeholder = rest().length ? `+${rest().length} more` : ""; };
  return { node, input, draw, focus: () => input.focus() };
}
