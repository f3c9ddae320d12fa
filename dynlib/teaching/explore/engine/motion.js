// Frames move into each other, and a slider that is time plays.
(function (dynlib) {
  "use strict";
  const LASTS = 240, BEAT = 420; // milliseconds
  dynlib.still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // calls show(t) with t from 0 to 1, once with 1 under reduced motion; returns what stops it
  dynlib.move = function (show) {
    if (dynlib.still()) {
      show(1);
      return () => {};
    }
    let request = 0;
    const begun = performance.now();
    const step = (now) => {
      const t = Math.min(Math.max((now - begun) / LASTS, 0), 1);
      show(t * t * (3 - 2 * t));
      if (t < 1) request = requestAnimationFrame(step);
    };
    request = requestAnimationFrame(step);
    return () => cancelAnimationFrame(request);
  };

  // from here to the end, from the start if it stands at the end; next() moves by one and says whether there is more
  dynlib.play = function (button, next) {
    let timer = 0;
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      button.textContent = "▶";
      button.setAttribute("aria-pressed", "false");
    };
    button.addEventListener("click", () => {
      if (timer) return stop();
      button.textContent = "❚❚";
      button.setAttribute("aria-pressed", "true");
      next(true);
      timer = setInterval(() => next(false) || stop(), BEAT);
    });
    return stop;
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
