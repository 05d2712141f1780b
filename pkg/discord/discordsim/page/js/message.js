// A message. When it is edited only the parts that changed are made anew, so that a video plays on, a picture does not
// flicker and the keyboard stays where it is.

import { h, icon } from "./dom.js";
import { clockTime } from "./time.js";
import { components } from "./components.js";
import { embeds } from "./embed.js";
import { markdown } from "./markdown.js";
import { media } from "./media.js";
import { messageCommands, world } from "./world.js";
import { act, openMenu } from "./act.js";

const ephemeral = 64;
const loading = 128;

// tints tells people apart by a colour of their own.
const tint = (id) => `${Number(BigInt(id) % 360n)}`;

const avatar = (user) => h("span.avatar", { "aria-hidden": "true", style: { "--tint": tint(user.id) } }, user.username.slice(0, 1).toUpperCase());

function origin(m) {
  if (m.interaction) {
    return [h("span.asker", {}, m.interaction.user.username), " used ", h("span.used", {}, `/${m.interaction.name}`.replace(/^\/(?=[A-Z])/, ""))];
  }
  const to = m.referenced_message;
  if (!m.message_reference) return [];
  if (!to) return [h("em", {}, "The message that this answers is gone.")];
  const said = to.content || to.embeds[0]?.title || to.embeds[0]?.description || "a message";
  return [h("span.asker", {}, to.author.username), " ", h("a", { href: `#m-${to.id}` }, said.slice(0, 80))];
}

function head(m) {
  return [
    h("span.author", {}, m.author.username), m.author.bot && h("span.badge", {}, "APP"),
    " ", clockTime(Date.parse(m.timestamp)),
  ];
}

function content(m) {
  if ((m.flags & loading) !== 0) return [h("p.thinking", {}, `${m.author.username} is thinking`, h("span.dots", { "aria-hidden": "true" }, "…"))];
  const nodes = m.content ? markdown(m.content) : [];
  if (nodes.length && m.edited_timestamp) nodes.at(-1).append(h("span.edited", {}, " (edited)"));
  return nodes;
}

function foot(m, node) {
  if ((m.flags & ephemeral) === 0) return [];
  const dismiss = h("button.plain.link", { type: "button", click: () => { node.remove(); document.getElementById("say").focus(); } }, "Dismiss message");
  return [icon("M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zm6 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0"), "Only you can see this · ", dismiss];
}

// Addresses are signed anew for every reader; what they point at decides whether something changed.
const keyOf = (value) => JSON.stringify(value ?? null).replace(/(\/attachments\/[^"?]+)\?[^"]*/g, "$1");

// parts of a message from top to bottom: what they depend on, and how they are made.
const parts = [
  ["div.origin", (m) => [m.interaction, m.message_reference, m.referenced_message?.content], origin],
  ["h2.head", (m) => [m.author, m.timestamp], head],
  ["div.content", (m) => [m.content, m.flags & loading, m.content && m.edited_timestamp], content],
  ["div.media", (m) => m.attachments, (m) => media(m.attachments)],
  ["div.embeds", (m) => (m.flags & 4 ? [] : m.embeds), (m, _, former) => (m.flags & 4 ? [] : embeds(m.embeds, former))],
  ["div.components", (m) => m.components, (m, node) => components(m.components, act(m.id, node))],
  ["div.foot", (m) => m.flags & ephemeral, foot],
];

// makeMessage makes the element of a message.
export function makeMessage(m) {
  const node = h("li.message", { id: `m-${m.id}` });
  const body = h("article", { "aria-labelledby": `h-${m.id}` });
  node.append(avatar(m.author), body);
  node.body = body;
  node.state = {};
  updateMessage(node, m);
  node.querySelector(".head").id = `h-${m.id}`;
  tools(node, m);
  return node;
}

// updateMessage brings an element up to date.
export function updateMessage(node, m) {
  node.message = m;
  node.classList.toggle("private", (m.flags & ephemeral) !== 0);
  node.classList.toggle("pinged", m.pings);
  const focus = document.activeElement?.closest?.("[data-custom-id]");
  const kept = focus && node.contains(focus) ? focus.dataset.customId : null;
  let previous = null;
  for (const [spec, depends, make] of parts) {
    const key = keyOf(depends(m));
    const former = node.state[spec];
    if (former?.key === key) { previous = former.part ?? previous; continue; }
    const children = make(m, node, former?.part).flat().filter(Boolean);
    const part = children.length ? h(spec, {}, ...children) : null;
    if (former?.part && part) former.part.replaceWith(part);
    else if (former?.part) former.part.remove();
    else if (part) (previous ? previous.after(part) : node.body.prepend(part));
    if (spec === "h2.head" && part) part.id = `h-${m.id}`;
    node.state[spec] = { key, part };
    previous = part ?? previous;
  }
  if (kept !== null) node.querySelector(`[data-custom-id="${CSS.escape(kept)}"]`)?.focus();
}

// tools are the buttons that appear with the pointer or the keyboard: the Apps menu.
function tools(node, m) {
  if ((m.flags & ephemeral) !== 0) return;
  const open = h("button.plain.apps", { type: "button", "aria-haspopup": "menu", "aria-label": `Apps for the message of ${m.author.username}` }, "Apps");
  open.addEventListener("click", () => openMenu(node.message, open));
  node.append(h("div.tools", {}, open));
  node.addEventListener("contextmenu", (e) => {
    if (e.target.closest("a, input, textarea, select") || !messageCommands().length) return;
    e.preventDefault();
    openMenu(node.message, open, e);
  });
}

// summary is what a screen reader is told when a message is edited.
export const summary = (m) => [m.author.username, m.embeds[0]?.title || m.content.slice(0, 120) || m.embeds[0]?.description?.slice(0, 120)].filter(Boolean).join(": ");

export const isMine = (m) => m.author.id === world.me;
