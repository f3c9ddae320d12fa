// Pictures side by side: see image.py.
(function (dynlib) {
  "use strict";
  const px = (x) => Math.round(10 * x) / 10;

  function build(host, panel, size) {
    const { rows, cols, pictures, ink } = panel, gap = 16, above = 22, count = pictures.length, text = dynlib.escape;
    const wide = Math.min((size.width - gap * (count - 1)) / count, ((size.height - above) * cols) / rows), tall = (wide * rows) / cols;
    const first = (size.width - count * wide - gap * (count - 1)) / 2;
    const drawn = pictures.map((name, k) => {
      const box = { left: first + k * (wide + gap), top: above, width: wide, height: tall };
      return `<text class="name" x="${px(box.left)}" y="14">${text(name)}</text><g data-cells data-picture="${k}">${dynlib.grid(rows, cols, box)}</g>` +
        `<rect class="edge" x="${px(box.left)}" y="${above}" width="${px(wide)}" height="${px(tall)}"/>`;
    });
    const described = `${panel.title || "pictures"}; shown: ${pictures.join(", ")}; colour grows as the square root of the value`;
    host.innerHTML = `<svg viewBox="0 0 ${size.width} ${px(above + tall + 2)}" role="img" class="${ink ? "ink" : ""}" aria-label="${text(described)}">${drawn.join("")}</svg>`;
    const cells = pictures.map((_, k) => [...host.querySelectorAll(`[data-picture="${k}"] rect`)]);
    let old = [];
    return {
      svg: host.querySelector("svg"),
      draw(frame) {
        cells.forEach((rects, k) => dynlib.paintCells(rects, frame.arrays[k], old[k]));
        old = frame.arrays;
      },
      numbers: (k) => (old[k] ? Array.from({ length: rows }, (_, i) => Array.from(old[k].slice(i * cols, (i + 1) * cols), (root) => (Number.isNaN(root) ? null : root * Math.abs(root) * panel.limit))) : null),
    };
  }

  dynlib.kinds.image = {
    read: (panel, texts, code) => ({ arrays: texts.map((text) => dynlib.cells(text, code)), facts: [] }),
    live: (panel, content) => ({ arrays: panel.pictures.map((name) => Float64Array.from(content[name].flat(), (value) => Math.sign(value) * Math.sqrt(Math.abs(value) / panel.limit))), facts: [] }),
    build,
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
