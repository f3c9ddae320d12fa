// A widget's state as text: in the page's address, and as a line of Python.
(function (dynlib) {
  "use strict";

  // #echo?lag=100&modes=64
  dynlib.address = (data, chosen, points) =>
    `#${data.name}?` + data.controls.map((control, c) => `${encodeURIComponent(control.parameter)}=${encodeURIComponent(control.values[chosen[c]])}`).join("&") +
    (points ? `&points=${points.flat().map((value) => Math.round(100 * value)).join(".")}` : "");

  // the places that an address asks for, and points in hundredths; null where it is another widget's
  dynlib.fromAddress = function (data, hash) {
    const [name, query] = hash.replace(/^#/, "").split("?");
    if (!data.name || name !== data.name || query === undefined) return null;
    const asked = new URLSearchParams(query);
    const numbers = (asked.get("points") || "").split(".").map((digits) => Number.parseInt(digits, 10) / 100);
    const points = numbers.length % 2 === 0 && numbers.every((value) => value >= 0 && value <= 1) ? numbers.flatMap((x, k) => (k % 2 ? [] : [[x, numbers[k + 1]]])) : null;
    const places = data.controls.map((control) => {
      const place = control.values.findIndex((value) => String(value) === asked.get(control.parameter));
      return place < 0 ? control.start : place;
    });
    return { places, points };
  };

  const python = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
  dynlib.asCode = function (data, chosen, points) {
    const named = data.controls.map((control, c) => `${control.parameter}=${python(control.values[chosen[c]])}`);
    return `${data.call}(${[...named, ...(points ? [`points=${JSON.stringify(points)}`] : [])].join(", ")})`;
  };

  // a value as a rule or a reader writes it: 100, "100 steps" or Real
  dynlib.placeOf = (control, said) => control.values.findIndex((value, k) => String(value) === String(said) || control.says[k] === String(said));

  // whether the chosen places answer one of the rules: each a set of {label: value}
  dynlib.answers = (data, chosen, rules) =>
    rules.some((rule) => Object.entries(rule).every(([label, said]) => {
      const c = data.controls.findIndex((control) => control.label === label || control.parameter === label);
      return c >= 0 && chosen[c] === dynlib.placeOf(data.controls[c], said);
    }));
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
