// A matrix as a heat map, and the column of an impulse as bars beside it: see table.py.
(function (dynlib) {
  "use strict";
  const px = (x) => Math.round(10 * x) / 10;

  // table.said
  function said(panel, fact, column) {
    const [where, value] = fact.split(",");
    const form = !fact ? "none" : where[0] === "×" ? "many" : "one";
    return dynlib.fill(panel.sentences[form], { column, value, row: where, count: where.replace("×", "") });
  }

  // table.peak
  function peak(column) {
    const sizes = column.map((value) => (Number.isNaN(value) ? 0 : Math.abs(value))), largest = Math.max(0, ...sizes);
    if (!largest) return "";
    const rows = sizes.flatMap((size, row) => (size >= largest * (1 - 1e-6) ? [row] : []));
    const mixed = new Set(rows.map((row) => Math.sign(column[row]))).size > 1;
    const value = mixed ? `±${dynlib.short(largest)}` : dynlib.short(column[rows[0]]);
    return rows.length === 1 ? `${rows[0]},${value}` : `×${rows.length},${value}`;
  }

  function build(host, panel, size, name, widget) {
    const { rows, cols } = panel, { width, height } = size, above = 26, below = 44, left = 34;
    const side = Math.min(0.64 * (width - left), (height - above - below) * Math.max(1, Math.min(cols / rows, 1.6)));
    const tall = Math.min(height - above - below, Math.max(side * (rows / cols), 120));
    const box = { left, top: above, width: side, height: tall }, bottom = above + tall, right = left + side;
    const first = right + 26, last = Math.min(width - 14, first + 300), middle = (first + last) / 2, half = (last - first) / 2, row = tall / rows, col = side / cols;
    const ticksX = dynlib.indexTicks(cols, side).map((j) => `<text x="${px(left + (j + 0.5) * col)}" y="${px(bottom + 16)}">${j}</text>`).join("");
    const ticksY = dynlib.indexTicks(rows, 1.6 * tall).map((i) => `<text x="${left - 7}" y="${px(above + (i + 0.5) * row + 4)}">${i}</text>`).join("");
    const scale = panel.ends.map((label, k) => `<text x="${px(middle + (k - 1) * half)}" y="${px(bottom + 30)}">${label}</text>`).join("");
    const stops = [0, 0.25, 1].flatMap((v) => [[0.5 - v / 2, "neg", v], [0.5 + v / 2, "pos", v]]).sort((a, b) => a[0] - b[0])
      .map(([at, sign, v]) => `<stop class="${sign}" offset="${at}" stop-opacity="${Math.sqrt(v)}"/>`).join("");
    const described = `${panel.title || "table"}: a row for each ${panel.ylabel}, a column for each ${panel.xlabel}; colour grows as the square root of the weight`;
    const text = dynlib.escape;
    host.innerHTML =
      `<svg viewBox="0 0 ${width} ${px(bottom + below)}" role="img" aria-label="${text(described)}">` +
      `<g data-cells>${dynlib.grid(rows, cols, box)}</g><rect class="edge" x="${left}" y="${above}" width="${px(side)}" height="${px(tall)}"/>` +
      `<rect class="column" data-column y="${above}" width="${px(col)}" height="${px(tall)}"/>` +
      `<rect class="hit" data-hit x="${left}" y="${above}" width="${px(side)}" height="${px(tall)}"/>` +
      `<path class="grid" d="M${px(first)} ${above}V${px(bottom)}M${px(last)} ${above}V${px(bottom)}"/><path data-bars="neg" class="neg"/><path data-bars="pos" class="pos"/>` +
      `<path class="rule" d="M${px(middle)} ${above}V${px(bottom)}"/><linearGradient id="${name}">${stops}</linearGradient>` +
      `<rect class="edge" style="fill:url(#${name})" x="${px(first)}" y="${px(bottom + 6)}" width="${px(2 * half)}" height="9"/>` +
      `<g data-x text-anchor="middle">${ticksX}</g><g text-anchor="middle">${scale}</g><g data-y text-anchor="end">${ticksY}</g>` +
      `<text class="name" x="${px((left + right) / 2)}" y="${px(bottom + 36)}" text-anchor="middle">${text(panel.xlabel)}</text>` +
      `<text class="name" x="2" y="${above - 11}">${text(panel.ylabel)}</text>` +
      `<text class="name" data-asked x="${px(last)}" y="${above - 11}" text-anchor="end"></text></svg>`;
    const find = (what) => host.querySelector(what), rects = [...host.querySelectorAll("[data-cells] rect")];
    const hit = find("[data-hit]"), column = find("[data-column]"), bars = [find('[data-bars="neg"]'), find('[data-bars="pos"]')];
    for (const bar of bars) bar.style.strokeWidth = `${px(0.66 * row)}px`;
    const strike = (event) => {
      const { left: from, width: wide } = hit.getBoundingClientRect();
      widget.strike(Math.min(Math.max(Math.floor(((event.clientX - from) / wide) * cols), 0), cols - 1));
    };
    hit.addEventListener("pointerdown", (event) => { hit.setPointerCapture(event.pointerId); strike(event); });
    hit.addEventListener("pointermove", (event) => hit.hasPointerCapture(event.pointerId) && strike(event));

    let old = null;
    return {
      svg: find("svg"), box,
      draw(frame, impulse) {
        const values = frame.arrays[0];
        dynlib.paintCells(rects, values, old);
        old = values;
        column.setAttribute("x", px(left + impulse * col));
        const d = ["", ""];
        for (let i = 0; i < rows; i++) {
          const root = values[i * cols + impulse], length = Math.abs(root) * root * half;
          if (length) d[length > 0 ? 1 : 0] += `M${px(middle)} ${px(above + (i + 0.5) * row)}h${px(length)}`;
        }
        d.forEach((path, k) => bars[k].setAttribute("d", path));
        find("[data-asked]").textContent = `weights on ${panel.nouns[0]} ${impulse}`;
      },
      numbers: () => Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => {
        const root = old ? old[i * cols + j] : NaN;
        return Number.isNaN(root) ? null : root * Math.abs(root) * panel.limit;
      })),
    };
  }

  dynlib.kinds.table = {
    impulse: (panel) => ({ label: `impulse at ${panel.nouns[0]}`, count: panel.cols, start: panel.impulse }),
    read: (panel, texts, code) => ({ arrays: [dynlib.cells(texts[0], code)], facts: texts[1].split(";") }),
    // rows of numbers, of a live function: shorter than the table where there is nothing
    live(panel, content) {
      const cells = new Float64Array(panel.rows * panel.cols).fill(NaN);
      content.forEach((row, i) => row.forEach((value, j) => { cells[i * panel.cols + j] = Math.sign(value) * Math.sqrt(Math.abs(value) / panel.limit); }));
      const columns = Array.from({ length: panel.cols }, (_, j) => content.map((row) => (j < row.length ? row[j] : NaN)));
      return { arrays: [cells], facts: columns.map(peak) };
    },
    words: (panel, frame, impulse) => said(panel, frame.facts[impulse], impulse),
    build,
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
