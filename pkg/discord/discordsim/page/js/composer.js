// The message box. A text that begins with a slash becomes a command.

import { $ } from "./dom.js";
import { post } from "./api.js";
import { makeCommand } from "./command.js";
import { addFiles, chosenFiles, clearFiles, watchFiles } from "./files.js";
import { openModal } from "./modal.js";
import { notice } from "./notice.js";
import { hush, isSuggesting, matching, suggest, suggestKey } from "./suggest.js";
import { slashCommands, world } from "./world.js";

let command = null;
let sending = false; // what was sent with one Enter is not sent again by the next

const complain = (text) => { $("problem").textContent = text; };

export function startComposer() {
  const say = $("say");
  say.addEventListener("input", () => { complain(""); offerCommands(); });
  say.addEventListener("focus", offerCommands);
  say.addEventListener("blur", () => { if (isSuggesting(say)) hush(); });
  say.addEventListener("keydown", (e) => {
    if (suggestKey(e)) return;
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); $("composer").requestSubmit(); }
  });
  $("composer").addEventListener("submit", (e) => {
    e.preventDefault();
    hush();
    if (sending) return;
    sending = true;
    (command ? sendCommand() : sendMessage()).finally(() => { sending = false; });
  });
  watchFiles(take);
}

// take brings files into the command, or the message, that is being written.
function take(files) {
  complain("");
  if (!command) { addFiles(files); $("say").focus(); return; }
  if (command.takeFiles(files)) complain(`/${command.name} has no room for another file.`);
  command.focus();
}

function offerCommands() {
  const text = $("say").value;
  if (!text.startsWith("/")) return hush();
  const all = slashCommands();
  const named = all.filter((c) => text === `/${c.name} `);
  if (named.length === 1) return begin(named[0]);
  const items = all.map((c) => ({ label: `/${c.name}`, detail: c.description, badge: world.app.name, command: c }));
  const fitting = matching(items, text.slice(1));
  suggest($("say"), fitting.length ? fitting : [{ label: "No such command here", disabled: true }], (i) => begin(i.command), { label: "Commands" });
}

function begin(definition) {
  hush();
  $("say").value = "";
  $("say").hidden = true;
  command = makeCommand(definition, leave);
  if (chosenFiles().length) { command.takeFiles(chosenFiles()); clearFiles(); }
  command.focus();
}

// leave goes back to the message box.
function leave(text) {
  command?.close();
  command = null;
  complain("");
  $("say").hidden = false;
  $("say").value = text;
  $("say").focus();
}

export function resetComposer() {
  const back = document.activeElement;
  clearFiles();
  leave("");
  if (back && back !== document.body && back.isConnected) back.focus();
}

// sendCommand returns when the command was refused or is on its way. A refusal comes at once and leaves the command as
// it is.
async function sendCommand() {
  const sent = command;
  const payload = { user: world.me, channel: world.place, command: sent.name, options: sent.values() };
  const pending = notice(`/${sent.name}: sending…`);
  const way = post("invoke", payload, sent.files());
  const refused = await Promise.race([way.then(() => null, (error) => error), new Promise((done) => { setTimeout(() => done(null), 400); })]);
  if (refused) {
    pending.done();
    complain(refused.message);
    sent.focus(/option "([^"]+)"/.exec(refused.message)?.[1]);
    return;
  }
  if (command === sent) leave("");
  follow(way, pending);
}

async function follow(way, pending) {
  try {
    const answer = await way;
    if (answer.failed) return pending.fail("The application did not respond.");
    pending.done();
    if (answer.modal) openModal(answer.interaction, answer.modal);
  } catch (error) {
    pending.fail(error.message);
  }
}

async function sendMessage() {
  const content = $("say").value;
  const files = chosenFiles();
  if (!content.trim() && !files.length) return;
  if (content.startsWith("/")) { complain(`${content.split(" ")[0]} is no command here.`); return; }
  try {
    await post("say", { user: world.me, channel: world.place, content }, files.map((f, n) => [`file${n}`, f]));
    $("say").value = "";
    clearFiles();
  } catch (error) {
    complain(error.message);
  }
}
