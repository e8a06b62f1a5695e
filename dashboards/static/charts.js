// Figures, drawn by Plotly when they come near the window, in the page's colours.
"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
(() => {
  if (!window.Plotly) return;
  const drawn = new Set();
  const probe = document.createElement("span");
  document.body.append(probe);
  let printing = false;
  const PRINTED = { "--ink": "#1d2126", "--rule": "#d4d9de" };
  const colour = (name) => {
    if (printing) return PRINTED[name];
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const named = (figure) => figure.data.filter((trace) => trace.showlegend !== false && trace.name).length;
  const across = (figure, narrow) => (!narrow ? 5 : figure.data.some((trace) => (trace.name ?? "").length > 16) ? 1 : 2);
  const themed = (figure, narrow) => {
    const ink = colour("--ink"), rule = colour("--rule");
    const layout = structuredClone(figure.layout);
    const many = named(figure);
    const below = many > 1 && (narrow || many > 16) ? 20 * Math.ceil(many / across(figure, narrow)) : 0;
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, family: "system-ui, sans-serif", size: 13 },
      margin: { l: 56, r: 12, t: layout.title ? 46 : 14, b: below ? 76 + below : 48 }, hoverlabel: { namelength: -1 },
      legend: below ? { orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom" } : { orientation: "v" },
      ...layout.extra,
    });
    if (layout.title) {
      const text = narrow ? layout.title.text.replace(", ", "<br>") : layout.title.text;
      layout.title = { text, font: { size: 15 }, x: 0, xanchor: "left", xref: "paper" };
    }
    if (layout.showlegend === undefined) layout.showlegend = many > 1;
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(key)) Object.assign(layout[key], { gridcolor: rule, zerolinecolor: rule, linecolor: rule });
    }
    return layout;
  };
  const draw = (place) => {
    const figure = page.figures[place.id];
    const narrow = place.clientWidth < 600;
    const rows = named(figure);
    place.style.height = `${Number(place.dataset.height) + (rows > 1 && (narrow || rows > 16) ? 40 + 10 * rows : 0)}px`;
    const data = structuredClone(figure.data);
    if (narrow) for (const trace of data) if ((trace.x ?? []).length > 7) delete trace.texttemplate;
    Plotly.newPlot(place, data, themed(figure, narrow), {
      responsive: true, displaylogo: false, modeBarButtonsToRemove: ["sendDataToCloud", "select2d", "lasso2d"],
    });
    drawn.add(place);
  };
  const watcher = new IntersectionObserver(
    (seen) => seen.filter((each) => each.isIntersecting).forEach((each) => {
      watcher.unobserve(each.target);
      draw(each.target);
    }),
    { rootMargin: "300px" },
  );
  for (const place of document.querySelectorAll(".chart")) if (page.figures[place.id]) watcher.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(draw));
  addEventListener("afterprint", () => {
    printing = false;
    drawn.forEach(draw);
  });
  addEventListener("beforeprint", () => {
    printing = true;
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const place of document.querySelectorAll(".chart")) if (page.figures[place.id]) draw(place);
  });
})();
