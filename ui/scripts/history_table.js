// The table: rows open the detail, arrows walk, Newer and Older turn pages. The address bar says what is shown.
const rows = () => [...element.querySelectorAll("tr[data-id]")];
const wide = () => window.matchMedia("(min-width: 1101px)").matches;
let waiting = null; // which row to open once the next page is there

function pick(row, { open = true } = {}) {
  rows().forEach((other) => { other.classList.toggle("chosen", other === row); other.tabIndex = other === row ? 0 : -1; });
  trigger("pick", { id: row.dataset.id });
  if (open) document.querySelector("#detail")?.classList.add("open");
}
function shown() {
  const results = element.querySelector(".results");
  if (!results) return;
  // The path is said, since the page has a <base>: a mere "?…" would lead to the Overview.
  history.replaceState(null, "", location.pathname + (results.dataset.query ? `?${results.dataset.query}` : ""));
  element.querySelector(".tablebox")?.scrollTo(0, 0);
  if (results.dataset.photo) document.querySelector("#detail")?.classList.add("open");
  else if (wide() && rows().length) pick(waiting === "last" ? rows().at(-1) : rows()[0], { open: false });
  waiting = null;
}
element.addEventListener("click", (event) => {
  const turn = event.target.closest("[data-turn]");
  if (turn) { trigger("turn", { query: turn.dataset.turn }); return; }
  const again = event.target.closest("[data-again]");
  if (again) { again.disabled = true; trigger("retry", { reason: again.dataset.again, query: location.search }); return; }
  const row = event.target.closest("tr[data-id]");
  if (row) { row.focus({ preventScroll: true }); pick(row); }
});
element.addEventListener("keydown", (event) => {
  const row = event.target.closest("tr[data-id]");
  if (!row) return;
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(row); }
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
  if (next) { event.preventDefault(); next.focus(); pick(next, { open: wide() }); }
});
watch("value", shown);
trigger("open", { query: location.search });
