// The list of messages: ordered by identifier, kept at its end as long as one reads there.

import { $, announce } from "./dom.js";
import { get } from "./api.js";
import { isMine, makeMessage, summary, updateMessage } from "./message.js";
import { setClock } from "./time.js";
import { before, place, titleOf, world } from "./world.js";

const pageful = 500;
const shown = new Map(); // elements by id
let atEnd = true;
let told = new Map(); // what was announced of a message last

const log = () => $("log");
const toEnd = () => { log().scrollTop = log().scrollHeight; };

// startLog watches where one reads.
export function startLog() {
  log().addEventListener("scroll", () => {
    atEnd = log().scrollHeight - log().scrollTop - log().clientHeight < 60;
    if (atEnd) $("newest").hidden = true;
  }, { passive: true });
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe($("messages"));
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(log());
  $("newest").addEventListener("click", () => { toEnd(); $("say").focus(); });
  $("older").addEventListener("click", loadOlder);
}

// loadMessages shows a channel anew.
export async function loadMessages() {
  const answer = await get("messages", { user: world.me, channel: world.place, limit: pageful });
  setClock(answer.now);
  shown.clear();
  told = new Map(answer.messages.map((m) => [m.id, summary(m)]));
  const nodes = answer.messages.map(remember);
  $("messages").replaceChildren(...nodes);
  $("older").hidden = !answer.more;
  $("beginning").hidden = answer.more;
  $("beginning").firstElementChild.textContent = `This is the beginning of ${titleOf(place())}.`;
  atEnd = true;
  toEnd();
}

async function loadOlder() {
  const first = $("messages").firstElementChild;
  const answer = await get("messages", { user: world.me, channel: world.place, limit: 100, before: first?.message?.id ?? "0" });
  const height = log().scrollHeight;
  $("messages").prepend(...answer.messages.map(remember));
  $("older").hidden = !answer.more;
  $("beginning").hidden = answer.more;
  log().scrollTop += log().scrollHeight - height;
  $("messages").firstElementChild?.querySelector("button")?.focus();
}

function remember(m) {
  const node = makeMessage(m);
  shown.set(m.id, node);
  return node;
}

// showMessage adds a message or brings it up to date.
export function showMessage(m) {
  const node = shown.get(m.id);
  if (node?.message && node.message.revision > m.revision) return;
  if (node) updateMessage(node, m);
  else insert(m);
  tell(m, !node);
  if (!atEnd && !node) $("newest").hidden = false;
}

function insert(m) {
  let next = null;
  for (let e = $("messages").lastElementChild; e; e = e.previousElementSibling) {
    if (e.message && before(e.message.id, m.id)) break;
    next = e;
  }
  $("messages").insertBefore(remember(m), next);
  if (isMine(m)) toEnd();
}

// tell announces an edit whose headline changed; new messages are announced by the log itself.
function tell(m, isNew) {
  const words = summary(m);
  if (!isNew && words && told.get(m.id) !== words) announce(words);
  told.set(m.id, words);
}

export function dropMessage(id) {
  shown.get(id)?.remove();
  shown.delete(id);
  told.delete(id);
}
