// The buttons of the Models page; the page is drawn anew by a timer, so what has the focus keeps it.
let focused = null;
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  button.disabled = true;
  trigger("act", { act: button.dataset.act, version: button.dataset.version || "" });
});
element.addEventListener("focusin", (event) => { focused = event.target.closest("[data-act]")?.id || null; });
watch("value", () => { if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus(); });
