// The part of Discord's markdown that messages of bots use, as nodes.

import { h } from "./dom.js";
import { timeOf } from "./time.js";
import { nameOfPlace, nameOfUser } from "./world.js";

const deepest = 8;

const link = (address, text) => h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
const wrapped = (tag) => (m, depth) => h(tag, {}, inline(m[1], depth + 1));

function spoiler(m, depth) {
  const node = h("button.spoiler", { type: "button", "aria-label": "Spoiler, show it" }, h("span", {}, inline(m[1], depth + 1)));
  node.addEventListener("click", () => {
    node.replaceWith(h("span.spoiler.shown", {}, ...node.firstChild.childNodes));
  });
  return node;
}

// Each rule: a pattern at the beginning of the rest, and what it becomes. The first that fits is taken.
const rules = [
  [/^\\([^\sA-Za-z0-9])/, (m) => m[1]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (m) => h("code", {}, m[2].replace(/^ (.*`.*) $/, "$1"))],
  [/^\|\|([\s\S]+?)\|\|/, spoiler],
  [/^\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/, wrapped("strong")],
  [/^__((?:\\.|[^\\])+?)__(?!_)/, wrapped("u")],
  [/^~~((?:\\.|[^\\])+?)~~/, wrapped("s")],
  [/^\*(?=\S)((?:\\.|[^\\*])+?)\*(?!\*)/, wrapped("em")],
  [/^_(?=\S)((?:\\.|[^\\_])+?)_(?![A-Za-z0-9_])/, wrapped("em"), true],
  [/^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s<>]+?)>?\)/, (m, depth) => link(m[2], inline(m[1], depth + 1))],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], m[1])],
  [/^<@!?(\d+)>/, (m) => h("span.mention", {}, `@${nameOfUser(m[1])}`)],
  [/^<@&(\d+)>/, () => h("span.mention", {}, "@role")],
  [/^<#(\d+)>/, (m) => h("span.mention", {}, nameOfPlace(m[1]))],
  [/^<\/([^:>]+):\d+>/, (m) => h("span.mention", {}, `/${m[1]}`)],
  [/^<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/, (m) => timeOf(Number(m[1]) * 1000, m[2])],
  [/^<a?:(\w+):\d+>/, (m) => `:${m[1]}:`],
  [/^@(everyone|here)\b/, (m) => h("span.mention", {}, `@${m[1]}`)],
  [/^https?:\/\/[^\s<]*[^\s<.,:;"'\])]/, (m) => link(m[0], m[0])],
  [/^\n/, () => h("br")],
];

// inline turns text into nodes.
export function inline(text, depth = 0) {
  if (depth > deepest) return [text];
  const out = [];
  let plain = "";
  for (let rest = text, before = ""; rest;) {
    const found = match(rest, before);
    if (!found) {
      const run = /^[\s\S][^\\`|*_~[<@\nh]*/.exec(rest)[0]; // up to what may begin something; h begins an address
      plain += run;
      before = run.at(-1);
      rest = rest.slice(run.length);
      continue;
    }
    if (plain) out.push(plain);
    plain = "";
    out.push(found.make(found.m, depth));
    before = found.m[0].at(-1);
    rest = rest.slice(found.m[0].length);
  }
  if (plain) out.push(plain);
  return out;
}

function match(rest, before) {
  for (const [pattern, make, alone] of rules) {
    if (alone && /[A-Za-z0-9]/.test(before)) continue; // snake_case is no emphasis
    const m = pattern.exec(rest);
    if (m) return { m, make };
  }
  return null;
}

const blocks = [
  [/^(#{1,3}) +(.+)$/, (m) => h("p.heading", { "data-level": m[1].length }, inline(m[2]))],
  [/^-# +(.+)$/, (m) => h("p.small", {}, inline(m[1]))],
  [/^( *)[-*] +(.+)$/, (m) => h("p.item", { style: { "--depth": Math.floor(m[1].length / 2) } }, inline(m[2]))],
  [/^> (.*)$/, (m) => h("blockquote", {}, inline(m[1]))],
];

// markdown turns the text of a message into nodes.
export function markdown(text) {
  const out = [];
  for (const [n, part] of text.split(/```(?:[a-z0-9_+-]*\n)?([\s\S]+?)\n?```\n?/i).entries()) {
    if (n % 2) out.push(h("pre", {}, h("code", {}, part)));
    else if (part) out.push(...lines(part));
  }
  return out;
}

// lines puts what stands between headings, items and quotes into paragraphs.
function lines(text) {
  const out = [];
  let open = [];
  const close = () => {
    if (open.join("\n")) out.push(h("p", {}, inline(open.join("\n"))));
    open = [];
  };
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const block = blocks.map(([pattern, make]) => [pattern.exec(line), make]).find(([m]) => m);
    if (!block) { open.push(line); continue; }
    close();
    out.push(block[1](block[0]));
  }
  close();
  return out;
}
