// Back from a selection to the group that stands in the address bar; comparing a group's prints, one comparison at a time.
// The heading takes the focus where the naming form goes with it: what was named is shown then.
const notice = document.querySelector("#notice");
const said = () => notice.querySelector(".notice")?.textContent ?? "";
let before = null; // what the notice said when a comparison was asked for, until it says that one runs
function rest() { // the comparison is over, or something else was done meanwhile
  const button = element.querySelector("[data-compare][aria-busy]");
  if (notice.querySelector(".busy")) before = null;
  else if (button && said() !== before) {
    button.textContent = button.dataset.plain;
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-compare]:not([aria-busy])");
  if (event.target.closest("[data-clear]")) trigger("clear", { group: new URLSearchParams(location.search).get("group") ?? "" });
  if (!button) return;
  button.dataset.plain = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true"); // not `disabled`: it keeps the focus
  before = said();
  trigger("compare", {});
});
new MutationObserver(rest).observe(notice, { childList: true, subtree: true, characterData: true });
let names = false; // whether the focus is in the form, or was when the form went
document.addEventListener("focusin", ({ target }) => { names = Boolean(target.closest("#naming")); });
new MutationObserver(() => {
  if (names && document.activeElement === document.body && !document.querySelector("#naming")) element.querySelector("h2").focus();
}).observe(element.closest("#group-title").parentElement, { childList: true });
