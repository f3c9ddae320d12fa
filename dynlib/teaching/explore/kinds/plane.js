// Points in the complex plane: see plane.py.
(function (dynlib) {
  "use strict";
  dynlib.kinds.plane = { read: dynlib.readSeries, live: dynlib.liveSeries, build: dynlib.axesPicture };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
