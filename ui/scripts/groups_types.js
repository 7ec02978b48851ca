// A named type: which of its photos the gallery shows, and what is said of the ticked ones. The buttons name their number.
const boxes = () => [...document.querySelectorAll("#gallery input[data-pick]")];
const picked = () => boxes().filter((box) => box.checked).map((box) => Number(box.dataset.pick));
function count() {
  const ticked = picked().length, shown = boxes().length;
  element.querySelectorAll("[data-one]").forEach((button) => {
    button.dataset.plain ??= button.textContent;
    const { plain, all, one, many } = button.dataset, number = ticked || (all && shown); // `all`: without ticks the shown are meant
    button.textContent = !number ? plain : number === 1 ? one : (ticked ? many : all).replace("{n}", number);
    button.disabled = !number && Boolean(button.closest("[data-bar]")); // elsewhere the whole group is meant
  });
}
function say(act, name) {
  element.querySelectorAll("[data-say]").forEach((button) => { button.disabled = true; });
  const whole = act === "confirm" && !picked().length;
  trigger("say", { act, name, photos: whole ? boxes().map((box) => Number(box.dataset.pick)) : picked() });
}
const card = () => element.querySelector("[data-name]");
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.view) trigger("view", { view: button.dataset.view });
  if (button.dataset.open) trigger("pick", { group: button.dataset.open });
  if (button.dataset.say) say(button.dataset.say, card().dataset.name);
  if (button.dataset.tick) {
    boxes().forEach((box) => { box.checked = button.dataset.tick === "all"; });
    boxes()[0]?.dispatchEvent(new Event("change", { bubbles: true })); // all buttons count anew
  }
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  say("correct", event.target.elements.name.value);
});
document.addEventListener("change", (event) => { if (event.target.matches?.("#gallery input[data-pick]")) count(); });
new MutationObserver(count).observe(document.querySelector("#gallery"), { childList: true, subtree: true });
watch("value", count);
