// ECharts in the pages' colours. The library sets styles through the object model, which the content policy allows;
// its tooltips are drawn on the canvas, since HTML ones would carry style attributes.

const echarts = globalThis.echarts;
const charts = new Map();

function palette() {
  const style = getComputedStyle(document.documentElement);
  const value = name => style.getPropertyValue(name).trim();
  return { ink: value("--ink"), soft: value("--ink-soft"), line: value("--line"), brand: value("--brand"), bar: value("--bar"), amber: value("--amber"), surface: value("--surface"), font: value("--font") };
}

function axis(p, options) {
  return {
    nameTextStyle: { color: p.soft, fontSize: 12 },
    axisLabel: { color: p.soft, fontSize: 12, hideOverlap: true },
    axisLine: { lineStyle: { color: p.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: p.line } },
    nameLocation: "middle",
    ...options,
  };
}

/** Digits that tell neighbouring scores apart without filling the axis. */
export function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

/** Draws, or draws again; build gets the palette and gives ECharts' option. */
export function draw(element, build) {
  let entry = charts.get(element);
  if (!entry) {
    entry = { chart: echarts.init(element, null, { renderer: "canvas" }) };
    charts.set(element, entry);
    new ResizeObserver(() => entry.chart.resize()).observe(element);
  }
  entry.build = build;
  const p = palette();
  entry.chart.setOption({
    animationDuration: 250,
    textStyle: { fontFamily: p.font },
    grid: { left: 12, right: 16, top: 28, bottom: 30, containLabel: true },
    ...build(p),
  }, { notMerge: true });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [element, entry] of charts) draw(element, entry.build);
});

const tooltip = (p, formatter, trigger = "item") => ({
  trigger, renderMode: "richText", formatter, backgroundColor: p.surface, borderColor: p.line, textStyle: { color: p.ink, fontSize: 12 },
});

/** Each trial's score and the best so far. */
export function scoreChart(element, trials, metric, higherIsBetter) {
  let best = null;
  const steps = trials.map(t => {
    best = best === null ? t.score : higherIsBetter ? Math.max(best, t.score) : Math.min(best, t.score);
    return [t.trial, best];
  });
  draw(element, p => ({
    legend: { data: ["Best so far", "Trial"], right: 0, top: 0, textStyle: { color: p.soft }, itemWidth: 16 },
    tooltip: tooltip(p, x => (x.seriesName === "Trial" ? `Trial ${x.value[0]}: ${x.value[2]}\n${metric} ${short(x.value[1])}` : `Best after trial ${x.value[0]}\n${metric} ${short(x.value[1])}`)),
    xAxis: axis(p, { type: "value", name: "Trial", nameGap: 26, minInterval: 1, min: 1, max: Math.max(5, trials.at(-1)?.trial ?? 5), splitLine: { show: false } }),
    yAxis: axis(p, { type: "value", scale: true, name: "", axisLabel: { color: p.soft, formatter: short } }),
    series: [
      { name: "Best so far", type: "line", step: "end", data: steps, symbol: "none", lineStyle: { color: p.brand, width: 2.5 }, itemStyle: { color: p.brand }, z: 3 },
      { name: "Trial", type: "scatter", symbolSize: 9, data: trials.map(t => [t.trial, t.score, t.learner]), itemStyle: { color: p.amber, opacity: 0.85 } },
    ],
  }));
}

/** A curve in the unit square, with the diagonal of chance or of perfect calibration where it means something. */
export function unitCurve(element, points, { x, y, diagonal = false, markers = false }) {
  draw(element, p => ({
    tooltip: tooltip(p, v => `${x} ${short(v.value[0])}\n${y} ${short(v.value[1])}`),
    xAxis: axis(p, { type: "value", min: 0, max: 1, name: x, nameGap: 26 }),
    yAxis: axis(p, { type: "value", min: 0, max: 1, name: "" }),
    series: [
      { type: "line", data: points.map(q => [q.x, q.y]), symbol: "circle", symbolSize: markers ? 7 : 5, showSymbol: markers, lineStyle: { color: p.brand, width: 2.5 }, itemStyle: { color: p.brand }, areaStyle: diagonal && !markers ? { color: p.brand, opacity: 0.08 } : undefined },
      ...(diagonal ? [{ type: "line", data: [[0, 0], [1, 1]], symbol: "none", silent: true, lineStyle: { color: p.soft, type: "dashed", width: 1 } }] : []),
    ],
  }));
}

/** Predicted against actual values; a perfect model lies on the line. */
export function predictedActual(element, points) {
  const all = points.flatMap(q => [q.x, q.y]);
  const low = Math.min(...all), high = Math.max(...all);
  draw(element, p => ({
    tooltip: tooltip(p, v => `Predicted ${short(v.value[0])}\nActual ${short(v.value[1])}`),
    xAxis: axis(p, { type: "value", scale: true, name: "Predicted", nameGap: 26, axisLabel: { color: p.soft, formatter: short, hideOverlap: true } }),
    yAxis: axis(p, { type: "value", scale: true, name: "", axisLabel: { color: p.soft, formatter: short } }),
    series: [
      { type: "scatter", symbolSize: 6, data: points.map(q => [q.x, q.y]), itemStyle: { color: p.bar, opacity: 0.6 } },
      { type: "line", data: [[low, low], [high, high]], symbol: "none", silent: true, lineStyle: { color: p.soft, type: "dashed", width: 1 } },
    ],
  }));
}
