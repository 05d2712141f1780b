// Times as Discord shows them, by the clock of the fake: tests may have moved it.

let offset = 0;

export const setClock = (now) => { offset = now - Date.now(); };
export const now = () => Date.now() + offset;

const styles = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};

// Making a format is slow, using it is not.
const formats = Object.fromEntries(Object.entries(styles).map(([style, options]) => [style, new Intl.DateTimeFormat("en", options)]));

const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });

function relative(moment) {
  const seconds = Math.round((moment - now()) / 1000);
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units.at(-1);
  return words.format(Math.trunc(seconds / length), unit);
}

// timeOf is a moment, in milliseconds, in one of Discord's styles; R counts by itself.
export function timeOf(moment, style = "f") {
  const node = document.createElement("time");
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return document.createTextNode("Invalid date");
  node.dateTime = date.toISOString();
  node.title = formats.F.format(date);
  if (style === "R") {
    node.dataset.relative = moment;
    node.textContent = relative(moment);
  } else {
    node.textContent = (formats[style] ?? formats.f).format(date);
  }
  return node;
}

// clockTime is when a message was written: the hour today, else the day too.
export function clockTime(moment) {
  const today = new Date(now()).toDateString() === new Date(moment).toDateString();
  return timeOf(moment, today ? "t" : "s");
}

export function startCounting() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-relative]")) {
      const text = relative(Number(node.dataset.relative));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 1000);
}
