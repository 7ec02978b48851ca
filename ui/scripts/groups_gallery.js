// The gallery: a click opens the photo large; arrows walk, Escape closes.
const photos = () => [...element.querySelectorAll("button[data-full]")];
let at = 0;
function show(index) {
  const box = element.querySelector("dialog");
  at = (index + photos().length) % photos().length;
  const { full, name } = photos()[at].dataset;
  box.querySelector("img").src = full;
  box.querySelector("img").alt = name;
  box.querySelector("b").textContent = name;
  if (!box.open) box.showModal();
}
element.addEventListener("click", (event) => {
  const photo = event.target.closest("button[data-full]"), turn = event.target.closest("[data-turn]");
  if (photo) show(photos().indexOf(photo));
  if (turn) trigger("turn", { after: turn.dataset.turn, first: turn.dataset.first });
  if (event.target.closest(".prev")) show(at - 1);
  if (event.target.closest(".next")) show(at + 1);
  if (event.target.closest(".close") || event.target.tagName === "DIALOG") element.querySelector("dialog").close();
});
element.addEventListener("keydown", (event) => {
  if (!element.querySelector("dialog[open]")) return;
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
});
