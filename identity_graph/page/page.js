"use strict";
// Draws each chart in the colours of the page, and again when these change; a failure stands where the chart would.
(() => {
  const specs = document.getElementById("specs").textContent;
  const charts = [...document.querySelectorAll("[data-chart]")];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 480px)");
  const views = new Map();
  let mode = "stitched";
  let turn = 0;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function config() {
    const [text, muted, line, page] = ["text", "muted", "line", "page"].map(colour);
    return {
      background: page,
      font: getComputedStyle(document.body).fontFamily,
      view: {stroke: null},
      axis: {
        labelColor: text, titleColor: muted, gridColor: line, domainColor: line, tickColor: line,
        labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8, labelFlush: false, labelSeparation: 8,
        labelLimit: narrow.matches ? 110 : 200,
      },
      axisBand: {grid: false},
      legend: {labelColor: text, labelFontSize: 12, symbolSize: 90, offset: 8, columnPadding: 14},
      text: {fontSize: 12, color: text},
      mark: {color: colour("graph")},
    };
  }

  async function draw() {
    const mine = ++turn;
    const themed = JSON.parse(specs.replace(/"theme:([a-z0-9-]+)"/g, (_, name) => JSON.stringify(colour(name))));
    for (const place of charts) {
      const name = place.dataset.chart;
      try {
        const {view} = await vegaEmbed(place, themed[name], {actions: false, renderer: "svg", config: config()});
        if (mine !== turn) {
          view.finalize();
          return;
        }
        views.get(name)?.finalize();
        views.set(name, view);
      } catch (error) {
        place.textContent = `This chart cannot be drawn: ${error.message}`;
        console.error(name, error);
      }
    }
    await show();
    document.documentElement.dataset.drawn = String(mine);
  }

  async function show() {
    for (const [name, view] of views) {
      if (name.startsWith("journey_")) {
        await view.signal("mode", mode).runAsync();
      }
    }
    document.querySelectorAll("[data-mode]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    });
    document.documentElement.dataset.shown = mode;
  }

  document.querySelectorAll("[data-mode]").forEach((button) => {
    button.addEventListener("click", () => {
      mode = button.dataset.mode;
      show();
    });
  });
  dark.addEventListener("change", draw);
  narrow.addEventListener("change", draw);
  draw();
})();
