// The pointer network's answer to points, judged: the same as hull.py.
(function (dynlib) {
  "use strict";
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const times = (matrix, x) => matrix.map((row) => row.reduce((sum, w, k) => sum + w * x[k], 0));
  function lstm(w, name, x, [h, c]) {
    const fromX = times(w[name + "_x"], x), fromH = times(w[name + "_h"], h), H = h.length;
    const gate = (k, r) => fromX[k * H + r] + fromH[k * H + r] + w[name + "_b"][k * H + r];
    const cell = c.map((old, r) => sigmoid(gate(1, r)) * old + sigmoid(gate(0, r)) * Math.tanh(gate(2, r)));
    return [cell.map((value, r) => sigmoid(gate(3, r)) * Math.tanh(value)), cell];
  }
  function network(w, points) {
    const x = points.map((point) => point.map((value) => w.scale * (value - 0.5))), zero = () => Array(w.v.length).fill(0);
    let state = [zero(), zero()], fed = w.start;
    const keys = [times(w.W1, w.end)], named = new Set(), rows = [], answer = [];
    for (const point of x) keys.push(times(w.W1, (state = lstm(w, "encoder", point, state))[0]));
    while (rows.length <= x.length) {
      const query = times(w.W2, (state = lstm(w, "decoder", fed, state))[0]);
      const scores = keys.map((key, j) => (named.has(j) ? -Infinity : key.reduce((sum, e, h) => sum + w.v[h] * Math.tanh(e + query[h]), 0)));
      const top = Math.max(...scores), shares = scores.map((score) => Math.exp(score - top)), choice = scores.indexOf(top);
      const all = shares.reduce((sum, share) => sum + share, 0);
      rows.push(shares.map((share) => share / all));
      if (choice === 0) break;
      named.add(choice);
      answer.push(choice);
      fed = x[choice - 1];
    }
    return [rows, answer];
  }
  const side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  function hull(points) {
    // from the lowest point, always on to the one that has all others to its left
    const far = (a, b) => Math.hypot(points[b][0] - points[a][0], points[b][1] - points[a][1]);
    const start = points.reduce((best, [x, y], j) => (y < points[best][1] || (y === points[best][1] && x < points[best][0]) ? j : best), 0);
    const order = [start];
    for (let here = start; order.length <= points.length;) {
      let next = -1;
      points.forEach((point, j) => {
        if (far(here, j) === 0) return;
        const turn = next < 0 ? -1 : side(points[here], points[next], point);
        if (turn < 0 || (turn === 0 && far(here, j) > far(here, next))) next = j;
      });
      if (next < 0 || far(next, start) === 0) break;
      order.push((here = next));
    }
    return order;
  }
  const area = (corners) => corners.reduce((sum, a, k) => sum + side([0, 0], a, corners[(k + 1) % corners.length]) / 2, 0);
  function crosses(corners) {
    const n = corners.length, edge = (k) => [corners[k], corners[(k + 1) % n]];
    const apart = (e, f) => side(...e, f[0]) * side(...e, f[1]) < 0;
    for (let i = 0; i < n; i++) for (let k = i + 2; k < n; k++) if (apart(edge(i), edge(k)) && apart(edge(k), edge(i))) return true;
    return false;
  }
  function judge(points, answer, order) {
    const said = `The network points at ${answer.join(", ") || "nothing"}`, own = order.map((j) => j + 1);
    if (answer.length < 3) return `${said}, and ends before it has a polygon.`;
    const turns = [own, [...own].reverse()].map((way) => `,${[...way, ...way]},`);
    if (answer.length === own.length && turns.some((turn) => turn.includes(`,${answer},`))) return `${said}: exactly the hull.`;
    const corners = answer.map((j) => points[j - 1]);
    if (crosses(corners)) return `${said}: its edges cross.`;
    const share = Math.floor((1000 * Math.abs(area(corners))) / Math.abs(area(order.map((j) => points[j]))) + 0.5) / 10;
    return `${said}: not the hull, but ${share} % of its area.`;
  }

  dynlib.twins.hull = function ({ constants, controls, points }) {
    const [rows, answer] = network(constants.weights, points), order = hull(points);
    const both = (places) => [0, 1].map((c) => places.map((place) => place[c]));
    const ends = answer.flatMap((a, k) => [points[a - 1], points[answer[(k + 1) % answer.length] - 1]]);
    const content = { "the hull": both(order.map((j) => points[j])), "the network": both(ends), points: both(points) };
    return { panels: [content, rows], words: `${judge(points, answer, order)} ${constants.says[controls.size]}` };
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
