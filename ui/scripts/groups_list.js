element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-group]");
  if (!button) return;
  element.querySelectorAll("button[data-group]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  history.replaceState(null, "", `${location.pathname}?group=${button.dataset.group}`);
  trigger("pick", { group: button.dataset.group });
});
trigger("open", { group: new URLSearchParams(location.search).get("group") ?? "" });
