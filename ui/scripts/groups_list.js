// The list says what the page shows: a group, or "selection". The address bar and the map follow it.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-group]");
  if (!button) return;
  element.querySelectorAll("button[data-group]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  trigger("pick", { group: button.dataset.group });
});
let scrolled = [0, 0]; // pixels: a list that is drawn anew stays where it was
element.addEventListener("scroll", ({ target }) => { scrolled = [target.scrollLeft, target.scrollTop]; }, true);
watch("value", () => {
  element.querySelector(".groups")?.scrollTo(...scrolled);
  const chosen = element.querySelector("[data-chosen]")?.dataset.chosen;
  if (chosen && chosen !== "selection") history.replaceState(null, "", `${location.pathname}?group=${chosen}`);
  document.dispatchEvent(new CustomEvent("group-chosen"));
});
trigger("open", { group: new URLSearchParams(location.search).get("group") ?? "" });
