// A pointer network in the page: it answers while its points are dragged. Python puts the id of the widget in place of ID.
(() => {
  const CELL_TOP = 31, ROWS = #ROWS;
  const SIDE = 2800, LEFT = 400, TOP = 150, GAP = 110;
  // INCLUDE draw_table.mjs

  // weights.packed
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  function unpackWeights(packed) {
    const weights = {};
    for (const [name, value] of Object.entries(packed)) {
      if (typeof value === "number") weights[name] = value;
      else if (value.length === 1) weights[name] = new Float32Array(bytes(value[0]));
      else {
        const [cols, text, scales] = value, steps = new Int8Array(bytes(text)), scale = new Float32Array(bytes(scales));
        weights[name] = Array.from(scale, (s, r) => Float64Array.from(steps.subarray(r * cols, (r + 1) * cols), (k) => k * s));
      }
    }
    return weights;
  }

  // dynlib.pointer.plain
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const times = (matrix, x) => matrix.map((row) => row.reduce((sum, w, k) => sum + w * x[k], 0));
  function lstm(weights, name, x, [h, c]) {
    const fromX = times(weights[name + "_x"], x), fromH = times(weights[name + "_h"], h), H = h.length;
    const gate = (k, r) => fromX[k * H + r] + fromH[k * H + r] + weights[name + "_b"][k * H + r];
    const cell = c.map((old, r) => sigmoid(gate(1, r)) * old + sigmoid(gate(0, r)) * Math.tanh(gate(2, r)));
    return [cell.map((value, r) => sigmoid(gate(3, r)) * Math.tanh(value)), cell];
  }
  function plainAnswer(weights, points) {
    const x = points.map((point) => point.map((value) => weights.scale * (value - 0.5))), zero = () => Array(weights.v.length).fill(0);
    let state = [zero(), zero()], fed = weights.start;
    const keys = [times(weights.W1, weights.end)], named = new Set(), rows = [], answer = [];
    for (const point of x) {
      state = lstm(weights, "encoder", point, state);
      keys.push(times(weights.W1, state[0]));
    }
    while (rows.length <= x.length) {
      state = lstm(weights, "decoder", fed, state);
      const query = times(weights.W2, state[0]);
      const scores = keys.map((key, j) => named.has(j) ? -Infinity : key.reduce((sum, e, h) => sum + weights.v[h] * Math.tanh(e + query[h]), 0));
      const top = Math.max(...scores), shares = scores.map((score) => Math.exp(score - top));
      const all = shares.reduce((sum, share) => sum + share, 0), choice = scores.indexOf(top);
      rows.push(shares.map((share) => share / all));
      if (choice === 0) break;
      named.add(choice);
      answer.push(choice);
      fed = x[choice - 1];
    }
    return [rows, answer];
  }

  // draw_field
  const round = (x) => Math.floor(x + 0.5);
  const at = ([x, y]) => [round(LEFT + SIDE * x), round(TOP + SIDE * (1 - y))];
  const move = (letter, x, y) => `${letter}${round(x)} ${round(y)}`;
  function arrows(points, answer) {
    return answer.map((a, k) => {
      const [x, y] = at(points[a - 1]), [u, v] = at(points[answer[(k + 1) % answer.length] - 1]);
      const length = Math.hypot(u - x, v - y), e = (u - x) / length, f = (v - y) / length;
      if (length <= 2 * GAP) return "";
      const m = (x + u) / 2 + 60 * e, n = (y + v) / 2 + 60 * f;
      return move("M", x + GAP * e, y + GAP * f) + move("L", u - GAP * e, v - GAP * f)
        + move("M", m - 120 * e + 60 * f, n - 120 * f - 60 * e) + move("L", m, n) + move("L", m - 120 * e - 60 * f, n - 120 * f + 60 * e);
    }).join("");
  }
  const side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  function hull(points) {
    // from the lowest point, always on to the one that has all others to its left
    const far = (a, b) => Math.hypot(points[b][0] - points[a][0], points[b][1] - points[a][1]);
    const start = points.reduce((best, [x, y], j) => y < points[best][1] || (y === points[best][1] && x < points[best][0]) ? j : best, 0);
    const order = [start];
    for (let here = start; order.length <= points.length;) {
      let next = -1;
      points.forEach((point, j) => {
        if (far(here, j) === 0) return;
        const turn = next < 0 ? -1 : side(points[here], points[next], point);
        if (turn < 0 || (turn === 0 && far(here, j) > far(here, next))) next = j;
      });
      if (next < 0 || next === start || far(next, start) === 0) break;
      order.push(here = next);
    }
    return order;
  }
  const outline = (points) => "M" + hull(points).map((j) => at(points[j]).join(" ")).join("L") + "Z";
  const dots = (points, chosen) => points.map((point, k) => {
    const [x, y] = at(point), own = k + 1 === chosen;
    return `<circle${own ? ' class="chosen"' : ""} cx="${x}" cy="${y}" r="${own ? 75 : 50}"></circle><text x="${x + 80}" y="${y - 60}">${k + 1}</text>`;
  }).join("");
  const area = (corners) => corners.reduce((sum, [x, y], k) => {
    const [u, v] = corners[(k + 1) % corners.length];
    return sum + (x * v - y * u) / 2;
  }, 0);
  function crosses(corners) {
    const n = corners.length, edge = (k) => [corners[k], corners[(k + 1) % n]];
    const apart = (e, f) => side(...e, f[0]) * side(...e, f[1]) < 0;
    for (let i = 0; i < n; i++)
      for (let k = i + 2; k < n; k++) if (apart(edge(i), edge(k)) && apart(edge(k), edge(i))) return true;
    return false;
  }
  function judge(points, answer) {
    const said = answer.join(", ") || "nothing", order = hull(points).map((j) => j + 1), n = order.length;
    if (answer.length < 3) return `The network points at ${said}, and ends before it has a polygon.`;
    const turns = [order, [...order].reverse()].flatMap((way) => way.map((_, k) => [...way.slice(k), ...way.slice(0, k)].join()));
    if (answer.length === n && turns.includes(answer.join())) return `The network points at ${said}: exactly the hull.`;
    const corners = answer.map((j) => points[j - 1]);
    if (crosses(corners)) return `The network points at ${said}: its edges cross.`;
    const share = round((1000 * Math.abs(area(corners))) / Math.abs(area(hull(points).map((j) => points[j])))) / 10;
    return `The network points at ${said}: not the hull, but ${share} % of its area.`;
  }

  // the table: rows of probabilities as levels, missing where there is no step or no point
  const levels = (rows) => Array.from({ length: ROWS }, (_, i) => Array.from({ length: ROWS }, (_, j) =>
    i < rows.length && j < rows[i].length ? round(rows[i][j] * CELL_TOP) : null));

  function wake(root) {
    const find = (what) => root.querySelector(what), control = (name) => find(`[data-control="${name}"]`);
    const data = JSON.parse(find("script").textContent), weights = unpackWeights(data.weights);
    const sets = data.points.map((points) => points.map((point) => [...point]));
    let size = data.start, chosen = data.chosen, drawn = 1;
    const points = () => sets[size];

    function draw() {
      const [rows, answer_] = plainAnswer(weights, points()), table = levels(rows);
      find("[data-hull]").setAttribute("d", outline(points()));
      find("[data-arrows]").setAttribute("d", arrows(points(), answer_));
      find("[data-dots]").innerHTML = dots(points(), chosen);
      find("[data-cells]").innerHTML = cells(table);
      find("[data-bars]").innerHTML = bars(table, chosen);
      find("[data-column]").setAttribute("x", chosen);
      find("[data-asked]").textContent = `answer to point ${chosen}`;
      find("[role=status]").textContent = [judge(points(), answer_), data.says[size], answer(data.table, table, chosen)].join(" ");
      Object.assign(control("size"), { value: size });
      Object.assign(control("point"), { max: points().length, value: chosen });
      for (const [name, text] of [["size", `${points().length} points`], ["point", `${chosen}`]]) {
        control(name).setAttribute("aria-valuetext", `${control(name).dataset.label} ${text}`);
        control(name).closest(".setting").querySelector("output").textContent = text;
      }
    }
    const place = (x, y) => {
      points()[chosen - 1] = [x, y].map((value) => Math.min(Math.max(round(100 * value) / 100, 0), 1));
      draw();
    };

    control("size").addEventListener("input", (event) => { size = +event.target.value; chosen = Math.min(chosen, points().length); draw(); });
    control("point").addEventListener("input", (event) => { chosen = +event.target.value; draw(); });
    find("[data-new]").addEventListener("click", () => {
      // a small generator of its own, so that the same clicks give the same points
      sets[size] = points().map(() => [0, 0].map(() => ((drawn = (drawn * 48271) % 2147483647) % 101) / 100));
      draw();
    });
    const square = find("[data-square]"), field = find("[data-field]");
    const under = (event) => {
      const { left, top, width, height } = square.getBoundingClientRect();
      return [(event.clientX - left) / width, 1 - (event.clientY - top) / height];
    };
    square.addEventListener("pointerdown", (event) => {
      const [x, y] = under(event), far = points().map(([u, v]) => Math.hypot(u - x, v - y)), nearest = far.indexOf(Math.min(...far));
      if (far[nearest] > 0.12) return;
      chosen = nearest + 1;
      square.setPointerCapture(event.pointerId);
      field.focus({ preventScroll: true });
      event.preventDefault();
      draw();
    });
    square.addEventListener("pointermove", (event) => square.hasPointerCapture(event.pointerId) && place(...under(event)));
    field.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const [x, y] = points()[chosen - 1], far = event.shiftKey ? 0.1 : 0.02;
      place(x + far * step[0], y + far * step[1]);
    });
    const hit = find("[data-hit]");
    hit.addEventListener("pointerdown", (event) => {
      const { left, width } = hit.getBoundingClientRect(), column = Math.floor(((event.clientX - left) / width) * ROWS);
      if (column >= 1 && column <= points().length) { chosen = column; draw(); }
    });

    // for tests, and for the curious at the console
    root.dynlib = { answer: (asked) => plainAnswer(weights, asked || points()), points, judge: (p, a) => judge(p, a) };
    find("form").onsubmit = () => false;
    find("fieldset").disabled = false;
    draw();
  }

  for (const root of document.querySelectorAll("#ID")) if (!root.dynlib) wake(root);
})();
