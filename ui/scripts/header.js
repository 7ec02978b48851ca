const title = element.querySelector("nav a[aria-current]");
if (title) document.title = `${title.textContent.trim()} · MeterSieve`;

element.addEventListener("click", (event) => {
  if (!event.target.closest(".theme")) return;
  const dark = document.body.classList.toggle("dark");
  document.documentElement.style.background = "";
  try { localStorage.setItem("metersieve-theme", dark ? "dark" : "light"); } catch { /* private windows may refuse */ }
});
