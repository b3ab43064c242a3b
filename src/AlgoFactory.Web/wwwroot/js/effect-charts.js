// The charts of a model's report: contributions, effects, gain, residuals.
import { axis, draw, short, tooltip } from "./charts.js";

const plain = (p, name, more = {}) => axis(p, { type: "value", name, nameGap: 26, axisLabel: { color: p.soft, formatter: short, hideOverlap: true }, ...more });
const colours = p => [p.brand, p.amber, p.bar, p.soft, p.ink, p.line];

/** A row's contribution to the score by column: a dot a row, teal for low values of the column, amber for high ones. */
export function contributionSwarm(element, columns, unit) {
  element.style.height = `${60 + columns.length * 34}px`;
  draw(element, p => ({
    grid: { left: 8, right: 16, top: 8, bottom: 34, containLabel: true },
    tooltip: tooltip(p, v => `${columns[Math.round(v.value[1])]?.column ?? ""}\nadds ${short(v.value[0])}`),
    xAxis: plain(p, unit),
    yAxis: axis(p, {
      type: "value", inverse: true, min: -0.5, max: columns.length - 0.5, interval: 0.5, splitLine: { show: false },
      axisLabel: { color: p.ink, fontSize: 12, formatter: at => (Number.isInteger(at) && columns[at] ? cut(columns[at].column, 22) : "") },
    }),
    series: [{
      type: "scatter", symbolSize: 5,
      data: columns.flatMap((column, at) => spread(column.points).map(([x, offset, rank]) => ({ value: [x, at + offset], itemStyle: { color: shade(p, rank), opacity: 0.75 } }))),
    }, { type: "line", data: [[0, -0.5], [0, columns.length - 0.5]], symbol: "none", silent: true, lineStyle: { color: p.soft, width: 1 } }],
  }));
}

// Dots of nearly the same contribution are put above and below each other.
function spread(points) {
  const values = points.map(q => q.contribution), low = Math.min(...values), width = Math.max(...values) - low || 1;
  const taken = new Map();
  return points.map(q => {
    const bin = Math.round((q.contribution - low) / width * 60);
    const count = taken.get(bin) ?? 0;
    taken.set(bin, count + 1);
    const step = Math.ceil(count / 2) * (count % 2 ? 1 : -1);
    return [q.contribution, Math.max(-0.4, Math.min(0.4, step * 0.055)), q.rank];
  });
}

function shade(p, rank) {
  if (rank === null || rank === undefined) return p.soft;
  const from = parse(p.brand), to = parse(p.amber);
  return `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * rank)).join(",")})`;
}

const parse = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const isCategory = effect => effect.numbers.length === 0;
const isDate = effect => effect.kind === "datetime";

function valueAxis(p, effect, texts) {
  if (isCategory(effect) || effect.kind === "boolean")
    return axis(p, { type: "category", data: texts, axisLabel: { color: p.soft, fontSize: 11, hideOverlap: true, rotate: texts.join("").length > 36 ? 35 : 0, formatter: t => cut(t, 14) } });
  return plain(p, "", { scale: true, axisLabel: { color: p.soft, hideOverlap: true, formatter: isDate(effect) ? s => new Date(s * 1000).toISOString().slice(0, 10) : short } });
}

/** Partial dependence in bold over the curves of single rows. */
export function dependenceChart(element, effect) {
  const { means, lines } = effect.dependence;
  const byText = isCategory(effect) || effect.kind === "boolean";
  const at = (values, i) => (byText ? values[i] : [effect.numbers[i], values[i]]);
  const series = values => effect.texts.map((_, i) => at(values, i));
  draw(element, p => ({
    legend: means.length > 1 ? { top: 0, right: 0, textStyle: { color: p.soft, fontSize: 11 }, itemWidth: 14, itemHeight: 8, type: "scroll" } : undefined,
    tooltip: tooltip(p, v => `${byText ? v.name : pointText(effect, v.value[0])}\n${means.length > 1 ? `${v.seriesName} ` : ""}${short(byText ? v.value : v.value[1])}`),
    xAxis: valueAxis(p, effect, effect.texts),
    yAxis: plain(p, "", { scale: true }),
    series: [
      ...lines.map(line => ({ type: "line", data: series(line), symbol: "none", silent: true, lineStyle: { color: p.soft, width: 1, opacity: 0.22 }, z: 1 })),
      ...means.map((mean, k) => ({
        name: effect.outputs[k], type: "line", data: series(mean), symbol: "circle", symbolSize: 6, z: 3,
        lineStyle: { color: colours(p)[k % 6], width: 2.5 }, itemStyle: { color: colours(p)[k % 6] },
      })),
    ],
  }));
}

