// The page: who one is, where one is, and what happens there.

import { $, h } from "./dom.js";
import { listen } from "./api.js";
import { startComposer, resetComposer } from "./composer.js";
import { dropMessage, loadMessages, showMessage, startLog } from "./log.js";
import { startCounting, setClock } from "./time.js";
import { loadCommands, loadWorld, me, place, titleOf, world } from "./world.js";
import { startTheme } from "./theme.js";

let silence = () => {};

const people = () => world.users.filter((u) => !u.bot);

// choose picks a person and a place: as the address says, as last time, or the first.
function choose() {
  const wanted = new URLSearchParams(location.search);
  const user = wanted.get("user") ?? localStorage.getItem("user");
  world.me = (people().find((u) => u.id === world.me) ?? people().find((u) => u.name === user) ?? people().find((u) => u.name !== "owner") ?? people()[0])?.id ?? "";
}

function choosePlace() {
  const wanted = new URLSearchParams(location.search).get("channel");
  const found = world.places.find((p) => p.id === world.place) ?? world.places.find((p) => p.name && p.name === wanted) ?? world.places.find((p) => p.guild) ?? world.places[0];
  world.place = found?.id ?? "";
}

// arrive shows everything as one is and where one is.
async function arrive() {
  silence();
  resetComposer();
  await loadWorld();
  choosePlace();
  drawAround();
  if (!world.place) return;
  const parameters = { user: world.me, channel: world.place };
  await new Promise((opened) => { silence = listen(parameters, hear, opened, reload); });
  await Promise.all([loadMessages(), loadCommands()]);
}

async function reload() {
  await loadWorld();
  drawAround();
  await Promise.all([loadMessages(), loadCommands()]);
}

function hear(e) {
  setClock(e.now);
  if (e.kind === "message") showMessage(e.message);
  else if (e.kind === "deleted") dropMessage(e.id);
  else if (e.kind === "reload") reload();
  else if (e.kind === "commands") loadCommands();
  else if (e.kind === "world") loadWorld().then(drawAround).then(loadCommands);
  else if (e.kind === "violation") { world.violations++; drawRules(e.text); }
}

let drawn = "";

// drawAround shows people and places, if they are not as they were: whoever stands there with the keyboard stays.
function drawAround() {
  drawRules();
  const state = JSON.stringify([world.users, world.places, world.me, world.place]);
  if (state === drawn) return;
  drawn = state;
  const p = place();
  const title = p ? titleOf(p) : "No channel";
  $("place").textContent = title;
  document.title = `${title} – ${world.app.name}`;
  $("say").setAttribute("aria-label", `Message ${title}`);
  $("say").placeholder = matchMedia("(max-width: 640px)").matches ? `Message ${title}, or /` : `Message ${title}, or / for commands`;
  $("me").replaceChildren(...people().map((u) => h("option", { value: u.id, selected: u.id === me()?.id }, u.name)));
  const groups = Map.groupBy(world.places, (q) => q.guild?.name ?? "Direct messages");
  $("list").replaceChildren(...[...groups].map(([name, list]) => h("section", {}, h("h2", {}, name), h("ul", {}, list.map(entry)))));
}

function entry(p) {
  const here = p.id === world.place;
  const go = () => { world.place = p.id; closePlaces(); arrive(); $("say").focus(); };
  return h("li", {}, h("button.plain", { type: "button", "aria-current": here ? "page" : null, click: go }, titleOf(p)));
}

// drawRules tells how often the application broke Discord's rules so far.
function drawRules(text) {
  const n = world.violations;
  $("rules").textContent = n === 0 ? "A fake Discord. No rule broken so far." : `A fake Discord. Rules broken: ${n}.`;
  $("rules").classList.toggle("broken", n > 0);
  if (text) { $("rules").title = text; console.warn(text); }
}

function closePlaces() {
  document.body.classList.remove("places-open");
  $("places-toggle").setAttribute("aria-expanded", "false");
}

function start() {
  startTheme();
  startLog();
  startComposer();
  startCounting();
  $("me").addEventListener("change", () => {
    world.me = $("me").value;
    localStorage.setItem("user", me().name);
    arrive();
  });
  $("places-toggle").addEventListener("click", () => {
    const open = document.body.classList.toggle("places-open");
    $("places-toggle").setAttribute("aria-expanded", String(open));
    if (open) $("places").querySelector("button")?.focus();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && document.body.classList.contains("places-open")) { closePlaces(); $("places-toggle").focus(); }
    const typing = e.target.closest("input, textarea, select, dialog, .menu");
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) $("say").focus();
  });
}

start();
await loadWorld();
choose();
await arrive();
$("say").focus();
document.body.dataset.ready = "true";
