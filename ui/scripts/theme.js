// Runs in the page's head, before anything is painted: the chosen theme, or the system's.
(() => {
  const read = () => { try { return localStorage.getItem("metersieve-theme"); } catch { return null; } };
  const apply = () => {
    const chosen = read();
    if (chosen && document.body) document.body.classList.toggle("dark", chosen === "dark");
  };
  document.documentElement.style.background = read() === "dark" ? "#0b111b" : "";
  // Gradio sets its own class while it starts; ours is put back until our header is there.
  const watch = new MutationObserver(() => {
    apply();
    if (document.querySelector("#header .theme")) watch.disconnect();
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
})();
