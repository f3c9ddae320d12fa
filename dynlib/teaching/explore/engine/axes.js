// A box with two axes, and named series in it: what the kinds lines, plane and points share. Everything is in pixels.
(function (dynlib) {
  "use strict";
  const LETTER = 6.7; // about the width of a letter of a label
  const GLYPHS = ["h0", "m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0", "m-3-3l6 6m-6 0l6-6", "m0-4.4l4.4 4.4-4.4 4.4-4.4-4.4z", "m-3.2-3.2h6.4v6.4h-6.4z"];
  const px = (x) => Math.round(10 * x) / 10;

  // how each series looks: colours and dashes follow the order of those that are not filled
  dynlib.looks = function (panel) {
    let coloured = 0;
    return panel.series.map(([name, style]) => {
      if (style === "area" || style === "polygon") return { name, style, css: "area" };
      if (style === "block") return { name, style, k: coloured, css: `s${coloured++} block` };
      const k = coloured++, css = style === "points" ? `s${k} ${k ? "glyph" : "dot"}` : style === "bars" ? `s${k} bar` : `s${k} dash${k}`;
      return { name, style, k, css };
    });
  };

  dynlib.curve = function (look, xs, ys, box, base) {
    let d = "", pen = null;
    const { left, top, width, height } = box, foot = px(top + height * (1 - base)), filled = look.style === "area" || look.style === "block";
    if (look.style === "arrows") return arrows(xs, ys, box);
    for (let k = 0; k < xs.length; k++) {
      if (!Number.isFinite(xs[k]) || !Number.isFinite(ys[k])) {
        if (pen && filled) d += `V${foot}`;
        pen = null;
        continue;
      }
      const x = px(left + width * xs[k]), y = px(top + height * (1 - ys[k]));
      if (look.style === "points") d += `M${x} ${y}${GLYPHS[look.k]}`;
      else if (look.style === "bars") d += `M${x} ${y}V${foot}`;
      else if (!pen) d += filled ? `M${x} ${foot}V${y}` : `M${x} ${y}`;
      else d += look.style === "steps" || look.style === "block" ? `H${x}V${y}` : `L${x} ${y}`;
      pen = [x, y];
    }
    if (pen && filled) d += `V${foot}`;
    if (pen && look.style === "polygon") d += "z";
    return d;
  };

  // pairs of places: from, to; a head in the middle of each
  function arrows(xs, ys, { left, top, width, height }) {
    const GAP = 11, HEAD = 6;
    let d = "";
    for (let k = 0; k + 1 < xs.length; k += 2) {
      const [x, u] = [xs[k], xs[k + 1]].map((f) => left + width * f), [y, v] = [ys[k], ys[k + 1]].map((f) => top + height * (1 - f));
      const long = Math.hypot(u - x, v - y), e = (u - x) / long, f = (v - y) / long;
      if (!(long > 2 * GAP)) continue;
      const m = (x + u) / 2 + HEAD * e, n = (y + v) / 2 + HEAD * f, go = (letter, a, b) => `${letter}${px(a)} ${px(b)}`;
      d += go("M", x + GAP * e, y + GAP * f) + go("L", u - GAP * e, v - GAP * f);
      d += go("M", m - 2 * HEAD * e + HEAD * f, n - 2 * HEAD * f - HEAD * e) + go("L", m, n) + go("L", m - 2 * HEAD * e - HEAD * f, n - 2 * HEAD * f + HEAD * e);
    }
    return d;
  }

  // ticks that do not run into each other: every one, every second, …
  function thinned(ticks, room) {
    const longest = Math.max(...ticks.map(([, label]) => label.length), 1) * LETTER + 8;
    for (const step of [1, 2, 4, 8]) {
      const kept = ticks.filter((_, k) => k % step === 0);
      if (kept.length < 2 || (kept[1][0] - kept[0][0]) * room >= longest) return kept;
    }
    return ticks.slice(0, 1);
  }

  const samples = { area: "M2 10V2H32V10z", block: "M2 10V2H32V10z", polygon: "M2 10V2H32V10z", steps: "M2 9h15v-6h15", points: null, bars: "M17 1V11" };
  function swatch(look) {
    const d = look.style === "points" ? `M17 6${GLYPHS[look.k]}` : samples[look.style] || "M2 6h30";
    return `<path class="${look.css}" d="${d}"/>`;
  }

  // labels beside the curves' ends, pushed apart where they would lie on each other
  dynlib.spread = function (wanted, low, high, apart) {
    const order = wanted.map((y, k) => [Math.min(Math.max(y, low), high), k]).sort((a, b) => a[0] - b[0]);
    for (let k = 1; k < order.length; k++) order[k][0] = Math.max(order[k][0], order[k - 1][0] + apart);
    let over = order[order.length - 1][0] - high;
    for (let k = order.length - 1; k >= 0 && over > 0; k--) {
      order[k][0] -= over;
      over = k ? order[k - 1][0] + apart - order[k][0] : 0;
    }
    const out = [];
    for (const [y, k] of order) out[k] = y;
    return out;
  };

  function ends(frame, looks) {
    return looks.map((_, s) => {
      const { xs, ys } = frame.series[s];
      for (let k = xs.length - 1; k >= 0; k--) if (xs[k] >= -1e-6 && xs[k] <= 1 + 1e-6 && Number.isFinite(ys[k])) return ys[k];
      return 0;
    });
  }

  dynlib.readSeries = function (panel, texts, code) {
    const arrays = texts.slice(0, -1).map((text) => dynlib.fractions(text, code));
    return { arrays, facts: texts[texts.length - 1] ? JSON.parse(texts[texts.length - 1]) : [] };
  };

  // numbers in the data's units, of a live function, as arrays
  dynlib.liveSeries = function (panel, content) {
    const arrays = panel.series.flatMap(([name]) => [0, 1].map((c) => Float64Array.from(content[name][c], (value) => dynlib.fraction(value, panel.axes[c]))));
    return { arrays, facts: [] };
  };

  dynlib.axesPicture = function (host, panel, size, name) {
    const looks = dynlib.looks(panel), [xaxis, yaxis] = panel.axes, { width, height } = size;
    const named = panel.labels !== false && looks.length > 1, longest = Math.max(...looks.map((look) => look.name.length));
    const beside = named && !panel.round && width >= 430 && longest * LETTER + 44 <= 0.34 * width && looks.length * 17 < height - 80;
    const left = Math.max(Math.max(...yaxis.ticks.map(([, label]) => label.length)) * LETTER + 14, 30);
    const right = beside ? longest * LETTER + 46 : 16, above = panel.ylabel ? 26 : 10, below = panel.xlabel ? 44 : 26;
    let box = { left, top: above, width: width - left - right, height: height - above - below };
    if (panel.round) {
      const per = Math.min(box.width / (xaxis.ends[1] - xaxis.ends[0]), box.height / (yaxis.ends[1] - yaxis.ends[0]));
      const w = per * (xaxis.ends[1] - xaxis.ends[0]), h = per * (yaxis.ends[1] - yaxis.ends[0]);
      box = { left: left + (box.width - w) / 2, top: above + (box.height - h) / 2, width: w, height: h };
    }
    const X = (f) => px(box.left + box.width * f), Y = (f) => px(box.top + box.height * (1 - f));
    const end = box.left + box.width, bottom = box.top + box.height;
    const xticks = thinned(xaxis.ticks, box.width), yticks = yaxis.ticks;
    const grid = xticks.map(([f]) => `M${X(f)} ${px(box.top)}V${px(bottom)}`).join("") + yticks.map(([f]) => `M${px(box.left)} ${Y(f)}H${px(end)}`).join("");
    let rules = xaxis.minor.map((f) => `M${X(f)} ${px(bottom)}v5`).join("") + yaxis.minor.map((f) => `M${px(box.left)} ${Y(f)}h-5`).join("");
    if (panel.zero[1] !== null) rules += `M${px(box.left)} ${Y(panel.zero[1])}H${px(end)}`;
    if (panel.zero[0] !== null) rules += `M${X(panel.zero[0])} ${px(box.top)}V${px(bottom)}`;
    let circle = "";
    if (panel.circle) {
      const at = (value, axis) => dynlib.fraction(value, axis), rx = X(at(1, xaxis)) - X(at(0, xaxis)), ry = Y(at(0, yaxis)) - Y(at(1, yaxis));
      circle = `<ellipse class="circle" cx="${X(at(0, xaxis))}" cy="${Y(at(0, yaxis))}" rx="${px(rx)}" ry="${px(ry)}"/>`;
    }
    const text = dynlib.escape, room = looks.some((look) => look.style === "points" || look.style === "bars") ? 5 : 2;
    const described = `${panel.title || `${panel.ylabel} against ${panel.xlabel}`}; shown: ${panel.series.map((row) => row[0]).join(", ")}`;
    const key = named && !beside ? `<ul class="key">${looks.map((look) => `<li><svg viewBox="0 0 34 12" aria-hidden="true">${swatch(look)}</svg>${text(look.name)}</li>`).join("")}</ul>` : "";
    host.innerHTML = key +
      `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text(described)}">` +
      `<path class="grid" d="${grid}"/><path class="rule" d="${rules}M${px(box.left)} ${px(box.top)}V${px(bottom)}H${px(end)}"/>` +
      `<g data-x text-anchor="middle">${xticks.map(([f, label]) => `<text x="${X(f)}" y="${px(bottom + 17)}">${label}</text>`).join("")}</g>` +
      `<g data-y text-anchor="end">${yticks.map(([f, label]) => `<text x="${px(box.left - 7)}" y="${px(Y(f) + 4)}">${label}</text>`).join("")}</g>` +
      `<text class="name" x="${px((box.left + end) / 2)}" y="${px(bottom + 36)}" text-anchor="middle">${text(panel.xlabel)}</text>` +
      `<text class="name" x="${px(Math.max(box.left - left + 4, 2))}" y="${px(box.top - 11)}">${text(panel.ylabel)}</text>` +
      `<clipPath id="${name}"><path d="M${px(box.left - room)} ${px(box.top - room)}H${px(end + room)}V${px(bottom + room)}H${px(box.left - room)}z"/></clipPath>` +
      `<g clip-path="url(#${name})">${circle}${looks.map((look, s) => `<path data-s="${s}" class="${look.css}"/>`).join("")}<path class="reader" data-reader /></g>` +
      `<g class="beyond" data-beyond></g><g class="beside" data-beside></g></svg>`;
    const svg = host.querySelector("svg[role=img]"), paths = [...svg.querySelectorAll("[data-s]")], reader = svg.querySelector("[data-reader]");
    const beyond = svg.querySelector("[data-beyond]"), labels = svg.querySelector("[data-beside]");

    // what the box cuts off, with its value at the edge; the value is Python's, from the number itself
    function mark([s, f, side, value]) {
      const label = (side > 0 ? "▲ " : "▼ ") + value, wide = label.length * LETTER, turn = X(f) + wide > end;
      return `<text class="${looks[s].css.split(" ")[0]}" x="${turn ? px(Math.min(X(f) + 5, end - 2)) : px(Math.max(X(f) - 5, box.left + 3))}" y="${side > 0 ? px(box.top + 12) : px(bottom - 4)}" text-anchor="${turn ? "end" : "start"}">${label}</text>`;
    }

    let last = null;
    function draw(frame) {
      last = frame;
      frame.series = looks.map((_, s) => ({ xs: frame.arrays[2 * s], ys: frame.arrays[2 * s + 1] }));
      looks.forEach((look, s) => {
        const { xs, ys } = frame.series[s];
        paths[s].setAttribute("d", dynlib.curve(look, xs, ys, box, panel.base));
        if (look.style !== "bars") return;
        const places = [...new Set(xs)].filter(Number.isFinite).sort((a, b) => a - b);
        const apart = places.length > 1 ? Math.min(...places.slice(1).map((x, k) => x - places[k])) * box.width : 8;
        paths[s].style.strokeWidth = `${px(Math.min(Math.max(0.7 * apart, 1), 24))}px`;
      });
      beyond.innerHTML = frame.facts.map(mark).join("");
      if (!beside) return;
      const wanted = ends(frame, looks).map((f) => box.top + box.height * (1 - Math.min(Math.max(f, 0), 1)));
      const placed = dynlib.spread(wanted, box.top + 6, bottom - 2, 17);
      labels.innerHTML = looks.map((look, s) =>
        `<g class="${look.css.split(" ")[0]}" transform="translate(${px(end + 4)} ${px(placed[s] - 6)})">${swatch(look)}<text x="36" y="10">${text(look.name)}</text></g>`).join("");
    }

    // from the pointer's place in the window to the data, and back
    const scale = () => { const r = svg.getBoundingClientRect(); return { r, k: r.width / width || 1 }; };
    return {
      svg, box, draw,
      place: (clientX, clientY) => { const { r, k } = scale(); return [((clientX - r.left) / k - box.left) / box.width, 1 - ((clientY - r.top) / k - box.top) / box.height]; },
      toData(clientX, clientY) { const [f, g] = this.place(clientX, clientY); return { x: dynlib.value(f, xaxis), y: dynlib.value(g, yaxis) }; },
      toPixel(x, y) {
        const { r, k } = scale();
        return { x: r.left + k * (box.left + box.width * dynlib.fraction(x, xaxis)), y: r.top + k * (box.top + box.height * (1 - dynlib.fraction(y, yaxis))) };
      },
      overlay(curve) {
        const d = curve ? dynlib.curve({ style: "line" }, curve.x.map((x) => dynlib.fraction(x, xaxis)), curve.y.map((y) => dynlib.fraction(y, yaxis)), box, 0) : "";
        reader.setAttribute("d", d);
        reader.innerHTML = curve ? `<title>${text(curve.name)}</title>` : "";
      },
      numbers: (s) => last && { x: [...last.arrays[2 * s]].map((f) => (Number.isFinite(f) ? dynlib.value(f, xaxis) : null)), y: [...last.arrays[2 * s + 1]].map((f) => (Number.isFinite(f) ? dynlib.value(f, yaxis) : null)) },
    };
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
