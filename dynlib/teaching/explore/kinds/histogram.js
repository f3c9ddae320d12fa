// Shares of samples in bins: see histogram.py.
(function (dynlib) {
  "use strict";
  dynlib.kinds.histogram = { read: dynlib.readSeries, live: dynlib.liveSeries, build: dynlib.axesPicture };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
