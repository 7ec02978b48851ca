// Bars and lines as SVG: a tooltip under the pointer, drag to zoom into days, double-click to go back.
// Data of one chart: {kind: "bars"|"lines", unit, days: ["12 Nov", …], series: [{name, values: [number|null, …]}], total, mean, words: {…}}
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["--s1", "--s2", "--s3", "--s4", "--s5", "--s6"].map((name) => `var(${name})`);
const LEFT = 40, RIGHT = 10, TOP = 10, BOTTOM = 24; // pixels around the plot

const make = (name, attributes, text) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const html = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const swatch = (colour) => {
  const node = html("i");
  node.style.background = colour;
  return node;
};
const step = (top) => {
  const rough = Math.max(top / 4, 1e-9), power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
};

// Every line a reader can point at: the total first, then the sites.
const lines = (data) => [...(data.total ? [{ ...data.total, colour: "var(--ink)" }] : []), ...data.series.map((series, index) => ({ ...series, colour: COLOURS[index % COLOURS.length] }))];

function draw(plot) {
  const data = JSON.parse(plot.dataset.chart);
  const [from, to] = plot.zoom ?? [0, data.days.length - 1];
  const width = plot.clientWidth, height = plot.clientHeight;
  plot.replaceChildren();
  if (!width) return;
  const legend = plot.parentElement.querySelector(".legend");
  legend.replaceChildren(...(lines(data).length > 1 ? lines(data) : []).map(({ name, colour }) => {
    const item = html("span");
    item.append(swatch(colour), name);
    return item;
  }));
  const shown = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const tops = shown.map((day) => lines(data).reduce((sum, { values }) => data.kind === "bars" ? sum + (values[day] ?? 0) : Math.max(sum, values[day] ?? 0), 0));
  if (!lines(data).some(({ values }) => shown.some((day) => values[day] !== null && (data.kind === "lines" || values[day])))) {
    plot.append(html("div", "none", data.words.empty));
    return;
  }
  const size = step(Math.max(...tops, data.mean ?? 0, data.kind === "bars" ? 4 : 10));
  const top = Math.ceil(Math.max(...tops, data.mean ?? 0, size) / size) * size;
  const slot = (width - LEFT - RIGHT) / shown.length;
  const x = (day) => LEFT + (day - from + 0.5) * slot;
  const y = (value) => TOP + (1 - value / top) * (height - TOP - BOTTOM);
  const svg = make("svg", { width, height, role: "img", "aria-label": `${data.words.title}: ${data.days[from]} – ${data.days[to]}` });

  for (let value = 0; value <= top + 1e-9; value += size) {
    svg.append(make("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: "grid" }));
    svg.append(make("text", { x: LEFT - 6, y: y(value) + 4, class: "axis", "text-anchor": "end" }, `${value.toLocaleString("en")}${data.unit}`));
  }
  const every = Math.max(1, Math.ceil(shown.length / Math.max(2, Math.floor((width - LEFT) / 72))));
  for (const day of shown) {
    if ((to - day) % every === 0) svg.append(make("text", { x: x(day), y: height - 6, class: "axis", "text-anchor": "middle" }, data.days[day]));
  }
  (data.kind === "bars" ? drawBars : drawLines)(svg, data, shown, x, y, slot);
  if (data.mean !== null) {
    svg.append(make("line", { x1: LEFT, x2: width - RIGHT, y1: y(data.mean), y2: y(data.mean), class: "mean" }));
    svg.append(make("text", { x: width - RIGHT, y: y(data.mean) - 6, class: "axis mark", "text-anchor": "end" }, `${data.words.mean} ${data.mean.toFixed(0)}${data.unit}`));
  }
  plot.append(svg);
  follow(plot, svg, data, { from, to, slot, width, height, x });
}

function drawBars(svg, data, shown, x, y, slot) {
  const wide = Math.max(2, Math.min(36, slot * 0.72));
  for (const day of shown) {
    let below = 0;
    data.series.forEach(({ values }, index) => {
      const value = values[day] ?? 0;
      if (value) svg.append(make("rect", { x: x(day) - wide / 2, width: wide, y: y(below + value), height: Math.max(1, y(below) - y(below + value)), rx: 2, style: `fill:${COLOURS[index % COLOURS.length]}` }));
      below += value;
    });
  }
}

function drawLines(svg, data, shown, x, y) {
  for (const { values, colour } of lines(data).reverse()) { // the total last, on top
    const known = shown.filter((day) => values[day] !== null);
    const total = data.total && colour === "var(--ink)";
    const path = known.map((day, index) => `${index ? "L" : "M"}${x(day).toFixed(1)},${y(values[day]).toFixed(1)}`).join("");
    svg.append(make("path", { d: path, "stroke-linejoin": "round", class: total ? "total" : "site", style: `stroke:${colour}` }));
    if (known.length === 1 || (total && known.length <= 31)) for (const day of known) svg.append(make("circle", { cx: x(day), cy: y(values[day]), r: 3, style: `fill:${colour}` }));
  }
}

function follow(plot, svg, data, { from, to, slot, width, height, x }) {
  const cursor = make("line", { y1: TOP, y2: height - BOTTOM, class: "cursor", visibility: "hidden" });
  const brush = make("rect", { y: TOP, height: height - TOP - BOTTOM, class: "brush", visibility: "hidden" });
  const tip = html("div", "tip");
  let start = null;
  svg.append(brush, cursor);
  plot.append(tip);
  const dayAt = (event) => Math.min(to, Math.max(from, from + Math.floor((event.clientX - plot.getBoundingClientRect().left - LEFT) / slot)));
  svg.addEventListener("pointermove", (event) => {
    const day = dayAt(event);
    cursor.setAttribute("x1", x(day));
    cursor.setAttribute("x2", x(day));
    cursor.setAttribute("visibility", "visible");
    tip.replaceChildren(html("b", "", data.days[day]), ...lines(data).flatMap(({ name, values, colour }) => {
      if (values[day] === null) return [];
      const line = html("span");
      line.append(swatch(colour), name, html("em", "", `${values[day].toLocaleString("en")}${data.unit}`));
      return [line];
    }));
    tip.style.display = "block";
    tip.style.left = `${x(day) > width / 2 ? x(day) - tip.offsetWidth - 12 : x(day) + 12}px`;
    if (start === null) return;
    brush.setAttribute("x", x(Math.min(start, day)) - slot / 2);
    brush.setAttribute("width", (Math.abs(day - start) + 1) * slot);
    brush.setAttribute("visibility", "visible");
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    brush.setAttribute("visibility", "hidden");
    tip.style.display = "none";
    start = null;
  });
  svg.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse") start = dayAt(event); });
  svg.addEventListener("pointerup", (event) => {
    const end = dayAt(event);
    const zoom = start !== null && start !== end ? [Math.min(start, end), Math.max(start, end)] : null;
    start = null;
    brush.setAttribute("visibility", "hidden");
    if (zoom) { plot.zoom = zoom; draw(plot); }
  });
}

const drawAll = () => element.querySelectorAll(".plot").forEach(draw);
element.addEventListener("click", (event) => {
  const button = event.target.closest(".range button");
  if (!button) return;
  element.querySelectorAll(".range button").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  element.querySelectorAll(".plot").forEach((plot) => { plot.zoom = null; });
  trigger("range", { days: button.dataset.days });
});
// On the element, not on the drawing: days without a photo have no drawing, and must not be a trap.
element.addEventListener("dblclick", (event) => {
  const plot = event.target.closest(".plot");
  if (plot?.zoom) { plot.zoom = null; draw(plot); }
});
new ResizeObserver(drawAll).observe(element);
watch("value", drawAll);
drawAll();
