// Bars over names: see bars.py.
(function (dynlib) {
  "use strict";
  const LETTER = 6.7, px = (x) => Math.round(10 * x) / 10;

  function build(host, panel, size) {
    const { names, series, axis, base } = panel, text = dynlib.escape, { width, height } = size;
    const left = Math.max(Math.max(...axis.ticks.map(([, label]) => label.length)) * LETTER + 14, 30), above = panel.ylabel ? 26 : 10;
    const group = (width - left - 12) / names.length, slanted = Math.max(...names.map((name) => name.length)) * LETTER > group - 4;
    const below = slanted ? Math.min(Math.max(...names.map((name) => name.length)) * LETTER * 0.7 + 14, 90) : 26;
    const box = { left, top: above, width: width - left - 12, height: height - above - below }, bottom = box.top + box.height;
    const Y = (f) => px(bottom - box.height * f), bar = Math.min((0.8 * group) / series.length, 44), middle = (k) => left + (k + 0.5) * group;
    const place = (s, k) => middle(k) + (s - (series.length - 1) / 2) * bar;
    const label = (name, k) => (slanted
      ? `<text text-anchor="end" transform="translate(${px(middle(k) + 4)} ${px(bottom + 14)}) rotate(-40)">${text(name)}</text>`
      : `<text text-anchor="middle" x="${px(middle(k))}" y="${px(bottom + 17)}">${text(name)}</text>`);
    const key = series.length > 1 ? `<ul class="key">${series.map(([name], s) => `<li><svg viewBox="0 0 34 12" aria-hidden="true"><rect class="fill s${s}" x="8" y="1" width="18" height="10"/></svg>${text(name)}</li>`).join("")}</ul>` : "";
    host.innerHTML = key +
      `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text(`${panel.title || panel.ylabel}: bars for ${names.join(", ")}`)}">` +
      `<path class="grid" d="${axis.ticks.map(([f]) => `M${px(left)} ${Y(f)}H${px(left + box.width)}`).join("")}"/>` +
      `<g data-y text-anchor="end">${axis.ticks.map(([f, says]) => `<text x="${px(left - 7)}" y="${px(Y(f) + 4)}">${says}</text>`).join("")}</g>` +
      `<g data-bars>${series.map((_, s) => names.map((_name, k) => `<rect class="fill s${s}" x="${px(place(s, k) - 0.46 * bar)}" width="${px(0.92 * bar)}"/>`).join("")).join("")}</g>` +
      `<path class="rule" d="M${px(left)} ${px(box.top)}V${px(bottom)}M${px(left)} ${Y(base)}H${px(left + box.width)}"/><g data-names>${names.map(label).join("")}</g>` +
      `<text class="name" x="2" y="${px(box.top - 11)}">${text(panel.ylabel)}</text><g class="beyond" data-beyond></g></svg>`;
    const rects = [...host.querySelectorAll("[data-bars] rect")], beyond = host.querySelector("[data-beyond]");
    let last = null;
    return {
      svg: host.querySelector("svg[role=img]"), box,
      draw(frame) {
        last = frame;
        frame.arrays.forEach((values, s) => values.forEach((f, k) => {
          const cut = Math.min(Math.max(f, 0), 1), rect = rects[s * names.length + k], [low, high] = [Math.min(cut, base), Math.max(cut, base)];
          rect.setAttribute("y", Number.isNaN(f) ? Y(base) : Y(high));
          rect.setAttribute("height", Number.isNaN(f) ? 0 : px((high - low) * box.height));
        }));
        beyond.innerHTML = frame.facts.map(([s, k, side, value]) =>
          `<text class="value" text-anchor="middle" x="${px(place(s, k))}" y="${side > 0 ? px(box.top + 12) : px(bottom - 4)}">${side > 0 ? "▲" : "▼"}${value}</text>`).join("");
      },
      numbers: (s) => last && [...last.arrays[s]].map((f) => (Number.isNaN(f) ? null : dynlib.value(f, axis))),
    };
  }

  dynlib.kinds.bars = {
    read(panel, texts, code) {
      const facts = texts[texts.length - 1];
      return { arrays: texts.slice(0, -1).map((text) => dynlib.fractions(text, code)), facts: facts ? JSON.parse(facts) : [] };
    },
    live: (panel, content) => ({ arrays: panel.series.map(([name]) => Float64Array.from(content[name], (value) => dynlib.fraction(value, panel.axis))), facts: [] }),
    build,
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
