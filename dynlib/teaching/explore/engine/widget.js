// The widget: it puts controls, pictures and words in the poster's place and keeps them together.
(function (dynlib) {
  "use strict";
  let awake = 0;
  const site = document.currentScript && document.currentScript.src ? true : false; // only a page of the book has an address of ours

  function wake(root) {
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const unique = `${root.id}-${awake++}`, kinds = data.panels.map((panel) => dynlib.kinds[panel.kind]);
    const start = data.controls.map((control) => control.start), locks = new Map(), overlays = data.panels.map(() => null);
    const impulses = data.panels.map((panel) => panel.impulse);
    const live = data.live, fresh = () => live.points.map((set) => set.map((point) => [...point])); // the page computes the frames itself
    let chosen = start.slice(), shown = null, stop = () => {}, pictures = [], stopPlay = [];
    const first = live && live.link !== null ? data.panels[live.link].impulse - 1 : 0;
    let sets = live && fresh(), picked = first, drawn = 1;
    if (live && live.constants.weights) live.constants.weights = dynlib.unpackArrays(live.constants.weights);
    const points = () => sets[chosen[0]];

    for (const old of root.querySelectorAll(":scope > :not(script[type])")) old.remove();
    root.insertAdjacentHTML("afterbegin",
      `<p class="title">${dynlib.escape(data.title)}</p>${dynlib.form(data, unique)}` +
      `<div class="panels of${data.panels.length}">${data.panels.map((panel) => `<div class="panel" data-panel>${panel.title ? `<p class="head">${dynlib.escape(panel.title)}</p>` : ""}<div class="drawing"></div></div>`).join("")}` +
      `<div class="cover" hidden></div></div><p class="words" role="status"></p>${dynlib.tools(data)}`);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", data.title);
    const find = (what) => root.querySelector(what), hosts = [...root.querySelectorAll(".drawing")], cover = find(".cover");

    // -- frames
    const index = () => data.controls.reduce((k, control, c) => k * control.says.length + chosen[c], 0);
    const lockedBy = () => [...locks].find(([, lock]) => dynlib.answers(data, chosen, lock.rules));
    function read() {
      if (live) {
        const controls = Object.fromEntries(data.controls.map((control, c) => [control.parameter, control.values[chosen[c]]]));
        const { panels, words } = dynlib.twins[live.twin]({ constants: live.constants, controls, points: points() });
        return { words, panels: data.panels.map((panel, p) => kinds[p].live(panel, panels[p])) };
      }
      const [words, ...slots] = data.frames[index()].map((place) => data.pool[place]);
      let at = 0;
      const panels = data.panels.map((panel, p) => kinds[p].read(panel, slots.slice(at, (at += panel.size)), data.code));
      return { words, panels };
    }

    function draw(frame) {
      shown = frame;
      frame.panels.forEach((panel, p) => pictures[p].draw(panel, impulses[p], picked));
    }

    function update(at_once) {
      stop();
      if (live) picked = Math.min(picked, points().length - 1);
      if (live && live.link !== null) {
        impulses[live.link] = picked + 1;
        Object.assign(find(`[data-impulse="${live.link}"]`), { min: 1, max: points().length });
      }
      data.controls.forEach((control, c) => dynlib.showControl(root, control, c, chosen[c]));
      for (const input of root.querySelectorAll("[data-impulse]")) dynlib.showRange(input, impulses[input.dataset.impulse], `${impulses[input.dataset.impulse]}`);
      const lock = lockedBy();
      root.classList.toggle("locked", !!lock);
      cover.hidden = !lock;
      if (lock) {
        // nothing of the frame is on the page: neither curves, nor labels, nor words
        shown = null;
        const [key, { href, text }] = lock;
        cover.innerHTML = `<p><strong>Your prediction first.</strong> ${dynlib.escape(text)} <a href="${dynlib.escape(href)}">Go to the question</a></p>`;
        find(".words").textContent = `This state answers a question: your prediction first.`;
        build();
        return void key;
      }
      const to = read(), from = shown;
      find(".words").textContent = [to.words, ...data.panels.map((panel, p) => (kinds[p].words ? kinds[p].words(panel, to.panels[p], impulses[p]) : ""))].filter(Boolean).join(" ");
      if (at_once || !from) return draw(to);
      stop = dynlib.move((t) => draw(t >= 1 ? to : { panels: to.panels.map((panel, p) => ({ ...panel, arrays: panel.arrays.map((array, k) => dynlib.mix(from.panels[p].arrays[k], array, t)) })) }));
    }

    // -- size: the pictures are drawn in pixels, again when the page gives them another width
    let width = 0;
    function build() {
      pictures = data.panels.map((panel, p) => {
        const wide = Math.max(hosts[p].clientWidth || 620, 240);
        const height = Math.round(Math.min(Math.max((data.panels.length === 1 ? 0.44 : 0.68) * wide, 230), 340));
        const picture = kinds[p].build(hosts[p], panel, { width: wide, height }, `${unique}-${p}`, hands(p));
        if (overlays[p] && picture.overlay) picture.overlay(overlays[p]);
        return picture;
      });
    }
    // what a picture may do when it is touched
    const hundredth = (value) => Math.min(Math.max(Math.floor(100 * value + 0.5) / 100, 0), 1);
    const hands = (p) => ({
      strike(column) {
        if (live && p === live.link) picked = column >= 1 && column <= points().length ? column - 1 : picked;
        else impulses[p] = column;
        update(true);
      },
      choose(k) { picked = k; update(true); },
      drag(x, y) { points()[picked] = [hundredth(x), hundredth(y)]; update(true); touched(); },
      nudge(x, y) { this.drag(points()[picked][0] + x, points()[picked][1] + y); },
    });
    function resize() {
      if (root.clientWidth === width || !root.clientWidth) return;
      width = root.clientWidth;
      build();
      update(true);
    }

    // -- what the reader does
    const touched = () => {
      if (site && data.name) try { history.replaceState(history.state, "", dynlib.address(data, chosen, live && points())); } catch { /* a frame without an address */ }
    };
    const choose = (places, at_once) => { chosen = places; update(at_once); };
    for (const input of root.querySelectorAll("[data-control]"))
      input.addEventListener("input", () => {
        stopPlay.forEach((halt) => halt());
        choose(chosen.map((place, c) => (c === +input.dataset.control ? +input.value : place)));
        touched();
      });
    for (const input of root.querySelectorAll("[data-impulse]"))
      input.addEventListener("input", () => hands(+input.dataset.impulse).strike(+input.value));
    stopPlay = [...root.querySelectorAll("[data-play]")].map((button) => {
      const c = +button.dataset.play, last = data.controls[c].says.length - 1;
      return dynlib.play(button, (first) => {
        const at = first && chosen[c] === last ? 0 : Math.min(chosen[c] + 1, last);
        choose(chosen.map((place, k) => (k === c ? at : place)));
        touched();
        return at < last;
      });
    });
    find("[data-reset]").addEventListener("click", () => {
      stopPlay.forEach((halt) => halt());
      data.panels.forEach((panel, p) => { impulses[p] = panel.impulse; });
      if (live) [sets, picked] = [fresh(), first];
      choose(start.slice());
      touched();
    });
    find("[data-code]").addEventListener("click", async () => {
      const line = dynlib.asCode(data, chosen, live && points());
      let told = `Copied: ${line}`;
      try { await navigator.clipboard.writeText(line); } catch { told = line; }
      find("[data-told]").textContent = told;
    });
    if (live) find("[data-new]").addEventListener("click", () => {
      // a small generator of its own, so that the same clicks give the same points
      sets[chosen[0]] = points().map(() => [0, 0].map(() => ((drawn = (drawn * 48271) % 2147483647) % 101) / 100));
      update(true);
      touched();
    });
    find("form").onsubmit = () => false;

    // -- for predictions, for tests, and for the curious at the console
    root.dynlib = {
      data,
      points: () => points(),
      frame: () => index(),
      state: () => Object.fromEntries(data.controls.map((control, c) => [control.label, control.says[chosen[c]]])),
      show(state) {
        choose(data.controls.map((control, c) => {
          const said = state[control.label] ?? state[control.parameter], place = said === undefined ? chosen[c] : dynlib.placeOf(control, said);
          return place < 0 ? chosen[c] : place;
        }));
      },
      lock(key, rules, { href = `#${key}`, text = "This state of the picture is the answer." } = {}) { locks.set(key, { rules, href, text }); update(true); },
      unlock(key) { locks.delete(key); update(true); },
      locked: () => !!lockedBy(),
      overlay(p, curve) { overlays[p] = curve; pictures[p].overlay(curve); },
      toData: (p, x, y) => pictures[p].toData(x, y),
      toPixel: (p, x, y) => pictures[p].toPixel(x, y),
      series: (p, name) => (shown ? pictures[p].numbers(data.panels[p].series.findIndex((row) => row[0] === name)) : null),
      table: (p) => (shown ? pictures[p].numbers() : null),
    };

    build();
    width = root.clientWidth;
    const follow = () => {
      const asked = dynlib.fromAddress(data, location.hash);
      if (!asked) return false;
      chosen = asked.places;
      if (asked.points && live && asked.points.length === points().length) sets[chosen[0]] = asked.points;
      return true;
    };
    if (site) follow();
    update(true);
    new ResizeObserver(resize).observe(root);
    if (site) addEventListener("hashchange", () => follow() && update());
    root.dispatchEvent(new CustomEvent("dynlib:ready", { bubbles: true }));
    if (site && data.name && location.hash.startsWith(`#${data.name}?`)) root.scrollIntoView();
  }

  dynlib.wakeAll = function () {
    for (const root of document.querySelectorAll(".dynlib-explore")) if (!root.dynlib) wake(root);
  };
  dynlib.wakeAll();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", dynlib.wakeAll);
})((globalThis.dynlibExplore = globalThis.dynlibExplore || { kinds: {}, twins: {} }));
