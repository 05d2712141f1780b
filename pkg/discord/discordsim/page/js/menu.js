// A menu at a button or at the pointer: arrows, letters, Escape.

import { h } from "./dom.js";

export function showMenu(items, opener, pointer) {
  document.querySelector(".menu")?.remove();
  const buttons = items.map((item) => h("button", {
    type: "button", role: "menuitem", tabindex: -1, disabled: item.disabled, click: () => { close(true); item.pick(); },
  }, item.label));
  const menu = h("div.menu", { role: "menu", "aria-label": "Apps" }, buttons);
  const close = (back) => {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    opener.setAttribute("aria-expanded", "false");
    if (back) opener.focus();
  };
  const outside = (e) => { if (!menu.contains(e.target)) close(false); };
  menu.addEventListener("keydown", (e) => keys(e, buttons, close));
  menu.addEventListener("focusout", (e) => { if (e.relatedTarget && !menu.contains(e.relatedTarget)) close(false); });
  document.addEventListener("pointerdown", outside, true);
  opener.setAttribute("aria-expanded", "true");
  document.body.append(menu);
  put(menu, opener, pointer);
  (buttons.find((b) => !b.disabled) ?? menu).focus();
}

// put places a menu where it fits on the screen.
function put(menu, opener, pointer) {
  const at = opener.getBoundingClientRect();
  const x = pointer?.clientX || at.right - menu.offsetWidth;
  const y = pointer?.clientY || at.bottom + 4;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - menu.offsetHeight - 8))}px`;
}

function keys(e, buttons, close) {
  const at = buttons.indexOf(document.activeElement);
  const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key];
  if (go !== undefined) buttons.at(go % buttons.length).focus();
  else if (e.key === "Escape" || e.key === "Tab") close(true);
  else if (e.key.length === 1 && e.key !== " ") buttons.find((b) => b.textContent.toLowerCase().startsWith(e.key.toLowerCase()))?.focus();
  else return;
  e.preventDefault();
}
