// The map of unknown meters: pointing shows a photo, a click opens its group, a line drawn around points selects them.
// Data: {points: [[photo, sha256, x, y, group], …], groups: {group: {name, colour, shape}}}; x and y are 0..1.
const EDGE = 18; // pixels free around the outermost points
const REACH = { mouse: 12, pen: 16, touch: 24 }; // pixels from a point within which it counts as meant
const CLICK = 5; // pixels that a pointer may wander during a click
let points = [], groups = {};
let line = null, selected = new Set(), asked = null, pointed = null; // asked: what the page will show once the server answers

const canvas = () => element.querySelector("canvas");
const chosen = () => asked ?? document.querySelector("#groups [data-chosen]")?.dataset.chosen;
const radius = () => points.length > 1500 ? 3 : points.length > 500 ? 4 : 5; // pixels
const token = (name) => getComputedStyle(element).getPropertyValue(name);
const place = (event) => {
  const box = canvas().getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

function read() {
  const data = JSON.parse(element.querySelector("[data-map]")?.dataset.map ?? '{"points":[],"groups":{}}');
  groups = data.groups;
  for (const group of Object.values(groups)) group.path = new Path2D(group.shape);
  points = data.points.map(([photo, sha256, x, y, group]) => ({ photo, sha256, x, y, group }));
  points.sort((a, b) => (b.group === "none") - (a.group === "none")); // the ungrouped below
  line = pointed = null;
  if (canvas()) sizes.observe(canvas());
  draw();
}

function draw() {
  const width = canvas()?.clientWidth, height = canvas()?.clientHeight, scale = window.devicePixelRatio || 1;
  if (!width) return;
  Object.assign(canvas(), { width: width * scale, height: height * scale });
  for (const point of points) point.at = [EDGE + point.x * (width - 2 * EDGE), EDGE + (1 - point.y) * (height - 2 * EDGE)]; // pixels
  const pen = canvas().getContext("2d");
  const colours = Object.fromEntries(Object.entries(groups).map(([key, { colour }]) => [key, token(colour)]));
  const surface = token("--surface"), ink = token("--ink"), accent = token("--accent"), now = chosen();
  const stamp = (point, { grow = 1, edge = surface, faint = false } = {}) => {
    const size = radius() / 5 * (point.group === "none" ? 0.65 : 1) * grow;
    pen.setTransform(scale * size, 0, 0, scale * size, ...point.at.map((pixels) => pixels * scale));
    pen.globalAlpha = faint ? 0.2 : 1;
    pen.fillStyle = colours[point.group];
    pen.fill(groups[point.group].path);
    pen.strokeStyle = edge;
    pen.lineWidth = 1.1 / size;
    pen.stroke(groups[point.group].path);
  };
  const isShown = ({ photo, group }) => now === "selection" ? selected.has(photo) : group === now;
  for (const point of points) if (!isShown(point)) stamp(point, { faint: now === "selection" });
  for (const point of points) if (isShown(point)) stamp(point, { edge: now === "selection" ? surface : ink, grow: 1.15 });
  if (pointed) stamp(pointed, { edge: ink, grow: 1.7 });
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  if (!line) return;
  const around = outline();
  pen.globalAlpha = 0.12;
  pen.fillStyle = pen.strokeStyle = accent;
  pen.fill(around);
  pen.globalAlpha = 1;
  pen.lineWidth = 1.5;
  pen.setLineDash([5, 4]);
  pen.stroke(around);
}

function outline() {
  const around = new Path2D();
  line.forEach(([x, y]) => around.lineTo(x, y));
  around.closePath();
  return around;
}

function nearest([x, y], reach) {
  const distance = (point) => Math.hypot(point.at[0] - x, point.at[1] - y);
  return points.reduce((best, point) => distance(point) < (best ? distance(best) : reach) ? point : best, null);
}

function peek(point) {
  pointed = point;
  const box = element.querySelector(".peek");
  box.hidden = !point;
  canvas().style.cursor = point ? "pointer" : "";
  if (point) {
    const photo = document.createElement("img"), name = document.createElement("span");
    photo.src = `/media/thumb/${point.sha256}`;
    name.textContent = groups[point.group].name;
    box.replaceChildren(photo, name);
    const [x, y] = point.at, { clientWidth: width, clientHeight: height } = canvas();
    box.style.left = `${x > width / 2 ? x - box.offsetWidth - 16 : x + 16}px`;
    box.style.top = `${Math.max(0, Math.min(height - box.offsetHeight, y - box.offsetHeight / 2))}px`;
  }
  draw();
}

function ask(event, what, data) {
  asked = what;
  trigger(event, data);
  peek(null);
}

function finish(event) {
  const drawn = line, around = outline();
  line = null;
  if (Math.hypot(...[0, 1].map((axis) => Math.max(...drawn.map((spot) => spot[axis])) - Math.min(...drawn.map((spot) => spot[axis])))) <= CLICK) {
    const point = nearest(drawn[0], REACH[event.pointerType] ?? REACH.mouse);
    if (point) ask("pick", point.group, { group: point.group });
  } else if (event.pointerType !== "touch" || isDrawing()) {
    const pen = canvas().getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const inside = points.filter((point) => pen.isPointInPath(around, ...point.at)).map(({ photo }) => photo);
    if (inside.length) {
      selected = new Set(inside);
      ask("lasso", "selection", { photos: inside });
      setDrawing(false);
    }
  }
  draw();
}

// A finger scrolls the page, unless it was told to draw.
const isDrawing = () => element.querySelector("[data-draw]").getAttribute("aria-pressed") === "true";
const setDrawing = (on) => element.querySelector("[data-draw]").setAttribute("aria-pressed", String(on));

element.addEventListener("click", (event) => { if (event.target.closest("[data-draw]")) setDrawing(!isDrawing()); });
element.addEventListener("pointerdown", (event) => {
  if (event.target !== canvas() || !event.isPrimary || event.button) return;
  canvas().setPointerCapture(event.pointerId);
  line = [place(event)];
});
element.addEventListener("pointermove", (event) => {
  if (event.target !== canvas()) return;
  if (line) {
    if (pointed) peek(null);
    line.push(place(event));
    if (event.pointerType !== "touch" || isDrawing()) draw();
  } else if (event.pointerType !== "touch") {
    const point = nearest(place(event), REACH.mouse);
    if (point !== pointed) peek(point);
  }
});
element.addEventListener("pointerup", (event) => { if (line) finish(event); });
const forget = () => { if (line) { line = null; draw(); } };
element.addEventListener("pointercancel", forget);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") forget(); });
element.addEventListener("pointerout", (event) => { if (event.target === canvas() && pointed && !line) peek(null); });

// A photo pointed at in the gallery, by mouse or by Tab, is marked here.
for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => {
  const photo = event.target.closest?.("#gallery [data-photo]")?.dataset.photo;
  if (!photo && !pointed || event.target === canvas()) return;
  pointed = points.find((point) => String(point.photo) === photo) ?? null;
  draw();
});
document.addEventListener("group-chosen", () => {
  const title = document.querySelector("#group-title"), top = title.getBoundingClientRect().top;
  if (asked && (top < 0 || top > window.innerHeight / 2)) title.scrollIntoView(); // the map lies below what it opened
  asked = null;
  draw();
});
const sizes = new ResizeObserver(draw);
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] }); // light or dark
watch("value", read);
