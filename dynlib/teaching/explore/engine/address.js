// A widget's state as text: in the page's address, and as a line of Python.
(function (dynlib) {
  "use strict";

  // #echo?lag=100&modes=64
  dynlib.address = (data, chosen) =>
    `#${data.name}?` + data.controls.map((control, c) => `${encodeURIComponent(control.parameter)}=${encodeURIComponent(control.values[chosen[c]])}`).join("&");

  // the places that an address asks for; null where it is another widget's, or names what is not there
  dynlib.fromAddress = function (data, hash) {
    const [name, query] = hash.replace(/^#/, "").split("?");
    if (!data.name || name !== data.name || query === undefined) return null;
    const asked = new URLSearchParams(query);
    return data.controls.map((control) => {
      const place = control.values.findIndex((value) => String(value) === asked.get(control.parameter));
      return place < 0 ? control.start : place;
    });
  };

  const python = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
  dynlib.asCode = (data, chosen) => `${data.call}(${data.controls.map((control, c) => `${control.parameter}=${python(control.values[chosen[c]])}`).join(", ")})`;

  // a value as a rule or a reader writes it: 100, "100 steps" or Real
  dynlib.placeOf = (control, said) => control.values.findIndex((value, k) => String(value) === String(said) || control.says[k] === String(said));

  // whether the chosen places answer one of the rules: each a set of {label: value}
  dynlib.answers = (data, chosen, rules) =>
    rules.some((rule) => Object.entries(rule).every(([label, said]) => {
      const c = data.controls.findIndex((control) => control.label === label || control.parameter === label);
      return c >= 0 && chosen[c] === dynlib.placeOf(data.controls[c], said);
    }));
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {} }));
