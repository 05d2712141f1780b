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
let heard = null; // what became of messages while their list is on its way, which may not know it

const log = () => $("log");
let put = -1; // where toEnd scrolled last

function toEnd() {
  log().scrollTop = log().scrollHeight;
  put = log().scrollTop;
}

// startLog watches where one reads. Messages grow when they are drawn, and so move the end away from under the reader:
// who is where toEnd left them is still at the end.
export function startLog() {
  log().addEventListener("scroll", () => {
    const near = log().scrollHeight - log().scrollTop - log().clientHeight < 60;
    if (near) { atEnd = true; $("newest").hidden = true; }
    else if (atEnd && Math.abs(log().scrollTop - put) < 2) toEnd();
    else atEnd = false;
  }, { passive: true });
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe($("messages"));
  new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(log());
  $("newest").addEventListener("click", () => { atEnd = true; toEnd(); $("say").focus(); });
  $("older").addEventListener("click", loadOlder);
}

// loadMessages shows a channel anew.
export async function loadMessages() {
  const meanwhile = heard = new Map();
  let answer;
  try {
    answer = await get("messages", { user: world.me, channel: world.place, limit: pageful });
    if (heard !== meanwhile) return; // it is being loaded once more
  } finally {
    if (heard === meanwhile) heard = null;
  }
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
  for (const [id, m] of meanwhile) m ? showMessage(m) : dropMessage(id);
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
  heard?.set(m.id, m);
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
  if (isMine(m)) { atEnd = true; toEnd(); }
}

// tell announces an edit whose headline changed; new messages are announced by the log itself.
function tell(m, isNew) {
  const words = summary(m);
  if (!isNew && words && told.get(m.id) !== words) announce(words);
  told.set(m.id, words);
}

export function dropMessage(id) {
  heard?.set(id, null);
  shown.get(id)?.remove();
  shown.delete(id);
  told.delete(id);
}
