// A grid of cells whose colour is a sign and a strength: tables and images.
(function (dynlib) {
  "use strict";
  // edges on whole pixels, so that no hairline stands between two cells
  dynlib.grid = (rows, cols, { left, top, width, height }) => {
    const x = Array.from({ length: cols + 1 }, (_, j) => Math.round(left + (j * width) / cols));
    const y = Array.from({ length: rows + 1 }, (_, i) => Math.round(top + (i * height) / rows));
    return Array.from({ length: rows * cols }, (_, k) => {
      const i = Math.floor(k / cols), j = k % cols;
      return `<rect x="${x[j]}" y="${y[i]}" width="${x[j + 1] - x[j]}" height="${y[i + 1] - y[i]}"/>`;
    }).join("");
  };

  const look = (value) => (Number.isNaN(value) ? "gap" : value < 0 ? "neg" : "pos");

  // only what has changed is touched
  dynlib.paintCells = function (rects, values, old) {
    for (let k = 0; k < rects.length; k++) {
      if (old && Object.is(old[k], values[k])) continue;
      const side = look(values[k]);
      if (!old || look(old[k]) !== side) rects[k].setAttribute("class", side);
      rects[k].setAttribute("fill-opacity", side === "gap" ? "0.12" : Math.abs(values[k]).toFixed(3));
    }
  };

  dynlib.indexTicks = function (count, room) {
    const step = [1, 2, 5, 10, 20].find((k) => count / k <= Math.max(room / 24, 2)) || 50;
    return Array.from({ length: Math.ceil(count / step) }, (_, k) => k * step);
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
