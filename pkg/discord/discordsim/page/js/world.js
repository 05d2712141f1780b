// Who and what there is: people, places, and which of them one is and sees.

import { get } from "./api.js";
import { setClock } from "./time.js";

export const world = { app: { id: "", name: "" }, users: [], places: [], me: "", place: "", commands: [], violations: 0 };

export const nameOfUser = (id) => world.users.find((u) => u.id === id)?.name ?? "unknown user";
export const me = () => world.users.find((u) => u.id === world.me);
export const place = () => world.places.find((p) => p.id === world.place);

export function nameOfPlace(id) {
  const found = world.places.find((p) => p.id === id);
  return found ? titleOf(found) : "#unknown";
}

// titleOf is the name of a channel as people say it.
export function titleOf(p) {
  if (p.direct) return `@${world.app.name}`;
  if (p.guild) return `#${p.name}`;
  const others = (p.people ?? []).filter((id) => id !== world.me).map(nameOfUser);
  return p.name || others.join(", ") || "a private channel";
}

// loadWorld asks for people and places, as the user one is.
export async function loadWorld() {
  const answer = await get("world", { user: world.me || "0" });
  setClock(answer.now);
  Object.assign(world, { app: answer.app, users: answer.users, places: answer.places, violations: answer.violations });
  return world;
}

export async function loadCommands() {
  world.commands = await get("commands", { user: world.me, channel: world.place });
}

// messageCommands are those of the Apps menu.
export const messageCommands = () => world.commands.filter((c) => c.type === 3);

// slashCommands are the commands that can be typed, one for each sub-command.
export function slashCommands() {
  return world.commands.filter((c) => c.type === 1).flatMap((c) => leaves(c.name, c.definition));
}

function leaves(name, definition) {
  const subs = (definition.options ?? []).filter((o) => o.type <= 2);
  if (subs.length) return subs.flatMap((s) => leaves(`${name} ${s.name}`, s));
  return [{ name, description: definition.description, options: definition.options ?? [] }];
}

// before compares identifiers, which are too long for numbers.
export const before = (a, b) => (a.length === b.length ? a < b : a.length < b.length);
