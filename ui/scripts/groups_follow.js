// The groups changed: the page follows by itself while nobody would lose anything, else a line offers to.
const AT_WORK = [
  "#gallery input[data-pick]:checked", "#gallery [data-turn='']", "#groups [data-chosen=selection]", // ticked, leafed on, selected
  "dialog[open]", "#group-acts details[open]", "#group-title [aria-busy]", "#map canvas:active",
  ":is(#groups, #gallery, #types, #group-acts) :focus-visible", // by keyboard: what has the focus would be gone
].join();
const typed = () => [...document.querySelectorAll("#groups-page :is(input[type=text], textarea)")].some((field) => field.value.trim());
const line = () => element.querySelector("[data-now]");
function look({ asks }) {
  const shown = document.querySelector("#groups [data-state]")?.dataset.state, now = line()?.dataset.now;
  if (!shown || !now) return; // the page has not come yet
  if (shown === now) line().hidden = true;
  else if (!asks) return;
  else if (typed() || document.querySelector(AT_WORK)) line().hidden = false;
  else trigger("follow", {});
}
element.addEventListener("click", (event) => { if (event.target.closest("[data-follow]")) trigger("follow", {}); });
document.addEventListener("group-chosen", () => look({ asks: false }));
watch("value", () => look({ asks: true }));
