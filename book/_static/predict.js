// A prediction: the reader commits, then the answer opens with the reader's own beside it.
// book/_ext/predict.py writes the block, which is whole without this script; nothing leaves the page.
(() => {
  // "40", "40 %", "0,5", "1,000", "−3", "1e-5": a number, or null
  function read(text) {
    let t = text.trim().replace(/[−–]/g, "-").replace(/[\s\u202f\u00a0]*[^\d\s.,eE+-]*$/u, "").replace(/\s/g, "");
    t = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(t) ? t.replace(/,/g, "") : t.replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(t) ? Number(t) : null;
  }

  const RAISED = Object.fromEntries([..."-0123456789"].map((c, k) => [c, [..."⁻⁰¹²³⁴⁵⁶⁷⁸⁹"][k]]));

  // a number in words of at most three digits that count, as the book's sentences have it
  function written(number, digits = 3) {
    const rounded = Number(number.toPrecision(digits));
    const size = Math.abs(rounded);
    if (size === 0 || (size >= 1e-3 && size < 1e7)) {
      return rounded.toLocaleString("en", { maximumFractionDigits: 20 }).replace("-", "−");
    }
    const [mantissa, exponent] = rounded.toExponential().split("e");
    return `${mantissa.replace("-", "−")} · 10${[...exponent.replace("+", "")].map((c) => RAISED[c]).join("")}`;
  }

  const withUnit = (text, unit) => (unit ? `${text} ${unit}` : text);

  // how far apart, in a sentence that judges nobody
  function numberVerdict(said, { truth, said: printed, near, unit }) {
    const yours = withUnit(written(said, 6), unit), ours = withUnit(printed, unit);
    if (Math.abs(said - truth) <= near) return `You said ${yours}, and it is ${ours}.`;
    const off = Math.abs(truth - said), more = truth > said;
    const ratio = said * truth > 0 ? Math.max(said / truth, truth / said) : 0;
    let apart;
    if (ratio >= 2) {
      const times = `${written(ratio, ratio < 10 ? 2 : 1)} times`;
      apart = Math.abs(truth) > Math.abs(said) ? `about ${times} as much` : `your number is about ${times} as large`;
    } else {
      apart = `${withUnit(written(off, 3), unit === "%" ? "percentage points" : unit)} ${more ? "more" : "less"}`;
      if (off <= 0.1 * Math.abs(truth)) apart = `close: ${apart}`;
    }
    return `You said ${yours}. It is ${ours}: ${apart}.`.replace(": close: ", ", close: ");
  }

  // Each kind prepares its form and returns { value(): what is committed, or null with words in the status; set(value): put it
  // there again; clear(); verdict(value): the sentence, as texts and nodes; and, where there is more to show beside the answer,
  // after(value, isNew): null for a reader who passed, undefined where the question is asked again }
  const kinds = {
    number(block, data) {
      const input = block.find("input"), output = block.find("output");
      let moved = !output;
      if (output) input.addEventListener("input", () => { moved = true; output.textContent = input.value; });
      return {
        value() {
          const number = moved ? read(input.value) : null;
          const help = output ? "Move the slider to your number first." : "Write a number, such as 40 or 0.5.";
          if (!output) input.setAttribute("aria-invalid", String(number === null));
          return number === null ? block.say(help, input) : number;
        },
        set(number) { input.value = number; moved = true; if (output) output.textContent = input.value; },
        clear() { if (output) { moved = false; output.textContent = "?"; } else input.value = ""; },
        verdict: (number) => [numberVerdict(number, data)],
      };
    },

    choice(block, data) {
      const radios = block.all("input"), label = (k) => copy(radios[k].parentElement.querySelector("span"));
      return {
        value() {
          const k = radios.findIndex((radio) => radio.checked);
          return k < 0 ? block.say("Choose one first.", radios[0]) : k;
        },
        set(k) { radios[k].checked = true; },
        clear() { for (const radio of radios) radio.checked = false; },
        verdict: (k) => (k === data.right ? ["You said ", label(k), ", and so it is."] : ["You said ", label(k), ". It is ", label(data.right), "."]),
        after(k) {
          radios.forEach((radio, j) => radio.parentElement.classList.toggle("predict-right", k !== undefined && j === data.right));
        },
      };
    },

    ranking(block, data) {
      const list = block.find("ol"), start = [...list.children], sorted = data.places.slice().sort((a, b) => a - b);
      const order = () => [...list.children].map((item) => +item.dataset.choice);
      const name = (item) => item.querySelector(".predict-what").textContent.trim();
      let moved = false;
      const tell = (item) => {
        moved = true;
        block.say(`${name(item)} is now ${[...list.children].indexOf(item) + 1} of ${start.length}.`);
      };
      for (const item of start) {
        const moves = item.querySelector(".predict-moves");
        moves.hidden = false;
        for (const button of moves.children) {
          const by = +button.dataset.by;
          button.setAttribute("aria-label", `Move ${name(item)} ${by < 0 ? "up" : "down"}`);
          const move = (step) => {
            const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
            if (other && !block.frozen) { if (step < 0) other.before(item); else other.after(item); }
            tell(item);
            button.focus();
          };
          button.addEventListener("click", () => move(by));
          button.addEventListener("keydown", (event) => {
            const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (step) { event.preventDefault(); move(step); }
          });
        }
        item.addEventListener("pointerdown", (event) => {
          if (block.frozen || event.target.closest("button") || event.button) return;
          event.preventDefault();
          item.setPointerCapture(event.pointerId);
          item.classList.add("predict-held");
        });
        item.addEventListener("pointermove", (event) => {
          if (!item.hasPointerCapture(event.pointerId)) return;
          const above = item.previousElementSibling, below = item.nextElementSibling;
          const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
          if (above && event.clientY < middle(above)) { above.before(item); tell(item); }
          else if (below && event.clientY > middle(below)) { below.after(item); tell(item); }
          if (!item.hasPointerCapture(event.pointerId)) item.setPointerCapture(event.pointerId);
        });
        item.addEventListener("lostpointercapture", () => item.classList.remove("predict-held"));
      }
      return {
        value: () => (moved ? order() : block.say("Put them in your order first.", list.querySelector("button"))),
        set(value) {
          if ([...value].sort((a, b) => a - b).some((k, place) => k !== place) || value.length !== start.length) throw new Error("no order");
          for (const k of value) list.append(start[k]);
          moved = true;
        },
        clear() { for (const item of start) list.append(item); moved = false; },
        verdict(value) {
          const right = value.filter((k, place) => data.places[k] === sorted[place]).length;
          return [right === value.length ? "You have the order." : `You have ${right} of ${value.length} in their place.`];
        },
        after(value) {
          for (const item of start) {
            const place = value && value.indexOf(+item.dataset.choice);
            item.classList.toggle("predict-right", !!value && data.places[+item.dataset.choice] === sorted[place]);
          }
        },
      };
    },

    // Heights along the x axis of a panel of the widget, as shares of its height: by pointer all of them, by key every third.
    curve(block, data) {
      const COUNT = 25, [xaxis, yaxis] = data.axes, xs = data.x;
      const share = (value, [low, high, log]) => ((log ? Math.log10(value) : value) - low) / (high - low);
      const amount = (f, [low, high, log]) => { const t = low + f * (high - low); return log ? 10 ** t : t; };
      const from = share(xs[0], xaxis), to = share(xs[xs.length - 1], xaxis);
      const places = Array.from({ length: COUNT }, (_, k) => from + ((to - from) * k) / (COUNT - 1));
      const where = (x) => `at ${x}${xaxis[3] ? ` (${xaxis[3]})` : ""}`;
      const button = block.find(".predict-draw button"), keys = block.find(".predict-keys");
      let heights = places.map(() => null), widget = null, last = null;
      block.find(".predict-draw").hidden = keys.hidden = false;

      const known = () => places.flatMap((f, k) => (heights[k] === null ? [] : [[f, heights[k]]]));
      const show = () => {
        const points = known();
        widget?.overlay(data.panel, points.length > 1 ? {
          name: "Your curve", x: points.map(([f]) => amount(f, xaxis)), y: points.map(([, g]) => amount(g, yaxis)),
        } : null);
      };
      // the height at a share of the x axis, straight between what is known and level beyond it
      const at = (f) => {
        const points = known(), k = points.findIndex(([g]) => g >= f);
        if (k === 0) return points[0][1];
        if (k < 0) return points[points.length - 1][1];
        const [[a, u], [b, v]] = [points[k - 1], points[k]];
        return u + ((v - u) * (f - a)) / (b - a);
      };

      const sliders = [];
      for (let k = 0; k < COUNT; k += 3) {
        const label = document.createElement("label"), name = document.createElement("span");
        const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, value: 50 });
        name.textContent = `at ${written(amount(places[k], xaxis), 2)}`;
        input.setAttribute("aria-label", where(written(amount(places[k], xaxis), 2)));
        const output = document.createElement("output");
        label.append(name, input, output);
        keys.lastElementChild.append(label);
        input.addEventListener("input", () => {
          if (!known().length) heights = places.map(() => 0.5);
          heights[k] = input.value / 100;
          for (const j of [k - 3, k]) { // straight to both neighbours
            if (j < 0 || j + 3 >= COUNT) continue;
            for (const i of [1, 2]) heights[j + i] = (heights[j] * (3 - i) + heights[j + 3] * i) / 3;
          }
          tell();
        });
        sliders.push([input, output, k]);
      }
      const tell = () => {
        for (const [input, output, k] of sliders) {
          const height = known().length ? Math.min(Math.max(at(places[k]), 0), 1) : null;
          input.value = Math.round(100 * (height ?? 0.5));
          output.textContent = height === null ? "" : written(amount(height, yaxis));
          input.setAttribute("aria-valuetext", output.textContent || "not drawn");
        }
        show();
      };

      const picture = () => document.getElementById(data.widget);
      const panel = () => picture().querySelectorAll("[data-panel]")[data.panel];
      const draws = (on) => {
        if (on === (button.getAttribute("aria-pressed") === "true")) return;
        button.setAttribute("aria-pressed", String(on));
        button.textContent = on ? "Stop drawing" : "Draw in the picture";
        picture().classList.toggle("predict-drawing", on);
        for (const [name, act] of Object.entries(acts)) panel()[on ? "addEventListener" : "removeEventListener"](name, act, true);
      };
      const acts = {
        pointerdown(event) {
          event.preventDefault();
          event.stopPropagation();
          panel().setPointerCapture(event.pointerId);
          last = null;
          acts.pointermove(event);
        },
        pointermove(event) {
          if (!panel().hasPointerCapture(event.pointerId)) return;
          event.stopPropagation();
          const data_at = widget.toData(data.panel, event.clientX, event.clientY);
          const f = share(data_at.x, xaxis), g = Math.min(Math.max(share(data_at.y, yaxis), 0), 1);
          const [e, h] = last ?? [f, g], room = (to - from) / (COUNT - 1) / 2;
          places.forEach((place, k) => {
            if (place < Math.min(e, f) - room || place > Math.max(e, f) + room) return;
            const height = e === f ? g : h + ((g - h) * (Math.min(Math.max(place, Math.min(e, f)), Math.max(e, f)) - e)) / (f - e);
            heights[k] = Number(height.toFixed(4));
          });
          last = [f, g];
          tell();
        },
      };
      button.addEventListener("click", () => {
        if (!widget) return block.say("The picture is not there yet.");
        const on = button.getAttribute("aria-pressed") !== "true";
        if (on) {
          if (data.on) widget.show(data.on);
          bring(data.widget, "nearest");
        }
        draws(on);
        block.say(on ? "Draw from left to right in the picture." : "");
      });
      withWidget(data.widget, (found) => { widget = found; tell(); });

      return {
        value: () => (known().length > 1 ? places.map((f) => Number(at(f).toFixed(4))) : block.say("Draw a curve first.", button)),
        set(value) { heights = value.slice(); tell(); },
        clear() { heights = places.map(() => null); tell(); },
        verdict() {
          const off = xs.map((x, k) => at(share(x, xaxis)) - share(data.y[k], yaxis)).map(Math.abs);
          const mean = off.reduce((a, b) => a + b, 0) / off.length, k = off.indexOf(Math.max(...off));
          const said = written(amount(at(share(xs[k], xaxis)), yaxis)), is = written(data.y[k]);
          const near = mean < 0.03 ? "lies almost on it" : `is ${written(100 * mean, 2)} % of the picture's height away on average`;
          return [`Your curve, dotted in the picture, ${near}; most ${where(written(xs[k]))}, where you drew ${said} and it is ${is}.`];
        },
        after(value, isNew) {
          if (value === undefined) return;
          if (button.getAttribute("aria-pressed") === "true") draws(false);
          if (value === null) heights = places.map(() => null);
          tell();
          if (isNew) widget?.show(data.locked[0]);
        },
      };
    },
  };

  // scrolls at once for readers who want no motion
  function bring(id, block) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById(id).scrollIntoView({ block, behavior: still ? "instant" : "auto" });
  }

  function copy(node) {
    const made = document.createElement("span");
    made.append(...[...node.childNodes].map((child) => child.cloneNode(true)));
    return made;
  }

  // What was committed is kept for this page, where the browser keeps anything.
  const place = (root) => `predict:${location.pathname}#${root.id}`;
  const kept = {
    get(root) { try { return JSON.parse(localStorage.getItem(place(root))); } catch { return null; } },
    set(root, state) { try { localStorage.setItem(place(root), JSON.stringify(state)); } catch { /* it works without */ } },
    drop(root) { try { localStorage.removeItem(place(root)); } catch { /* it works without */ } },
  };

  // The widget, once it is awake: then(widget.dynlib)
  function withWidget(id, then) {
    const found = () => document.getElementById(id)?.dynlib;
    if (found()) return then(found());
    const listen = () => { if (found()) { document.removeEventListener("dynlib:ready", listen); then(found()); } };
    document.addEventListener("dynlib:ready", listen);
  }

  function wake(root) {
    const data = JSON.parse(root.dataset.predict);
    const find = (what) => root.querySelector(what);
    const form = find("form"), fold = find(".predict-answer"), verdict = find(".predict-verdict"), status = find(".predict-status");
    const see = find(".predict-see");
    const block = {
      root, data, frozen: false,
      find: (what) => form.querySelector(what),
      all: (what) => [...form.querySelectorAll(what)],
      say(words, focus) { status.textContent = words; focus?.focus(); return null; },
    };
    const kind = kinds[data.kind](block, data);

    function open(state, isNew) {
      block.frozen = true;
      find("fieldset").disabled = true;
      status.textContent = "";
      root.classList.add("predict-done");
      verdict.replaceChildren(...("value" in state ? kind.verdict(state.value) : ["Shown without a guess."]));
      fold.open = true;
      find(".predict-after").hidden = false;
      if (data.widget) withWidget(data.widget, (widget) => { widget.unlock(root.id); see.hidden = false; });
      kind.after?.(state.value ?? null, isNew);
      if (isNew) { kept.set(root, state); verdict.focus(); }
    }

    function ask() {
      block.frozen = false;
      find("fieldset").disabled = false;
      root.classList.remove("predict-done");
      find(".predict-acts").hidden = false;
      find(".predict-after").hidden = true;
      fold.open = false;
      kind.after?.();
      if (data.widget) withWidget(data.widget, (widget) => { if (!block.frozen) widget.lock(root.id, data.locked); });
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = kind.value();
      if (value !== null) open({ value }, true);
    });
    find(".predict-pass").addEventListener("click", () => open({}, true));
    find(".predict-again").addEventListener("click", () => {
      kept.drop(root);
      kind.clear();
      ask();
      block.find("input, button").focus();
    });
    see.addEventListener("click", () => withWidget(data.widget, (widget) => {
      widget.show(data.locked[0]);
      bring(data.widget, "center");
    }));

    root.classList.add("predict-alive");
    ask();
    const state = kept.get(root);
    if (state && typeof state === "object") {
      try {
        if ("value" in state) kind.set(state.value);
        open(state, false);
      } catch { kept.drop(root); kind.clear(); ask(); } // kept by an older form of the page
    }
  }

  const start = () => { for (const root of document.querySelectorAll(".predict[data-predict]")) wake(root); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
