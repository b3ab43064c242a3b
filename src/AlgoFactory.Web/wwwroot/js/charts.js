// ECharts in the pages' colours. The library sets styles through the object model, which the content policy allows;
// its tooltips are drawn on the canvas, since HTML ones would carry style attributes.

const echarts = globalThis.echarts;
const charts = new Map();

function palette() {
  const style = getComputedStyle(document.documentElement);
  const value = name => style.getPropertyValue(name).trim();
  return { ink: value("--ink"), soft: value("--ink-soft"), line: value("--line"), brand: value("--brand"), bar: value("--bar"), amber: value("--amber"), surface: value("--surface"), font: value("--font") };
}

/** An axis in the pages' colours. */
export function axis(p, options) {
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

/** A tooltip drawn on the canvas. */
export const tooltip = (p, formatter, trigger = "item") => ({
  trigger, renderMode: "richText", formatter, backgroundColor: p.surface, borderColor: p.line, textStyle: { color: p.ink, fontSize: 12 },
});

/** Each trial's score and the best so far, over the seconds of the experiment (over trial numbers where they are not known). */
export function scoreChart(element, trials, metric, higherIsBetter) {
  const timed = trials.length > 0 && trials.every(t => t.at !== null);
  const x = t => (timed ? t.at : t.trial);
  let best = null;
  const steps = trials.map(t => {
    best = best === null ? t.score : higherIsBetter ? Math.max(best, t.score) : Math.min(best, t.score);
    return [x(t), best];
  });
  const range = scoreRange(trials, higherIsBetter);
  draw(element, p => ({
    title: { text: range.outside > 0 ? `${range.outside} worse ${range.outside === 1 ? "trial lies" : "trials lie"} outside` : "", left: 0, top: 0, textStyle: { color: p.soft, fontSize: 12, fontWeight: "normal" } },
    legend: { data: ["Best so far", "Trial"], right: 0, top: 0, textStyle: { color: p.soft }, itemWidth: 16, itemHeight: 9 },
    tooltip: tooltip(p, v => (v.seriesName === "Trial" ? `Trial ${v.value[3]}: ${v.value[2]}\n${metric} ${short(v.value[1])}` : `Best so far\n${metric} ${short(v.value[1])}`)),
    xAxis: axis(p, {
      type: "value", name: timed ? "Seconds" : "Trial", nameGap: 26, minInterval: timed ? undefined : 1, min: timed ? 0 : 1,
      max: timed ? undefined : Math.max(2, trials.at(-1)?.trial ?? 2), splitLine: { show: false },
    }),
    yAxis: axis(p, { type: "value", ...range.axis, axisLabel: { color: p.soft, formatter: short, showMinLabel: false, showMaxLabel: false } }),
    series: [
      { name: "Best so far", type: "line", step: "end", data: steps, symbol: "none", lineStyle: { color: p.brand, width: 2.5 }, itemStyle: { color: p.brand }, z: 1 },
      { name: "Trial", type: "scatter", symbolSize: 9, data: trials.map(t => [x(t), t.score, t.learner, t.trial]), itemStyle: { color: p.amber, borderColor: p.surface, borderWidth: 1 }, z: 3 },
    ],
  }));
}

// A few bad trials (and the constant baseline) would press all others onto one line: the picture shows the better four
// fifths and what is near to them, and says how many lie outside.
function scoreRange(trials, higherIsBetter) {
  const loss = t => (higherIsBetter ? -t.score : t.score);
  const losses = trials.filter(t => !t.isBaseline).map(loss).sort((a, b) => a - b);
  if (losses.length < 2) return { axis: { scale: true }, outside: 0 };
  const best = losses[0];
  const common = losses[Math.ceil(losses.length * 0.8) - 1] - best;
  const limit = common > 0 ? best + 1.6 * common : losses.at(-1);
  const worst = losses.findLast(l => l <= limit);
  const margin = (worst - best) * 0.12 || Math.abs(best) * 0.01 || 0.01;
  const ends = [best - margin, worst + margin].map(l => (higherIsBetter ? -l : l)).sort((a, b) => a - b);
  return { axis: { min: ends[0], max: ends[1] }, outside: trials.filter(t => t.score < ends[0] || t.score > ends[1]).length };
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

/** A network's training: loss on the left, the validation metric on the right, over epochs. */
export function trainingCurve(element, epochs, metric) {
  const validated = epochs.some(e => e.validation !== null);
  const line = (p, name, colour, data, yAxisIndex) => ({ name, type: "line", data, yAxisIndex, symbolSize: 5, showSymbol: epochs.length < 30, lineStyle: { color: colour, width: 2.5 }, itemStyle: { color: colour } });
  draw(element, p => ({
    legend: { right: 0, top: 0, textStyle: { color: p.soft }, itemWidth: 16, itemHeight: 9 },
    tooltip: tooltip(p, v => `Epoch ${v.value[0]}\n${v.seriesName} ${short(v.value[1])}`),
    xAxis: axis(p, { type: "value", name: "Epoch", nameGap: 26, min: 1, minInterval: 1, splitLine: { show: false } }),
    yAxis: [axis(p, { type: "value", name: "", axisLabel: { color: p.soft, formatter: short } }), axis(p, { type: "value", name: "", scale: true, splitLine: { show: false }, axisLabel: { color: p.soft, formatter: short } })],
    series: [
      line(p, "Loss", p.amber, epochs.map(e => [e.epoch, e.loss]), 0),
      ...(validated ? [line(p, `Validation ${metric}`, p.brand, epochs.filter(e => e.validation !== null).map(e => [e.epoch, e.validation]), 1)] : []),
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
