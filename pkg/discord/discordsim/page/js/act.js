// What a person does to a message: clicks, choices, the Apps menu. An answer that is a modal opens it.

import { h } from "./dom.js";
import { post } from "./api.js";
import { showMenu } from "./menu.js";
import { openModal } from "./modal.js";
import { notice } from "./notice.js";
import { messageCommands, world } from "./world.js";

const failed = "This interaction failed";

// act are the functions that the components of a message call.
export function act(message, node) {
  const send = async (name, payload, control) => {
    if (control.getAttribute("aria-busy") === "true") return;
    control.setAttribute("aria-busy", "true");
    say(node, "");
    try {
      const answer = await post(name, { user: world.me, message, ...payload });
      if (answer.failed) say(node, failed);
      if (answer.modal) openModal(answer.interaction, answer.modal);
    } catch (error) {
      say(node, error.message);
    }
    control.removeAttribute("aria-busy");
  };
  return {
    click: (id, control) => send("click", { custom_id: id }, control),
    select: (id, values, control) => send("select", { custom_id: id, values }, control),
  };
}

// say writes under a message what its person alone sees.
function say(node, text) {
  node.querySelector(".complaint")?.remove();
  if (text) node.body.append(h("p.complaint", { role: "alert" }, text));
}

// openMenu shows the commands that can be given for a message.
export function openMenu(message, opener, pointer) {
  const items = messageCommands().map((c) => ({ label: c.name, pick: () => invokeOn(message, c.name) }));
  showMenu(items.length ? items : [{ label: "No commands here", disabled: true }], opener, pointer);
}

async function invokeOn(message, command) {
  const pending = notice(`${command}: sending…`);
  try {
    const answer = await post("invoke", { user: world.me, channel: world.place, command, target: message.id });
    if (answer.failed) return pending.fail("The application did not respond.");
    if (answer.modal) openModal(answer.interaction, answer.modal);
    pending.done();
  } catch (error) {
    pending.fail(error.message);
  }
}
