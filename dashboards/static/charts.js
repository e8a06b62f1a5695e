// Figures, drawn by Plotly when they come near the window, in the page's colours.
"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
(() => {
  if (!window.Plotly) return;
  const drawn = new Map();
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const themed = (figure, narrow) => {
    const ink = colour("--ink"), rule = colour("--rule");
    const layout = structuredClone(figure.layout);
    const many = figure.data.filter((trace) => trace.showlegend !== false && trace.name).length;
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, family: "system-ui, sans-serif", size: 13 },
      margin: { l: 56, r: 12, t: layout.title ? 40 : 14, b: 48, ...layout.margin }, hoverlabel: { namelength: -1 },
      legend: narrow || many > 16 ? { orientation: "h", y: -0.2, yanchor: "top" } : { orientation: "v" }, ...layout.extra,
    });
    if (layout.title) layout.title = { ...layout.title, font: { size: 15 }, x: 0, xanchor: "left", xref: "paper" };
    if (layout.showlegend === undefined) layout.showlegend = many > 1;
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(key)) Object.assign(layout[key], { gridcolor: rule, zerolinecolor: rule, linecolor: rule });
    }
    return layout;
  };
  const draw = (place) => {
    const figure = page.figures[place.id];
    const narrow = place.clientWidth < 600;
    const told = narrow && figure.data.length > 6 ? Math.max(place.clientHeight, 520) : place.clientHeight;
    place.style.height = `${told}px`;
    Plotly.newPlot(place, structuredClone(figure.data), themed(figure, narrow), {
      responsive: true, displaylogo: false, modeBarButtonsToRemove: ["sendDataToCloud", "select2d", "lasso2d"],
    });
    drawn.set(place, figure);
  };
  const watcher = new IntersectionObserver(
    (seen) => seen.filter((each) => each.isIntersecting).forEach((each) => {
      watcher.unobserve(each.target);
      draw(each.target);
    }),
    { rootMargin: "300px" },
  );
  for (const place of document.querySelectorAll(".chart")) if (page.figures[place.id]) watcher.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((_, place) => draw(place)));
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const place of document.querySelectorAll(".chart")) if (page.figures[place.id] && !drawn.has(place)) draw(place);
  });
})();
