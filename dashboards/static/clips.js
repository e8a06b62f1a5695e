// The clip browser: a list, and of the clip that is picked its sound, spectrogram, scores and events on one axis of time.
"use strict";
(() => {
  const browser = page.browser;
  if (!browser || !browser.clips.length) return;
  const SVG = "http://www.w3.org/2000/svg";
  const [RIGHT, PICTURE, LANE, SHOWN] = [8, 150, 74, 300];
  const KIND = { hit: "hit", near: "near", miss: "miss", "false alarm": "false" };
  const by = (id) => document.getElementById(id);
  const [roles, classes, orders, passes, finds] = ["role", "class", "order", "pass", "name"].map((name) => by(`pick-${name}`));
  const details = new Map(Object.entries(browser.details ?? {}));
  let chosen = null, everything = false, player = null;
  by("stated").textContent = page.stated;

  const option = (select, value, text = value) => {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = text;
    select.append(made);
  };
  for (const role of new Set(browser.clips.map((clip) => clip.role)))
    option(roles, role, role === "report" ? "reported" : role === "select" ? "selection" : role);
  option(classes, "", "all");
  for (const label of browser.classes) option(classes, label);
  const known = [...new Set(browser.clips.flatMap((clip) => Object.keys(clip.counts)))].map(Number).sort((a, b) => a - b);
  for (const index of known) option(passes, String(index));
  passes.value = String(known.at(-1));
  if ([...roles.options].some((each) => each.value === "report")) roles.value = "report";

  const node = (name, attributes = {}, text = "") => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };
  const element = (name, attributes = {}, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };
  const badness = ([hit, near, miss, wrong]) => (near * 1.5 + miss + wrong) - hit * 0.01;
  const keyOf = (clip) => `${clip.role}/${clip.row}`;

  const list = () => {
    const pass = passes.value;
    const rows = browser.clips.filter((clip) => clip.role === roles.value && clip.counts[pass]
      && (!classes.value || clip.classes.includes(classes.value))
      && clip.name.toLowerCase().includes(finds.value.toLowerCase()));
    const sign = orders.value === "best" ? -1 : 1;
    if (orders.value === "name") rows.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    else rows.sort((a, b) => sign * (badness(b.counts[pass]) - badness(a.counts[pass])));
    const made = rows.slice(0, SHOWN).map((clip) => {
      const row = element("tr", { "data-key": keyOf(clip), "aria-selected": chosen === keyOf(clip) });
      const head = element("th", { scope: "row" });
      const press = element("button", { type: "button" }, clip.name);
      press.addEventListener("click", () => pick(clip));
      head.append(press);
      row.append(head, ...clip.counts[pass].map((count) => element("td", { class: "n" }, String(count))));
      return row;
    });
    by("clip-rows").replaceChildren(...made);
    by("more").textContent = rows.length > SHOWN ? `the first ${SHOWN} of ${rows.length}: narrow the choice to see others`
      : rows.length ? "" : "no such clip";
    return rows;
  };

  const detail = async (clip) => {
    const key = keyOf(clip);
    if (!details.has(key)) {
      const answer = await fetch(`clip?role=${encodeURIComponent(clip.role)}&row=${clip.row}`);
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.error);
      details.set(key, found);
    }
    return details.get(key);
  };
  const pick = async (clip) => {
    chosen = keyOf(clip);
    for (const row of by("clip-rows").rows) row.setAttribute("aria-selected", row.dataset.key === chosen);
    try {
      const found = await detail(clip);
      if (chosen === keyOf(clip)) show(found);
    } catch (error) {
      by("clip").replaceChildren(element("p", { class: "quiet" }, `${clip.name}: ${error.message}`));
    }
  };

  const seconds = (value) => `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(2)} s`;
  const said = (event) => {
    const at = (span) => `${span[0].toFixed(2)} to ${span[1].toFixed(2)} s`;
    const [truth, guess] = [event.reference, event.predicted];
    let words = `${event.label}: ${event.kind === "near" ? "near miss" : event.kind}`;
    if (truth) words += `, reference ${at(truth)}`;
    if (guess) words += `, found ${at(guess)}`;
    if (truth && guess) words += `, onset ${seconds(guess[0] - truth[0])}, offset ${seconds(guess[1] - truth[1])}`;
    return words;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  const drawing = (clip, pass, all) => {
    const WIDTH = Math.max(320, by("clip").clientWidth), LEFT = WIDTH < 600 ? 84 : 130, letters = WIDTH < 600 ? 10 : 17;
    const length = clip.length, frames = pass.edges.length - 1;
    const x = (time) => LEFT + (Math.min(time, length) / length) * (WIDTH - LEFT - RIGHT);
    const time = (at) => ((at - LEFT) / (WIDTH - LEFT - RIGHT)) * length;
    const [raw, smooth] = [bytes(pass.raw), bytes(pass.smooth)];
    const sounding = new Set([...clip.events.map((event) => event[2]), ...pass.events.map((event) => event.label)]);
    const lanes = browser.classes.filter((label) => all || sounding.has(label));
    const height = PICTURE + 20 + lanes.length * LANE + 22;
    const svg = node("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img",
      "aria-label": `${clip.name}: ${pass.events.map(said).join("; ") || "no events"}` });
    if (clip.picture) svg.append(node("image", { href: clip.picture, x: LEFT, y: 0, width: WIDTH - LEFT - RIGHT,
      height: PICTURE, preserveAspectRatio: "none", style: "image-rendering:pixelated" }));
    svg.append(node("text", { x: LEFT - 8, y: 14, "text-anchor": "end", class: "lane" }, "log-mel"));
    const every = [0.5, 1, 2, 5, 10, 20, 60, 120].find((step) => ((WIDTH - LEFT) * step) / length > 38) ?? 600;
    for (let at = 0; at <= length; at += every) {
      svg.append(node("line", { x1: x(at), x2: x(at), y1: PICTURE, y2: height - 20, class: "rule" }),
        node("text", { x: Math.min(x(at), WIDTH - 14), y: height - 5, "text-anchor": "middle", class: "tick" }, `${at} s`));
    }
    lanes.forEach((label, lane) => {
      const k = browser.classes.indexOf(label), top = PICTURE + 14 + lane * LANE, depth = LANE - 30;
      const name = node("text", { x: LEFT - 8, y: top + 16, "text-anchor": "end" }, label.length > letters ? `${label.slice(0, letters - 1)}…` : label);
      name.append(node("title", {}, label));
      svg.append(name, node("text", { x: LEFT - 8, y: top + 32, "text-anchor": "end", class: "lane" }, `θ ${pass.thresholds[k].toFixed(letters > 11 ? 4 : 2)} w ${pass.windows[k]}`));
      const line = (values) => Array.from({ length: frames }, (_, i) =>
        `${x((pass.edges[i] + pass.edges[i + 1]) / 2).toFixed(1)},${(top + depth * (1 - values[k * frames + i] / 255)).toFixed(1)}`).join(" ");
      svg.append(node("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: top + depth / 2, y2: top + depth / 2, class: "limit" }),
        node("polyline", { points: line(raw), class: "raw" }), node("polyline", { points: line(smooth), class: "smooth" }));
      const bar = (span, y, kind, title) => {
        const made = node("rect", { x: x(span[0]), y, width: Math.max(2, x(span[1]) - x(span[0])), height: 7, rx: 1, class: kind });
        made.append(node("title", {}, title));
        svg.append(made);
      };
      const facts = new Map(clip.events.map((event) => [event.slice(0, 3).join("|"), event[3] ?? {}]));
      for (const event of pass.events.filter((each) => each.label === label)) {
        const known = event.reference ? Object.entries(facts.get([...event.reference, label].join("|")) ?? {}) : [];
        const title = `${said(event)}${known.map(([key, value]) => `\n${key}: ${value}`).join("")}`;
        if (event.reference) bar(event.reference, top + depth + 3, event.kind === "miss" ? "miss" : "truth", title);
        if (event.predicted) bar(event.predicted, top + depth + 12, KIND[event.kind], title);
      }
    });
    return { svg, x, time, height };
  };

  // Name and sound of a clip: kept while other passes of it are looked at, so that it plays on.
  const playerOf = (clip) => {
    const head = element("div"), audio = element("audio", { controls: "", preload: "metadata", "aria-label": `Sound of ${clip.name}` });
    if (clip.audio) audio.src = clip.audio;
    const silent = element("p", { class: "quiet" }, "No sound here: neither the run nor its corpus has it; data= says where the corpus lies.");
    head.append(element("h3", {}, clip.name), clip.audio ? audio : silent);
    return { clip, head, audio };
  };

  const show = (clip) => {
    const place = by("clip"), pass = clip.passes[passes.value];
    if (player?.clip !== clip) player = playerOf(clip);
    const audio = player.audio;
    const all = element("label"), box = element("input", { type: "checkbox" });
    all.append(box, " all classes");
    const axis = element("div", { class: "axis" });
    const keys = element("p", { class: "key" });
    for (const [kind, text] of [["truth", "reference"], ["hit", "hit"], ["near", "near miss"], ["miss", "missed reference"], ["false", "false alarm"]])
      keys.append(element("span", { class: kind }, text));
    const words = element("p", { class: "quiet" }, "Thin: scores; thick: after median and hysteresis; dashed: the class's threshold θ, to which they are drawn; w: window in frames.");
    const redraw = () => {
      if (!pass) {
        axis.replaceChildren(element("p", { class: "quiet" }, "this pass keeps no scores of this clip"));
        return;
      }
      const { svg, x, time, height } = drawing(clip, pass, box.checked);
      const cursor = node("line", { y1: 0, y2: height - 20, class: "cursor" });
      const follow = () => {
        cursor.setAttribute("x1", x(audio.currentTime));
        cursor.setAttribute("x2", x(audio.currentTime));
        if (!audio.paused) requestAnimationFrame(follow);
      };
      svg.append(cursor);
      follow();
      audio.onplay = audio.onseeked = audio.ontimeupdate = follow;
      svg.addEventListener("click", (event) => {
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        audio.currentTime = Math.max(0, time(point.x));
      });
      axis.replaceChildren(svg);
    };
    box.checked = everything;
    box.addEventListener("change", () => {
      everything = box.checked;
      redraw();
    });
    redraw();
    const body = element("div");
    body.append(axis, keys, words, all);
    if (place.firstElementChild === player.head) player.head.nextElementSibling.replaceWith(body);
    else place.replaceChildren(player.head, body);
  };

  let wide = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== wide && chosen && details.has(chosen)) show(details.get(chosen));
    wide = innerWidth;
  });
  for (const each of [roles, classes, orders]) each.addEventListener("change", list);
  finds.addEventListener("input", list);
  passes.addEventListener("change", () => {
    list();
    if (chosen && details.has(chosen)) show(details.get(chosen));
  });
  const first = list()[0];
  if (first) pick(first);
})();
if (page.refresh) setTimeout(() => location.reload(), 1000 * page.refresh);
