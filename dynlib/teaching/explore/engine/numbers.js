// Numbers out of text and back to what a reader reads. levels.py writes them, and says in data.code how.
(function (dynlib) {
  "use strict";

  // base64 VLQ of differences
  dynlib.unpack = function (text, code) {
    const levels = [];
    let last = 0, number = 0, shift = 0;
    for (const character of text) {
      const digit = code.alphabet.indexOf(character);
      number += (digit & 31) << shift;
      shift += 5;
      if (digit < 32) {
        last += number & 1 ? -(number >> 1) : number >> 1;
        levels.push(last);
        number = shift = 0;
      }
    }
    return levels;
  };

  // places along an axis: 0 at its low end, 1 at its high end, NaN for a gap
  dynlib.fractions = (text, code) =>
    Float64Array.from(dynlib.unpack(text, code), (level) => (level === code.missing ? NaN : (3 * level) / code.top - 1));

  // cells of a table: the signed square root of the value over the limit
  dynlib.cells = (text, code) =>
    Float64Array.from(text, (character) => {
      const digit = code.alphabet.indexOf(character);
      return digit === code.missingCell ? NaN : (digit - code.cells) / code.cells;
    });

  dynlib.fraction = function (value, axis) {
    const [low, high] = axis.ends, t = axis.log ? Math.log10(value) : value;
    return Number.isFinite(t) ? (t - low) / (high - low) : NaN;
  };

  dynlib.value = function (fraction, axis) {
    const [low, high] = axis.ends, t = low + fraction * (high - low);
    return axis.log ? 10 ** t : t;
  };

  // three significant digits and a true minus
  dynlib.short = (value) => String(Number((value * (1 + 1e-9)).toPrecision(3))).replace("-", "−");

  // {column} and the like in a sentence that Python wrote
  dynlib.fill = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (_, name) => facts[name]);

  dynlib.escape = (text) =>
    String(text).replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character]);

  // matrices and vectors as page_weights.packed writes them: bytes times a scale for each row, single precision
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  dynlib.unpackArrays = (packed) =>
    Object.fromEntries(Object.entries(packed).map(([name, value]) => {
      if (typeof value === "number") return [name, value];
      if (value.length === 1) return [name, new Float32Array(bytes(value[0]))];
      const [cols, text, scales] = value, steps = new Int8Array(bytes(text));
      return [name, Array.from(new Float32Array(bytes(scales)), (s, r) => Float64Array.from(steps.subarray(r * cols, (r + 1) * cols), (k) => k * s))];
    }));

  // between two frames: numbers on their way from one to the other; gaps, and what has another length, at once
  dynlib.mix = function (from, to, t) {
    if (!from || from.length !== to.length) return to;
    return to.map((value, k) => (Number.isFinite(from[k]) && Number.isFinite(value) ? from[k] + (value - from[k]) * t : value));
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
