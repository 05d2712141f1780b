// The list above the message box: commands, options, choices. The keyboard stays in the input that it belongs to.

import { $, fresh, h } from "./dom.js";

let open = null; // {input, items, nodes, active, pick}

export const isSuggesting = (input) => open?.input === input;

// suggest shows items, {label, detail, badge, disabled}, for an input. select is the one that Enter takes, -1 none.
export function suggest(input, items, pick, { label, select = 0 } = {}) {
  hush();
  if (!items.length) return;
  const list = $("suggestions");
  const nodes = items.map((item, n) => option(item, n));
  open = { input, items, nodes, active: -1, pick };
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  list.replaceChildren(...nodes);
  list.hidden = false;
  list.scrollTop = 0;
  input.setAttribute("aria-expanded", "true");
  activate(items[select]?.disabled ? -1 : select);
}

function option(item, n) {
  const node = h("div.suggestion", { role: "option", id: fresh("suggestion"), "aria-selected": "false", "aria-disabled": item.disabled ? "true" : null },
    h("span.label", {}, item.label), item.detail && h("span.detail", {}, item.detail), item.badge && h("span.badge", {}, item.badge));
  node.addEventListener("pointerdown", (e) => e.preventDefault());
  node.addEventListener("pointermove", () => { if (!item.disabled) activate(n); });
  node.addEventListener("click", () => { if (!item.disabled) take(n); });
  return node;
}

function activate(n) {
  open.nodes[open.active]?.setAttribute("aria-selected", "false");
  open.active = n;
  const node = open.nodes[n];
  if (!node) { open.input.removeAttribute("aria-activedescendant"); return; }
  node.setAttribute("aria-selected", "true");
  open.input.setAttribute("aria-activedescendant", node.id);
  node.scrollIntoView({ block: "nearest" });
}

function take(n) {
  const { items, pick } = open;
  hush();
  pick(items[n]);
}

// hush takes the list away.
export function hush() {
  if (!open) return;
  open.input.setAttribute("aria-expanded", "false");
  open.input.removeAttribute("aria-activedescendant");
  $("suggestions").hidden = true;
  $("suggestions").replaceChildren();
  open = null;
}

// suggestKey moves in the list; true means that the key is used up.
export function suggestKey(e) {
  if (!open || open.input !== e.target || e.isComposing) return false;
  const count = open.items.length;
  const usable = open.items.some((i) => !i.disabled);
  if ((e.key === "ArrowDown" || e.key === "ArrowUp") && usable) {
    const step = e.key === "ArrowDown" ? 1 : -1;
    activate(open.active < 0 && step < 0 ? count - 1 : (open.active + step + count) % count);
  } else if (e.key === "Escape") hush();
  else if ((e.key === "Enter" || (e.key === "Tab" && !e.shiftKey)) && !e.shiftKey && open.active >= 0) take(open.active);
  else return false;
  e.preventDefault();
  e.stopPropagation();
  return true;
}

// matching keeps the items whose label or detail has the text; those that begin with it come first.
export function matching(items, text) {
  const wanted = text.trim().toLowerCase();
  const rank = (i) => {
    const label = i.label.toLowerCase().replace(/^\//, "");
    if (label.startsWith(wanted)) return 0;
    return label.includes(wanted) ? 1 : (i.detail ?? "").toLowerCase().includes(wanted) ? 2 : 3;
  };
  return items.map((i) => [rank(i), i]).filter(([r]) => r < 3).sort((a, b) => a[0] - b[0]).map(([, i]) => i);
}
