// Points, arrows and polygons: see points.py. Where the page computes the frames itself, points follow pointer and keys.
(function (dynlib) {
  "use strict";
  const REACH = 0.12, px = (x) => Math.round(10 * x) / 10;

  function build(host, panel, size, name, widget) {
    const bare = panel.bare ? { ...panel, axes: panel.axes.map((axis) => ({ ...axis, ticks: [], minor: [] })), zero: [null, null] } : panel;
    const picture = dynlib.axesPicture(host, bare, size, name), { svg, box } = picture, plain = picture.draw;
    const labels = document.createElementNS("http://www.w3.org/2000/svg", "g");
    labels.setAttribute("class", "numbers");
    svg.append(labels);
    let places = [];
    picture.draw = function (frame, _, chosen) {
      plain(frame);
      const dragged = panel.drag === null ? -1 : panel.drag;
      labels.innerHTML = panel.numbered.flatMap((s) => Array.from(frame.arrays[2 * s], (f, k) => {
        const x = box.left + box.width * f, y = box.top + box.height * (1 - frame.arrays[2 * s + 1][k]);
        const ring = s === dragged && k === chosen ? `<circle class="chosen" cx="${px(x)}" cy="${px(y)}" r="8"/>` : "";
        const far = ring ? 10 : 6;
        return `${ring}<text x="${px(x + far)}" y="${px(y - far)}">${k + 1}</text>`;
      })).join("");
      if (dragged >= 0) places = Array.from(frame.arrays[2 * dragged], (f, k) => [f, frame.arrays[2 * dragged + 1][k]]);
    };
    if (panel.drag === null) return picture;

    svg.setAttribute("role", "application");
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("data-field", "");
    svg.setAttribute("aria-label", "The square with the points; the arrow keys move the chosen one.");
    svg.insertAdjacentHTML("beforeend", `<rect class="hit" data-square x="${px(box.left)}" y="${px(box.top)}" width="${px(box.width)}" height="${px(box.height)}"/>`);
    const square = svg.querySelector("[data-square]");
    const near = ({ clientX, clientY }) => {
      const [x, y] = picture.place(clientX, clientY), far = places.map(([u, v]) => Math.hypot(u - x, v - y)), least = Math.min(...far);
      return least <= REACH ? far.indexOf(least) : -1;
    };
    // a thumb on a point moves the point, beside it the page
    square.addEventListener("touchstart", (event) => near(event.touches[0]) >= 0 && event.preventDefault(), { passive: false });
    square.addEventListener("pointerdown", (event) => {
      const nearest = near(event);
      if (nearest < 0) return;
      square.setPointerCapture(event.pointerId);
      svg.focus({ preventScroll: true });
      event.preventDefault();
      widget.choose(nearest);
    });
    square.addEventListener("pointermove", (event) => square.hasPointerCapture(event.pointerId) && widget.drag(...picture.place(event.clientX, event.clientY)));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!step) return;
      event.preventDefault();
      widget.nudge(...step.map((way) => way * (event.shiftKey ? 0.1 : 0.02)));
    });
    return picture;
  }

  dynlib.kinds.points = { read: dynlib.readSeries, live: dynlib.liveSeries, build };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
