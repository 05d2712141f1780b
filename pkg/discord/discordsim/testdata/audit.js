// What a test can see of the accessibility of a page: contrast, references, headings, sizes. It evaluates to a list of
// complaints.
(() => {
  const complaints = [];
  const say = (text, node) => complaints.push(`${text}: ${node.outerHTML.slice(0, 120)}`);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  // rgba of any CSS colour, over a background.
  const rgb = (colour, below = [255, 255, 255]) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b].map((v, i) => (v * a + below[i] * (255 - a)) / 255);
  };
  const background = (node) => {
    const layers = [];
    for (let n = node; n; n = n.parentElement) layers.unshift(getComputedStyle(n).backgroundColor);
    return layers.reduce((below, colour) => rgb(colour, below), [255, 255, 255]);
  };
  const luminance = (c) => c.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };

  const walker = document.createTreeWalker(document.querySelector("dialog[open]") ?? document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || seen.has(node) || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    seen.add(node);
    if (node.closest(":disabled, [aria-disabled], [inert], [aria-busy=true], noscript, script, option")) continue;
    const style = getComputedStyle(node);
    const below = background(node);
    const ratio = contrast(rgb(style.color, below), below);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, node);
  }

  const ids = new Set();
  for (const node of document.querySelectorAll("[id]")) {
    if (ids.has(node.id)) say(`the id ${node.id} is there twice`, node);
    ids.add(node.id);
  }
  for (const name of ["aria-controls", "aria-labelledby", "aria-describedby", "aria-activedescendant", "for"]) {
    for (const node of document.querySelectorAll(`[${name}]`)) {
      for (const id of node.getAttribute(name).split(/\s+/)) if (!ids.has(id)) say(`${name} names nothing`, node);
    }
  }
  let level = 0;
  for (const node of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const n = Number(node.tagName[1]);
    if (n > level + 1) say(`a heading of level ${n} after one of level ${level}`, node);
    level = n;
  }
  if (document.querySelectorAll("h1").length !== 1) complaints.push("there is not one h1");
  for (const node of document.querySelectorAll("[tabindex]")) if (node.tabIndex > 0) say("a tabindex above 0", node);
  for (const node of document.querySelectorAll("button, a[href], input, select, textarea, summary")) {
    if (!node.checkVisibility() || node.closest("select > button, [inert], p, dd, .origin") || node.closest(".skip, .unseen")) continue;
    const box = (node.closest("label") ?? node).getBoundingClientRect();
    if (node.type === "checkbox" && box.width >= 20) continue; // its label is beside it
    if (box.width && (box.width < 24 || box.height < 16)) say(`a target of ${box.width} by ${box.height}`, node);
  }
  for (const node of document.querySelectorAll("body *")) {
    const box = node.getBoundingClientRect();
    if (!box.width || node.closest("pre, .unseen, .skip, [hidden], select, .grid") || !node.checkVisibility()) continue;
    if (box.right > innerWidth + 1) say(`it ends at ${Math.round(box.right)} of ${innerWidth}`, node);
  }
  return complaints;
})()
