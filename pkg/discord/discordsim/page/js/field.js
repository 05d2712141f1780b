// One option of a command that is being filled in.

import { fresh, h } from "./dom.js";
import { post } from "./api.js";
import { fileField } from "./filefield.js";
import { hush, isSuggesting, matching, suggest } from "./suggest.js";
import { nameOfPlace, world } from "./world.js";

const integer = 4;
const number = 10;
const pause = 120; // milliseconds of rest before choices are asked for

// choicesOf are the values among which an option is, or null where it is free.
function choicesOf(option) {
  const user = (u) => ({ label: u.name, value: u.id });
  switch (option.type) {
    case 5: return [{ label: "True", value: true }, { label: "False", value: false }];
    case 6: case 9: return world.users.map(user);
    case 7: return world.places.filter((p) => p.guild).map((p) => ({ label: nameOfPlace(p.id), value: p.id }));
  }
  return option.choices?.length ? option.choices.map((c) => ({ label: c.name, value: c.value })) : null;
}

// makeField makes an input. command is asked for the other values, and told when one is done with this one.
export function makeField(option, command) {
  if (option.type === 11) return fileField(option, command);
  const id = fresh("option");
  const input = h("textarea", {
    id, rows: 1, role: "combobox", "aria-expanded": "false", "aria-controls": "suggestions", "aria-autocomplete": "list",
    "aria-required": option.required ? "true" : null, "aria-describedby": "hint", spellcheck: "false",
    inputmode: option.type === integer ? "numeric" : option.type === number ? "decimal" : null,
  });
  const node = h("div.option", { "data-option": option.name }, h("label", { for: id }, option.name), input);
  const field = { option, node, input, chosen: null, isEmpty: () => input.value === "", focus: () => input.focus() };
  const refresh = refresher(field, command);
  input.addEventListener("focus", () => { command.describe(option); refresh(); });
  input.addEventListener("blur", () => { if (isSuggesting(input)) hush(); });
  input.addEventListener("input", () => { field.chosen = null; input.value = input.value.replaceAll("\n", " "); refresh(); });
  field.read = () => value(field);
  return field;
}

// value is what is sent: the value of the choice, a number, or the text itself, which the fake may refuse.
function value(field) {
  const { option, input, chosen } = field;
  if (input.value === "") return undefined;
  if (chosen) return chosen.value;
  const same = choicesOf(option)?.find((c) => c.label.toLowerCase() === input.value.trim().toLowerCase());
  if (same) return same.value;
  const n = Number(input.value);
  return (option.type === integer || option.type === number) && input.value.trim() && Number.isFinite(n) ? n : input.value;
}

// refresher shows the choices that fit what was typed; those of the application come when they come.
function refresher(field, command) {
  const { option, input } = field;
  const settings = { label: `Choices for ${option.name}` };
  const pick = (c) => {
    field.chosen = c;
    input.value = c.label;
    command.next(field);
  };
  const offer = (items) => { if (document.activeElement === input && !field.chosen) suggest(input, items, pick, settings); };
  if (!option.autocomplete) {
    const choices = choicesOf(option);
    return () => (choices ? offer(matching(choices, field.chosen ? "" : input.value)) : hush());
  }
  let timer;
  let asked = 0;
  return () => {
    clearTimeout(timer);
    if (field.chosen) return;
    timer = setTimeout(async () => {
      const turn = ++asked;
      const items = await autocomplete(option, input.value, command, () => { if (turn === asked) offer([{ label: "Loading…", disabled: true }]); });
      if (turn === asked) offer(items);
    }, pause);
  };
}

async function autocomplete(option, typed, command, slow) {
  const timer = setTimeout(slow, 300);
  try {
    const answer = await post("autocomplete", { user: world.me, channel: world.place, command: command.name, options: command.values(option.name), option: option.name, typed });
    if (answer.failed) return [{ label: "Loading options failed", disabled: true }];
    const items = answer.choices.map((c) => ({ label: String(c.name), value: c.value }));
    return items.length ? items : [{ label: "No options match your search.", disabled: true }];
  } catch (error) {
    return [{ label: error.message, disabled: true }];
  } finally {
    clearTimeout(timer);
  }
}
