// Lines below the messages that only this page knows: a command under way, a command that nobody answered.

import { $, h } from "./dom.js";

// notice adds a line; done takes it away, fail turns it into a complaint that can be dismissed.
export function notice(text) {
  const line = h("li.notice", { role: "status" }, h("span.spinner", { "aria-hidden": "true" }), text);
  let shown = false;
  const show = setTimeout(() => { shown = true; put(line); }, 250); // most answers come sooner
  return {
    done() { clearTimeout(show); if (shown) line.remove(); },
    fail(problem) {
      clearTimeout(show);
      const dismiss = h("button.plain.link", { type: "button", click: () => { line.remove(); $("say").focus(); } }, "Dismiss");
      line.replaceChildren(h("span", { role: "alert" }, `${text.replace(/: sending…$/, "")}: ${problem}`), " ", dismiss);
      line.classList.add("failed");
      put(line);
    },
  };
}

function put(line) {
  $("messages").append(line);
  line.scrollIntoView({ block: "nearest" });
}
