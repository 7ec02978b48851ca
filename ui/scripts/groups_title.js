// Back from a selection to the group that stands in the address bar.
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear]")) trigger("clear", { group: new URLSearchParams(location.search).get("group") ?? "" });
});
