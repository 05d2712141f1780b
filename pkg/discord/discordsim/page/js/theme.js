// Light, dark, or as the system has it.

import { $ } from "./dom.js";

const names = { system: "as the system", light: "light", dark: "dark" };

export function startTheme() {
  let current = localStorage.getItem("theme") ?? "system";
  const draw = () => {
    document.documentElement.dataset.theme = current;
    $("theme").textContent = { system: "◐", light: "○", dark: "●" }[current];
    $("theme").setAttribute("aria-label", `Colours: ${names[current]}`);
    $("theme").title = `Colours: ${names[current]}`;
  };
  $("theme").addEventListener("click", () => {
    const all = Object.keys(names);
    current = all[(all.indexOf(current) + 1) % all.length];
    localStorage.setItem("theme", current);
    draw();
  });
  draw();
}
