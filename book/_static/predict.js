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

  // Each kind: ask(block) prepares the form and returns { value(): what is committed, or null with words in the status;
  // set(value): show it again; verdict(value): the sentence, as text or nodes; after(value), freeze(on) }
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
          radios.forEach((radio, j) => {
            radio.parentElement.classList.toggle("predict-right", k !== null && j === data.right);
          });
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
        set(value) { for (const k of value) list.append(start[k]); moved = true; },
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
  };

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
      verdict.replaceChildren(...("value" in state ? kind.verdict(state.value) : ["You have passed; here is the answer."]));
      kind.after?.(state.value ?? null);
      fold.open = true;
      find(".predict-after").hidden = false;
      if (data.widget) withWidget(data.widget, (widget) => { widget.unlock(root.id); see.hidden = false; });
      if (isNew) { kept.set(root, state); verdict.focus(); }
    }

    function ask() {
      block.frozen = false;
      find("fieldset").disabled = false;
      root.classList.remove("predict-done");
      find(".predict-acts").hidden = false;
      find(".predict-after").hidden = true;
      fold.open = false;
      kind.after?.(null);
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
      document.getElementById(data.widget).scrollIntoView({ block: "center" });
    }));

    root.classList.add("predict-alive");
    ask();
    const state = kept.get(root);
    if (state && typeof state === "object") {
      try {
        if ("value" in state) kind.set(state.value);
        open(state, false);
      } catch { kept.drop(root); ask(); } // kept by an older form of the page
    }
  }

  for (const root of document.querySelectorAll(".predict[data-predict]")) wake(root);
})();
