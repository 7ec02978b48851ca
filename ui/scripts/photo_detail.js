// The detail: a column on a wide screen, a sheet over the page on a small one.
const sheet = () => document.querySelector("#detail");
function close() {
  sheet()?.classList.remove("open");
  document.querySelector("tr.chosen")?.focus({ preventScroll: true });
}
element.addEventListener("click", (event) => {
  if (event.target.closest(".close")) close();
  const again = event.target.closest("[data-again]");
  if (again) { again.disabled = true; trigger("retry", { id: again.dataset.again }); }
  const said = event.target.closest("button[data-type]");
  if (said) {
    said.disabled = true;
    setType({ act: said.dataset.type, name: said.dataset.name ?? "", of: said.dataset.of ?? "" });
  }
  const other = event.target.closest("[data-show]");
  if (other) trigger("show", { id: other.dataset.show });
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  setType({ act: "correct", name: event.target.elements.name.value, of: "" });
});
function setType(asked) {
  trigger("settype", { id: element.querySelector("[data-testid=detail]").dataset.id, query: location.search, ...asked });
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && sheet()?.classList.contains("open")) close(); });
watch("value", () => {
  if (sheet()?.classList.contains("open") && !window.matchMedia("(min-width: 1101px)").matches) element.querySelector(".close")?.focus();
});
