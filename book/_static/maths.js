// A displayed formula that is wider than its column is drawn smaller, down to 70 %; what is still wider scrolls in its own box,
// with a shaded edge. Its number stands beside it where there is room, and above it where there is none.
(() => {
  const SMALLEST = 0.7; // of the text's size; a little less where the whole formula then stands
  const STILL = 0.64;
  const scale = (room, wide) => (room / wide >= STILL ? Math.min(1, room / wide) : SMALLEST);

  function fit(box) {
    const formula = box.querySelector("mjx-container[display=true]");
    const drawn = formula && formula.querySelector("svg");
    if (!drawn) return;
    const number = box.querySelector(".eqno");
    box.classList.toggle("numbered", Boolean(number));
    box.classList.remove("tight", "wide");
    formula.classList.remove("scrolls");
    formula.removeAttribute("tabindex");
    formula.style.fontSize = "";
    const wide = drawn.getBoundingClientRect().width;
    if (!wide) return;
    if (wide > formula.clientWidth) box.classList.add("wide");
    if (number && wide > formula.clientWidth) box.classList.add("tight");
    const room = formula.clientWidth;
    if (wide <= room) return;
    const size = scale(room, wide);
    formula.style.fontSize = `${100 * size}%`;
    if (size * wide > room + 1) {
      formula.classList.add("scrolls");
      formula.tabIndex = 0; // so that the arrow keys scroll it
    }
  }

  // A formula in the line cannot be broken: one that is wider than its paragraph is drawn smaller, and then scrolls.
  const block = (formula) => formula.closest("p, li, td, dd, div");

  function fitInline(formula) {
    const drawn = formula.querySelector("svg");
    formula.classList.remove("scrolls");
    formula.removeAttribute("tabindex");
    formula.style.fontSize = "";
    const wide = drawn && drawn.getBoundingClientRect().width, room = block(formula) && block(formula).clientWidth;
    if (!wide || !room || wide <= room) return;
    const size = scale(room, wide);
    formula.style.fontSize = `${100 * size}%`;
    if (size * wide <= room + 1) return;
    formula.classList.add("scrolls");
    formula.tabIndex = 0;
  }

  // A box that is folded has no width yet; it is fitted when it opens, as when the window changes.
  function watch() {
    const last = new WeakMap();
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (Math.abs((last.get(target) || 0) - target.offsetWidth) < 1) continue;
        if (target.matches("div.math")) fit(target);
        else target.querySelectorAll("mjx-container:not([display])").forEach(fitInline);
        last.set(target, target.offsetWidth);
      }
    });
    document.querySelectorAll(".bd-article div.math").forEach((box) => observer.observe(box));
    const lines = document.querySelectorAll(".bd-article mjx-container:not([display])");
    new Set([...lines].map(block).filter(Boolean)).forEach((text) => observer.observe(text));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const ready = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
    if (ready) ready.then(watch);
  });
})();