const pointText = (effect, number) => (isDate(effect) ? new Date(number * 1000).toISOString().slice(0, 10) : short(number));

/** Accumulated local effects: how much a value changes the prediction against the mean. */
export function accumulatedChart(element, effect) {
  const { numbers, levels, effects } = effect.accumulated;
  const texts = levels.length ? levels : numbers.map(n => effect.texts[effect.numbers.indexOf(n)] ?? short(n));
  const byText = isCategory(effect) || effect.kind === "boolean";
  draw(element, p => ({
    legend: effects.length > 1 ? { top: 0, right: 0, textStyle: { color: p.soft, fontSize: 11 }, itemWidth: 14, itemHeight: 8, type: "scroll" } : undefined,
    tooltip: tooltip(p, v => `${byText ? v.name : pointText(effect, v.value[0])}\n${short(byText ? v.value : v.value[1])}`),
    xAxis: valueAxis(p, effect, texts),
    yAxis: plain(p, "", { scale: true }),
    series: effects.map((values, k) => ({
      name: effect.outputs[k], data: values.map((y, i) => (byText ? y : [numbers[i], y])),
      ...(byText && effects.length === 1
        ? { type: "bar", barMaxWidth: 30, itemStyle: { color: p.bar, borderRadius: 3 } }
        : { type: "line", symbol: "circle", symbolSize: 6, lineStyle: { color: colours(p)[k % 6], width: 2.5 }, itemStyle: { color: colours(p)[k % 6] } }),
    })),
  }));
}

/** How much better than chance the first rows are, by share of rows. */
export function liftChart(element, gain) {
  const points = gain.filter(q => q.x > 0.005).map(q => [q.x, q.y / q.x]);
  draw(element, p => ({
    tooltip: tooltip(p, v => `first ${short(v.value[0] * 100)} % of rows\n${short(v.value[1])} times as many as by chance`),
    xAxis: plain(p, "Share of rows", { min: 0, max: 1 }),
    yAxis: plain(p, "", { min: 0 }),
    series: [
      { type: "line", data: points, symbol: "circle", symbolSize: 5, showSymbol: false, lineStyle: { color: p.brand, width: 2.5 }, itemStyle: { color: p.brand } },
      { type: "line", data: [[0, 1], [1, 1]], symbol: "none", silent: true, lineStyle: { color: p.soft, type: "dashed", width: 1 } },
    ],
  }));
}

/** How errors are distributed. */
export function residualHistogram(element, { edges, counts }) {
  draw(element, p => ({
    tooltip: tooltip(p, v => `${short(edges[v.dataIndex])} to ${short(edges[v.dataIndex + 1])}\n${v.value} rows`),
    xAxis: axis(p, { type: "category", data: counts.map((_, i) => short((edges[i] + edges[i + 1]) / 2)), name: "Actual less predicted", nameGap: 26 }),
    yAxis: plain(p, ""),
    series: [{ type: "bar", data: counts, barCategoryGap: "8%", itemStyle: { color: p.bar, borderRadius: [3, 3, 0, 0] } }],
  }));
}

/** The mean error by tenths of the predictions, with its 95 % interval. */
export function residualTrend(element, trend) {
  const half = t => 1.96 * t.standardError;
  draw(element, p => ({
    tooltip: tooltip(p, v => (v.seriesName === "Mean error" ? `predicted about ${short(v.value[0])}\nmean error ${short(v.value[1])} ± ${short(half(trend[v.dataIndex]))}` : "")),
    xAxis: plain(p, "Predicted", { scale: true }),
    yAxis: plain(p, "", { scale: true }),
    series: [
      ...trend.map(t => ({ type: "line", data: [[t.predicted, t.residual - half(t)], [t.predicted, t.residual + half(t)]], symbol: "none", silent: true, lineStyle: { color: p.soft, width: 1.5 } })),
      { name: "Mean error", type: "scatter", symbolSize: 9, data: trend.map(t => [t.predicted, t.residual]), itemStyle: { color: p.brand } },
      { type: "line", data: [[trend[0].predicted, 0], [trend.at(-1).predicted, 0]], symbol: "none", silent: true, lineStyle: { color: p.soft, type: "dashed", width: 1 } },
    ],
  }));
}
