// The form above the picture: sliders, choices, a table's impulse, and the buttons below it.
(function (dynlib) {
  "use strict";
  const text = (value) => dynlib.escape(value);

  function range(label, count, start, says, attributes, more = "") {
    return `<div class="setting"><label><span>${text(label)}</span><input type="range" min="0" max="${count - 1}" step="1" value="${start}" ` +
      `${attributes} data-label="${text(label)}" aria-valuetext="${text(says)}" data-lm-suppress-shortcuts="true"></label><output aria-live="off">${text(says)}</output>${more}</div>`;
  }

  function slider(control, c) {
    const play = control.play ? `<button type="button" data-play="${c}" aria-pressed="false" aria-label="play ${text(control.label)}">▶</button>` : "";
    const last = control.says.length - 1;
    const marks = control.marks.length ? `<span class="marks" aria-hidden="true">${control.marks.map(([at, label]) => `<i style="left:${((100 * at) / last).toFixed(1)}%">${label}</i>`).join("")}</span>` : "";
    return range(control.label, control.says.length, control.start, control.says[control.start], `data-control="${c}"`, play + marks);
  }

  function choice(control, c, unique) {
    const radios = control.says.map((says, k) =>
      `<label><input type="radio" name="${unique}-${c}" value="${k}"${k === control.start ? " checked" : ""} data-control="${c}" data-lm-suppress-shortcuts="true">${text(says)}</label>`).join("");
    return `<div class="setting choice" role="radiogroup" aria-label="${text(control.label)}"><span aria-hidden="true">${text(control.label)}</span><div class="radios">${radios}</div></div>`;
  }

  dynlib.form = function (data, unique) {
    const rows = data.controls.map((control, c) => (control.slider ? slider(control, c) : choice(control, c, unique)));
    data.panels.forEach((panel, p) => {
      const impulse = dynlib.kinds[panel.kind].impulse;
      if (!impulse) return;
      const { label, count, start } = impulse(panel);
      rows.push(range(label, count, start, `${start}`, `data-impulse="${p}"`));
    });
    return `<form autocomplete="off"><fieldset>${rows.join("")}</fieldset></form>`;
  };

  dynlib.tools = (data) =>
    `<div class="tools"><button type="button" data-reset>Reset</button><button type="button" data-code title="A line of Python that makes this state">Copy as code</button>` +
    (data.live ? `<button type="button" data-new>New points</button>` : "") +
    `<span data-told role="status"></span></div>`;

  // a control's input shows the place that it stands at
  dynlib.showControl = function (root, control, c, place) {
    for (const input of root.querySelectorAll(`[data-control="${c}"]`)) {
      if (input.type === "radio") input.checked = +input.value === place;
      else dynlib.showRange(input, place, control.says[place]);
    }
  };
  dynlib.showRange = function (input, place, says) {
    input.value = place;
    input.setAttribute("aria-valuetext", `${input.dataset.label} ${says}`);
    input.closest(".setting").querySelector("output").textContent = says;
  };
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
