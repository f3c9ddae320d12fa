(() => {
  const root = document.getElementById("explore-echo"), locks = new Map(), says = [["16", "32", "64"], ["Real", "Inv"]];
  const labels = ["modes", "law"], inputs = () => [...root.querySelectorAll("[data-control]")];
  const state = () => ({ modes: says[0][+inputs()[0].value], law: says[1][inputs().slice(1).findIndex((i) => i.checked)] });
  const svg = () => root.querySelector("[data-panel] svg:last-of-type");
  const locked = () => [...locks.values()].flat().some((rule) => Object.entries(rule).every(([l, v]) => state()[l] === v));
  const update = () => root.classList.toggle("locked", locked());
  root.addEventListener("input", update);
  Object.assign(root.dynlib, {
    lock(key, rules) { locks.set(key, rules); update(); },
    unlock(key) { locks.delete(key); update(); },
    locked, state,
    show(rule) {
      if (rule.modes) inputs()[0].value = says[0].indexOf(rule.modes);
      inputs()[0].dispatchEvent(new Event("input", { bubbles: true }));
      if (rule.law) inputs()[1 + says[1].indexOf(rule.law)].click();
    },
    overlay(panel, curve) { root.curve = curve; },
    toPixel(panel, x, y) {
      const box = svg().getBoundingClientRect();
      return { x: box.left + (x / 20) * box.width, y: box.top + (1 - y) * box.height };
    },
    toData(panel, x, y) {
      const box = svg().getBoundingClientRect();
      return { x: (20 * (x - box.left)) / box.width, y: 1 - (y - box.top) / box.height };
    },
  });
  root.dispatchEvent(new CustomEvent("dynlib:ready", { bubbles: true }));
})();
