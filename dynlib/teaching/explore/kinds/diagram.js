// Boxes and arrows with a highlighted path: see diagram.py.
(function (dynlib) {
  "use strict";
  const LETTER = 7, px = (x) => Math.round(10 * x) / 10;

  function build(host, panel, size) {
    const { boxes, arrows } = panel, text = dynlib.escape, xs = boxes.map((box) => box[1]), ys = boxes.map((box) => box[2]);
    const span = (values) => Math.max(...values) - Math.min(...values), tall = 46;
    const height = Math.min(size.height, (span(ys) + 1) * 96), wide = Math.min(Math.max(...boxes.map((box) => box[3].length)) * LETTER + 22, (size.width - 8) / (span(xs) + 1) - 14);
    const X = (x) => (span(xs) ? wide / 2 + 4 + ((x - Math.min(...xs)) / span(xs)) * (size.width - wide - 8) : size.width / 2);
    const Y = (y) => (span(ys) ? tall / 2 + 4 + ((y - Math.min(...ys)) / span(ys)) * (height - tall - 8) : height / 2);
    const at = Object.fromEntries(boxes.map(([name, x, y]) => [name, [X(x), Y(y)]]));
    const drawn = arrows.map(([from, to, label]) => {
      const [[x, y], [u, v]] = [at[from], at[to]], long = Math.hypot(u - x, v - y) || 1, e = (u - x) / long, f = (v - y) / long;
      const out = Math.min(Math.abs(e) > 1e-9 ? (wide / 2 + 4) / Math.abs(e) : Infinity, Math.abs(f) > 1e-9 ? (tall / 2 + 4) / Math.abs(f) : Infinity);
      const [a, b, c, d] = [x + out * e, y + out * f, u - out * e, v - out * f];
      const head = `M${px(c - 8 * e + 5 * f)} ${px(d - 8 * f - 5 * e)}L${px(c)} ${px(d)}L${px(c - 8 * e - 5 * f)} ${px(d - 8 * f + 5 * e)}`;
      const side = Math.abs(e) > 0.5 ? `text-anchor="middle" x="${px((a + c) / 2)}" y="${px((b + d) / 2 - 7)}"` : `x="${px((a + c) / 2 + 8)}" y="${px((b + d) / 2 + 4)}"`;
      return `<g data-arrow="${text(from)}→${text(to)}"><path d="M${px(a)} ${px(b)}L${px(c)} ${px(d)}${head}"/><text ${side}>${text(label)}</text></g>`;
    });
    const made = boxes.map(([name, , , label]) => {
      const [x, y] = at[name];
      return `<g data-box="${text(name)}"><rect class="node" rx="6" x="${px(x - wide / 2)}" y="${px(y - tall / 2)}" width="${px(wide)}" height="${tall}"/>` +
        `<text text-anchor="middle" x="${px(x)}" y="${px(y + 4)}">${text(label)}</text><text class="note" data-note text-anchor="middle" x="${px(x)}" y="${px(y + 16)}"></text></g>`;
    });
    const described = `${panel.title || "diagram"}: ${arrows.map(([from, to]) => `${from} to ${to}`).join(", ")}`;
    host.innerHTML = `<svg class="diagram" viewBox="0 0 ${size.width} ${px(height)}" role="img" aria-label="${text(described)}">${drawn.join("")}${made.join("")}</svg>`;
    const groups = [...host.querySelectorAll("[data-box], [data-arrow]")];
    return {
      svg: host.querySelector("svg"),
      draw({ facts: [path, notes] }) {
        const on = new Set([...path, ...path.slice(1).map((name, k) => `${path[k]}→${name}`)]);
        for (const group of groups) {
          group.classList.toggle("on", on.has(group.dataset.box ?? group.dataset.arrow));
          if (!group.dataset.box) continue;
          const [label, note] = group.querySelectorAll("text"), says = notes[group.dataset.box] || "";
          note.textContent = says;
          label.setAttribute("dy", says ? -9 : 0);
        }
      },
      numbers: () => null,
    };
  }

  dynlib.kinds.diagram = {
    read: (panel, texts) => ({ arrays: [], facts: JSON.parse(texts[0]) }),
    live: (panel, content) => ({ arrays: [], facts: [content.path, content.notes || {}] }),
    build,
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
