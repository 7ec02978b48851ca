// Naming: the button says what it names, the ticked photos or else all; Enter in the field presses it.
const button = () => element.querySelector("[data-name]");
const ticked = () => [...document.querySelectorAll("#gallery input[data-pick]:checked")].map((box) => Number(box.dataset.pick));
function count() {
  if (!button()) return;
  const { whole, none, one, many } = button().dataset, number = ticked().length;
  button().textContent = number === 1 ? one : number ? many.replace("{n}", number) : whole || none;
  button().disabled = !number && !whole;
}
const name = () => trigger("name", { photos: ticked() });
element.addEventListener("click", (event) => { if (event.target.closest("[data-name]")) name(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing && event.target.closest?.("#type-name")) name();
});
document.addEventListener("change", (event) => { if (event.target.matches?.("#gallery input[data-pick]")) count(); });
new MutationObserver(count).observe(document.querySelector("#gallery"), { childList: true, subtree: true });
watch("value", count);
