// Unit tests of the script's parts that need no page: node --test.
const test = require("node:test"), assert = require("node:assert/strict"), path = require("node:path");
const here = path.join(__dirname, "../../../dynlib/teaching/explore");
for (const part of ["engine/numbers", "engine/axes", "engine/address"]) require(path.join(here, part));
const dynlib = globalThis.dynlibExplore;
const BOX = { left: 100, top: 50, width: 400, height: 200 };
const draw = (style, xs, ys) => dynlib.curve({ style, k: 1 }, xs, ys, BOX, 0);

test("a line runs between the corners of its box", () => {
  assert.equal(draw("line", [0, 1, 0.5], [0, 1, 0.5]), "M100 250L500 50L300 150");
});

test("a gap lifts the pen and closes an area", () => {
  const x = [0, 0.25, 0.5, 0.75, 1], y = [0.5, 0.5, NaN, 0.5, 0.5], shape = (d) => d.replace(/-?\d+(\.\d)?/g, "#");
  assert.equal(shape(draw("line", x, y)), "M# #L# #M# #L# #");
  assert.equal(shape(draw("area", x, y)), "M# #V#L# #V#M# #V#L# #V#");
  assert.equal(shape(draw("steps", x, y)), "M# #H#V#M# #H#V#");
  assert.equal(draw("points", x, y).match(/M/g).length, 4);
  assert.equal(draw("line", x, x.map(() => NaN)), "");
});

test("an arrow begins and ends beside its points, and one that is too short is left out", () => {
  assert.ok(draw("arrows", [0, 1], [0.5, 0.5]).startsWith("M111 150L489 150"));
  assert.equal(draw("arrows", [0.5, 0.51], [0.5, 0.5]), "");
});

test("labels keep their order, their distance and the box", () => {
  const placed = dynlib.spread([100, 101, 40, 99, 260], 10, 250, 17);
  const order = placed.map((y, k) => [y, k]).sort((a, b) => a[0] - b[0]).map(([, k]) => k);
  assert.deepEqual(order, [2, 3, 0, 1, 4]);
  const sorted = [...placed].sort((a, b) => a - b);
  for (let k = 1; k < sorted.length; k++) assert.ok(sorted[k] - sorted[k - 1] >= 17 - 1e-9);
  assert.ok(sorted[0] >= 10 && sorted[sorted.length - 1] <= 250);
});

test("frames mix number by number; gaps and other lengths change at once", () => {
  assert.deepEqual([...dynlib.mix([0, NaN, 1], Float64Array.of(1, 2, NaN), 0.25)], [0.25, 2, NaN]);
  assert.deepEqual(dynlib.mix([0, 1], [5], 0.5), [5]);
  assert.deepEqual(dynlib.mix(null, [5], 0.5), [5]);
});

const control = (label, values, unit, start = 0) => ({ label, parameter: label.replace(" ", "_"), values, says: values.map((v) => `${v}${unit}`), start });
const data = { name: "echo", call: "echo", controls: [control("half life", [2, 4, 8], " steps", 1), control("law", ["Real", "S4D-Inv"], "")] };

test("a state is an address and comes back from it", () => {
  assert.equal(dynlib.address(data, [2, 1]), "#echo?half_life=8&law=S4D-Inv");
  assert.deepEqual(dynlib.fromAddress(data, "#echo?half_life=8&law=S4D-Inv"), { places: [2, 1], points: null });
  assert.deepEqual(dynlib.fromAddress(data, "#echo?law=S4D-Inv&half_life=7").places, [1, 1]); // what is not on offer stays at its start
  for (const other of ["#other?half_life=8", "#echo", "", "#"]) assert.equal(dynlib.fromAddress(data, other), null);
  const points = [[0.12, 0.3], [1, 0]];
  assert.equal(dynlib.address(data, [0, 0], points), "#echo?half_life=2&law=Real&points=12.30.100.0");
  assert.deepEqual(dynlib.fromAddress(data, dynlib.address(data, [0, 0], points)).points, points);
});

test("a state is a line of Python", () => {
  assert.equal(dynlib.asCode(data, [2, 1]), 'echo(half_life=8, law="S4D-Inv")');
  assert.equal(dynlib.asCode(data, [0, 0], [[0.5, 1]]), 'echo(half_life=2, law="Real", points=[[0.5,1]])');
});

test("a rule names labels and values as a reader does", () => {
  const rules = [{ "half life": "4 steps", law: "Real" }, { half_life: "8" }];
  assert.deepEqual([[1, 0], [1, 1], [2, 1], [0, 0]].map((chosen) => dynlib.answers(data, chosen, rules)), [true, false, true, false]);
  assert.equal(dynlib.answers(data, [0, 0], [{ unknown: "1" }]), false);
  assert.equal(dynlib.answers(data, [0, 0], []), false);
});

test("three digits and a true minus", () => {
  assert.deepEqual([0.5, 17.518, -0.2, 0, 1234.5].map(dynlib.short), ["0.5", "17.5", "−0.2", "0", "1230"]);
});
