// Correcting groups: the buttons say how many photos are ticked in the gallery, and act on those alone.
const ticked = () => [...document.querySelectorAll("#gallery input[data-pick]:checked")].map((box) => Number(box.dataset.pick));
function say() {
  const count = ticked().length, words = count ? `${count} ticked` : "ticked photos";
  element.querySelectorAll("[data-words]").forEach((button) => {
    button.textContent = !count && button.dataset.whole ? button.dataset.whole : button.dataset.words.replace("{picked}", words);
  });
  const some = element.querySelector("details[data-some]");
  if (count && some && !document.querySelector("#types [data-bar]")) some.open = true; // there the buttons are in sight
}
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const into = button.dataset.act === "undo" ? button.dataset.id : element.querySelector("[data-into]").value;
  trigger("act", { act: button.dataset.act, into, photos: ticked() });
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  trigger("act", { act: "rename", into: form.elements.name.value, seen: form.dataset.rename, photos: [] });
});
document.addEventListener("change", (event) => { if (event.target.matches?.("#gallery input[data-pick]")) say(); });
new MutationObserver(say).observe(document.querySelector("#gallery"), { childList: true, subtree: true }); // may come with ticks
const kept = new Set(); // what a person opened to take several acts back stays open when it is drawn anew
element.addEventListener("toggle", ({ target }) => {
  if (target.dataset.keeps) kept[target.open ? "add" : "delete"](target.dataset.keeps);
}, true);
watch("value", () => { // another group, or something was done: what was ticked is not meant any more
  element.querySelectorAll("[data-keeps]").forEach((list) => { list.open = kept.has(list.dataset.keeps); });
  document.querySelectorAll("#gallery input[data-pick]").forEach((box) => { box.checked = box.defaultChecked; });
  document.querySelector("#gallery input[data-pick]")?.dispatchEvent(new Event("change", { bubbles: true })); // all count anew
  say();
});
