// The filter card. Its state is a query string, the same one that stands in the address bar.
const form = () => element.querySelector("form");
const picked = (details) => [...details.querySelectorAll("input:checked")].map((box) => box.nextElementSibling.textContent);

function describe() {
  if (!form()) return;
  let active = 0;
  element.querySelectorAll("details.pick").forEach((details) => {
    const names = picked(details);
    details.querySelector(".chosen").textContent = names.length > 1 ? `${names.length}: ${names.join(", ")}` : names[0] ?? details.dataset.any;
    active += names.length ? 1 : 0;
  });
  element.querySelectorAll("select, input[type=search]").forEach((field) => { active += field.value && field.name !== "period" ? 1 : 0; });
  const badge = element.querySelector(".active");
  badge.hidden = !active;
  badge.textContent = ` (${active})`;
}

function ask() {
  describe();
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form())) if (value || name === "site") query.append(name, value);
  trigger("ask", { query: query.toString() });
}

let typing = null;
element.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(typing); // "input" covers typing and pasting alike; a pause of 250 ms ends the word
  typing = setTimeout(ask, 250);
});
element.addEventListener("change", (event) => { if (event.target.type !== "search") ask(); });
element.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.type === "search") { event.preventDefault(); clearTimeout(typing); ask(); }
  const open = event.key === "Escape" && event.target.closest("details.pick[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
element.addEventListener("click", (event) => {
  const unfold = event.target.closest(".unfold");
  if (unfold) unfold.setAttribute("aria-expanded", String(form().classList.toggle("open")));
  if (event.target.closest(".reset")) {
    element.querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = false; });
    element.querySelectorAll("select").forEach((select) => { select.value = select.name === "period" ? "7" : ""; });
    element.querySelector("input[type=search]").value = "";
    ask();
  }
});
document.addEventListener("click", (event) => {
  element.querySelectorAll("details.pick[open]").forEach((details) => { if (!details.contains(event.target)) details.open = false; });
});
watch("value", describe);
describe();
