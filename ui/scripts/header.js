const title = element.querySelector("nav a[aria-current]");
if (title) document.title = `${title.textContent.trim()} · MeterSieve`;

// The name stands in the style, not in the header itself, which Gradio draws anew with the watcher's state.
const ownName = () => decodeURIComponent((document.cookie.match(/(?:^|; )metersieve_name=([^;]*)/) ?? ["", ""])[1]);
const showName = () => document.documentElement.style.setProperty("--who", ownName() ? JSON.stringify(ownName()) : "none");
showName();

element.addEventListener("click", (event) => {
  if (!event.target.closest(".who")) return;
  const dialog = element.querySelector("template").content.firstElementChild.cloneNode(true);
  const name = dialog.querySelector("input");
  element.closest(".gradio-container").append(dialog);
  name.value = ownName();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "save") {
      document.cookie = `metersieve_name=${encodeURIComponent(name.value.trim())}; path=/; max-age=31536000; SameSite=Strict`;
      showName();
    }
    dialog.remove();
    element.querySelector(".who").focus();
  });
  dialog.showModal();
  name.select();
});

element.addEventListener("click", (event) => {
  if (!event.target.closest(".theme")) return;
  const dark = document.body.classList.toggle("dark");
  document.documentElement.style.background = "";
  try { localStorage.setItem("metersieve-theme", dark ? "dark" : "light"); } catch { /* private windows may refuse */ }
});
