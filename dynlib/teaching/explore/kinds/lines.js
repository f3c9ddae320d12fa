// Curves over a linear or log axis: see lines.py.
(function (dynlib) {
  "use strict";
  dynlib.kinds.lines = { read: dynlib.readSeries, live: dynlib.liveSeries, build: dynlib.axesPicture };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
