// The script in the page. It moves what Python has drawn: axes, labels and colours stay as they are.
// Python puts the id of the widget in place of ID; levels.py says how the numbers are written.
(() => {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const TOP = 4092, MISSING = 4095, CELL_TOP = 31, MISSING_CELL = 63;

  // base64 VLQ of differences
  function unpack(text) {
    const levels = [];
    let last = 0, number = 0, shift = 0;
    for (const character of text) {
      const code = ALPHABET.indexOf(character);
      number += (code & 31) << shift;
      shift += 5;
      if (code < 32) {
        last += number & 1 ? -(number >> 1) : number >> 1;
        levels.push(last);
        number = shift = 0;
      }
    }
    return levels;
  }

  function unpackCells(text, cols) {
    const codes = [...text].map((character) => ALPHABET.indexOf(character));
    const levels = codes.map((code) => (code === MISSING_CELL ? null : code - CELL_TOP));
    return Array.from({ length: levels.length / cols }, (_, i) => levels.slice(i * cols, (i + 1) * cols));
  }

  // draw_axes.curve
  function curve(xs, ys, [left, top, width, height], mark, base) {
    let d = "", pen = null;
    xs.forEach((u, k) => {
      const v = ys[k];
      if (u === MISSING || v === MISSING) {
        if (pen && mark === "area") d += `V${base}`;
        pen = null;
        return;
      }
      const x = Math.floor(left - width + (3 * u * width) / TOP + 0.5);
      const y = Math.floor(top + 2 * height - (3 * v * height) / TOP + 0.5);
      if (!["line", "steps", "area"].includes(mark)) d += `M${x} ${y}${mark}`;
      else if (!pen) d += mark === "area" ? `M${x} ${base}V${y}` : `M${x} ${y}`;
      else d += mark === "steps" ? `h${x - pen[0]}v${y - pen[1]}` : `l${x - pen[0]} ${y - pen[1]}`;
      pen = [x, y];
    });
    return pen && mark === "area" ? `${d}V${base}` : d;
  }

  // INCLUDE draw_table.mjs

  function wake(root) {
    const find = (what, from = root) => from.querySelector(what);
    const data = JSON.parse(find("script").textContent);
    const controls = [...root.querySelectorAll("[data-control]")];
    const pictures = [...root.querySelectorAll("[data-panel]")];
    const chosen = data.start.slice(), impulse = data.panels.map((panel) => panel.impulse);
    const index = () => data.says.reduce((k, says, c) => k * says.length + chosen[c], 0);
    const slots = () => data.frames[index()].slice(1).map((k) => data.pool[k]);
    const first = (p) => data.panels.slice(0, p).reduce((n, panel) => n + (panel.cols ? 1 : 2 * panel.series.length), 0);
    const rows = (p) => unpackCells(slots()[first(p)], data.panels[p].cols);
    const levels = (p, s) => [0, 1].map((k) => unpack(slots()[first(p) + 2 * s + k]));

    function draw() {
      const words = [data.pool[data.frames[index()][0]]];
      data.panels.forEach((panel, p) => {
        const picture = pictures[p];
        if (panel.cols) {
          find("[data-cells]", picture).innerHTML = cells(rows(p));
          find("[data-bars]", picture).innerHTML = bars(rows(p), impulse[p]);
          find("[data-column]", picture).setAttribute("x", impulse[p]);
          find("[data-asked]", picture).textContent = `answer to ${panel.nouns[0]} ${impulse[p]}`;
          words.push(answer(panel, rows(p), impulse[p]));
        } else {
          panel.series.forEach(([, mark, base], s) =>
            find(`[data-s="${s}"]`, picture).setAttribute("d", curve(...levels(p, s), panel.box, mark, base)));
        }
      });
      find("[role=status]").textContent = words.join(" ");
      for (const input of root.querySelectorAll("input[type=range]")) {
        const text = input.dataset.impulse ? `${input.value}` : data.says[input.dataset.control][input.value];
        input.setAttribute("aria-valuetext", `${input.dataset.label} ${text}`);
        find("output", input.closest(".setting")).textContent = text;
      }
    }

    for (const input of controls) {
      const c = input.dataset.control;
      if (input.type === "range") input.value = chosen[c];
      else input.checked = +input.value === chosen[c];
      input.addEventListener("input", () => { chosen[c] = +input.value; draw(); });
    }
    data.panels.forEach((panel, p) => {
      if (!panel.cols) return;
      const input = find(`[data-impulse="${p}"]`), hit = find("[data-hit]", pictures[p]);
      const strike = (column) => { input.value = impulse[p] = Math.min(Math.max(column, 0), panel.cols - 1); draw(); };
      input.value = impulse[p];
      input.addEventListener("input", () => strike(+input.value));
      const point = (event) => {
        const { left, width } = hit.getBoundingClientRect();
        strike(Math.floor(((event.clientX - left) / width) * panel.cols));
      };
      hit.addEventListener("pointerdown", point);
      hit.addEventListener("pointermove", (event) => event.buttons && point(event));
    });

    // What is on the page, in the data's units: for tests, and for the curious at the console.
    const value = (level, [low, high, log]) => {
      const t = low + (high - low) * ((3 * level) / TOP - 1);
      return level === MISSING ? null : log ? 10 ** t : t;
    };
    root.dynlib = {
      frame: () => index(),
      series: (p, name) => {
        const panel = data.panels[p], both = levels(p, panel.series.findIndex((row) => row[0] === name));
        return { x: both[0].map((level) => value(level, panel.axes[0])), y: both[1].map((level) => value(level, panel.axes[1])) };
      },
      table: (p) => rows(p).map((row) => row.map((level) => level === null ? null : (level / CELL_TOP) * data.panels[p].limit)),
    };
    find("form").onsubmit = () => false;
    find("fieldset").disabled = false;
    draw();
  }

  for (const root of document.querySelectorAll("#ID")) if (!root.dynlib) wake(root);
})();
