// Shows a report about a model: on its page, and in the self-contained file that `report` writes. The report is data; every
// section is there only where the report has something for it.
import { predictedActual, short, unitCurve } from "./charts.js";
import { accumulatedChart, contributionSwarm, dependenceChart, liftChart, residualHistogram, residualTrend } from "./effect-charts.js";
import { make } from "./elements.js";

const percent = share => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(share > 0.0995 && share < 0.9995 ? 0 : 1)} %`);
const count = (n, noun) => `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
const value = v => (v === null || v === undefined ? "–" : typeof v === "number" ? short(v) : String(v));

const METRICS = {
  auc: "ROC AUC", macroAuc: "Macro ROC AUC", prAuc: "PR AUC", logloss: "Log loss", accuracy: "Accuracy", f1: "F1", macroF1: "Macro F1", precision: "Precision",
  recall: "Recall", brier: "Brier score", rmse: "RMSE", mae: "MAE", r2: "R²", mape: "MAPE", medianAe: "Median absolute error",
};
const METHODS = {
  trees: "Exact, from the trees (TreeSHAP).", linear: "Exact, from the weights.",
  sampled: "By sampling predictions (permutation SHAP): each has a standard error.",
};
const SCALES = { value: "value", probability: "probability", logOdds: "log odds", logit: "logit", log: "logarithm of the value" };

/** Fills an element with a report. Charts are drawn once the element stands in the document. */
export function showReport(root, report) {
  const drawings = [];
  const chart = (caption, note, label, drawIt, className = "chart") => {
    const box = make("div", { className, role: "img", "aria-label": label });
    drawings.push(() => drawIt(box));
    return make("figure", {}, make("figcaption", { text: caption }, make("span", { className: "sub", text: note })), box);
  };
  root.replaceChildren(...[
    warnings(report), summary(report), performance(report, chart), importance(report), contributions(report, chart), effects(report, chart),
    slices(report), fairness(report), leakage(report), quality(report), card(report.card),
  ].filter(Boolean));
  for (const drawIt of drawings) drawIt();
}

function section(title, note, ...content) {
  return make("section", { className: "card-af" },
    make("div", { className: "card-af-head" }, make("div", {}, make("h2", { text: title }), make("p", { className: "card-af-note", text: note }))),
    make("div", { className: "card-af-body" }, ...content.filter(Boolean)));
}

function table(head, rows, caption) {
  const cell = (tag, c) => (c instanceof Node ? make(tag, {}, c) : typeof c === "object" && c !== null ? make(tag, { className: c.className, text: c.text }) : make(tag, { text: String(c) }));
  return make("div", { className: "table-wrap report-table", tabindex: "0", role: "region", "aria-label": caption },
    make("table", { className: "table-af" },
      make("thead", {}, make("tr", {}, ...head.map(h => make("th", typeof h === "string" ? { text: h, scope: "col" } : { ...h, scope: "col" })))),
      make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map(c => cell("td", c)))))));
}

const right = text => ({ text, className: "r" });
const headRight = text => ({ text, className: "r" });

function callout(tone, text) {
  return make("div", { className: `callout tone-${tone}` }, make("div", { text }));
}

function warnings(report) {
  return report.warnings.length ? make("div", { className: "stack-small" }, ...report.warnings.map(w => callout("warn", w))) : null;
}

function summary(report) {
  if (!report.metrics) return null;
  const list = make("dl", { className: "stats" });
  const optimised = report.card.lineage.metric;
  const names = [optimised, ...Object.keys(METRICS)].filter((m, i, all) => m in report.metrics && all.indexOf(m) === i);
  for (const name of names.slice(0, 6))
    list.append(make("div", { className: "stat" }, make("dt", { text: METRICS[name] ?? name }), make("dd", { text: value(report.metrics[name]) }, ...(name === optimised ? [make("span", { className: "stat-note", text: "optimised" })] : []))));
  return list;
}

function performance(report, chart) {
  const { curves, residuals, confusion } = report;
  if (!curves) return null;
  const figures = [];
  if (curves.roc.length) figures.push(chart("ROC", "true positives found against false alarms", "ROC curve", e => unitCurve(e, curves.roc, { x: "False positive rate", y: "True positive rate", diagonal: true })));
  if (curves.precisionRecall.length) figures.push(chart("Precision and recall", "how clean the predicted positives are, by how many are found", "Precision against recall", e => unitCurve(e, curves.precisionRecall, { x: "Recall", y: "Precision" })));
  if (curves.gain.length) {
    figures.push(chart("Gain", "share of all positives among the most probable rows", "Cumulative gain", e => unitCurve(e, curves.gain, { x: "Share of rows", y: "Share of positives", diagonal: true })));
    figures.push(chart("Lift", "how many times more positives than by chance", "Lift", e => liftChart(e, curves.gain)));
  }
  if (curves.calibration.length) figures.push(chart("Calibration", "on the line, 70 % means 7 of 10", "Observed share against predicted probability", e => unitCurve(e, curves.calibration, { x: "Predicted probability", y: "Observed share", diagonal: true, markers: true })));
  if (curves.predictedActual.length) figures.push(chart("Predicted and actual", "a perfect model lies on the line", "Actual against predicted values", e => predictedActual(e, curves.predictedActual)));
  if (residuals) {
    figures.push(chart("Errors", `mean ${short(residuals.mean)}, standard deviation ${short(residuals.standardDeviation)}`, "Histogram of errors", e => residualHistogram(e, residuals)));
    figures.push(chart("Errors by prediction", "the mean error of each tenth of the rows, with its 95 % interval", "Mean error by prediction", e => residualTrend(e, residuals.trend)));
  }
  if (confusion) figures.push(make("figure", {}, make("figcaption", { text: "Confusion" }, make("span", { className: "sub", text: "rows are the truth, columns what was predicted" })), confusionTable(confusion)));
  return section("How good it is", `Measured on ${count(report.data.rows, "row")} of ${report.data.name}.`, make("div", { className: "curves" }, ...figures));
}

function confusionTable({ labels, counts }) {
  const heat = share => (share >= 0.75 ? "heat-4" : share >= 0.4 ? "heat-3" : share >= 0.15 ? "heat-2" : share >= 0.03 ? "heat-1" : undefined);
  return make("div", { className: "table-wrap", tabindex: "0", role: "region", "aria-label": "Confusion matrix" },
    make("table", { className: "confusion" },
      make("thead", {}, make("tr", {}, make("td", { className: "confusion-corner" }), ...labels.map(l => make("th", { scope: "col", text: l, title: l })))),
      make("tbody", {}, ...counts.map((row, i) => {
        const total = Math.max(1, row.reduce((a, b) => a + b, 0));
        return make("tr", {}, make("th", { scope: "row", text: labels[i], title: labels[i] }), ...row.map(n => make("td", { className: heat(n / total), text: n.toLocaleString("en-US"), title: percent(n / total) })));
      }))));
}

// As many decimals as the error has.
const toError = (number, error) => (error > 0 ? number.toFixed(Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(error))))) : short(number));

/** Bars with whiskers for one standard error each way. */
function bars(items) {
  const largest = Math.max(...items.map(i => i.value + (i.error ?? 0)), 1e-300);
  const list = make("ul", { className: "bars error-bars" });
  for (const item of items) {
    const fill = make("div", { className: "bar-fill" });
    fill.style.width = `${Math.max(0, item.value) / largest * 100}%`;
    const track = make("div", { className: "bar-track" }, fill);
    const box = make("div", { className: "bar-box" }, track);
    if (item.error) {
      const whisker = make("div", { className: "bar-whisker" });
      const low = Math.max(0, item.value - item.error) / largest, high = Math.max(0, item.value + item.error) / largest;
      whisker.style.left = `${low * 100}%`;
      whisker.style.width = `${Math.max(0, high - low) * 100}%`;
      box.append(whisker);
    }
    list.append(make("li", {}, make("span", { className: "bar-name", text: item.name, title: item.name }), box, make("span", { className: "bar-value", text: item.text }, ...(item.error ? [make("span", { className: "bar-error", text: ` ± ${short(Number(item.error.toPrecision(2)))}` })] : []))));
  }
  return list;
}

function importance({ permutation }) {
  if (!permutation) return null;
  const shown = permutation.columns.slice(0, 20);
  return section("What the score rests on",
    `How much worse ${METRICS[permutation.metric] ?? permutation.metric} (${short(permutation.score)}) becomes when a column is shuffled: ${count(permutation.rows, "row")}, ${permutation.repeats} shuffles each, with the standard error.`,
    bars(shown.map(c => ({ name: c.column, value: c.importance, error: c.standardError, text: toError(c.importance, c.standardError) }))),
    permutation.columns.length > shown.length ? make("p", { className: "soft small", text: `${permutation.columns.length - shown.length} columns that matter less are left out.` }) : null);
}

function contributions({ contributions: all }, chart) {
  const unit = SCALES[all.scale] ?? all.scale;
  const drawn = all.columns.filter(c => c.points.length && c.meanAbsolute > 0);
  const error = Math.max(...all.columns.map(c => c.standardError ?? 0));
  const note = `What each column added to the score of ${count(all.rows, "row")}, in the mean and without sign (${unit}). ${METHODS[all.method]}${error > 0 ? ` The largest, for one row, is ${short(Number(error.toPrecision(2)))} in the mean.` : ""}`;
  const shown = all.columns.filter(c => c.meanAbsolute > 0).slice(0, 20);
  if (shown.length === 0) return null;
  return section("What columns add (SHAP)", note,
    bars(shown.map(c => ({ name: c.column, value: c.meanAbsolute, text: short(c.meanAbsolute) }))),
    drawn.length ? make("div", { className: "swarm" }, chart("Row by row", "a dot is a row; teal: low values of the column, amber: high ones, grey: missing or categories", "Contributions of single rows", e => contributionSwarm(e, drawn, `added (${unit})`), "chart")) : null);
}

function effects({ effects: all, data }, chart) {
  if (all.length === 0) return null;
  return section("How predictions depend on a column",
    `Left: the prediction with the column set to a value in every row, the mean in bold, single rows thin (partial dependence and ICE). Right: how much the value itself changes it, from rows that have one near by (accumulated local effects). Of ${data.name}.`,
    ...all.map(effect => make("div", { className: "effect" },
      make("h3", { text: effect.column }),
      make("div", { className: "curves effect-pair" },
        chart("Partial dependence", `mean of ${count(effect.dependence.rows, "row")}${effect.outputs.length === 1 ? `: ${effect.outputs[0]}` : ""}`, `Partial dependence on ${effect.column}`, e => dependenceChart(e, effect)),
        effect.accumulated ? chart("Accumulated local effects", "against the mean prediction", `Accumulated local effects of ${effect.column}`, e => accumulatedChart(e, effect)) : ""))));
}

function slices({ slices: found }) {
  if (!found) return null;
  const note = `Segments of rows whose loss lies above the others' by more than chance: of ${count(found.tests, "segment")} and pairs that might have been looked at, p-values corrected for all of them. Mean loss of all: ${short(found.loss)}.`;
  return section("Where it is worst", note, found.slices.length === 0
    ? callout("good", "No segment is predicted worse than the others by more than chance.")
    : table(["Segment", headRight("Rows"), headRight("Loss"), headRight("Elsewhere"), headRight("Effect"), headRight("p")],
      found.slices.map(s => [s.terms.join(" and "), right(s.rows.toLocaleString("en-US")), right(short(s.loss)), right(short(s.lossElsewhere)), right(s.effect.toFixed(2)), right(s.pValue < 1e-4 ? "< 0.0001" : s.pValue.toFixed(4))]), "Worst segments"));
}

function fairness({ fairness: reports }) {
  if (reports.length === 0) return null;
  return section("How groups are treated", "Shares with 95 % intervals. Groups below 30 rows are left out of the differences. It measures; whether a difference is just, people decide.",
    ...reports.flatMap(report => {
      const parts = [make("h3", { text: report.selected ? `${report.column}: who is predicted ${report.selected}` : report.column })];
      const range = (rate, interval) => right(rate === null || rate === undefined ? "–" : `${percent(rate)} (${percent(interval.low)} – ${percent(interval.high)})`);
      if (report.selected) {
        if (report.passesFourFifths !== null)
          parts.push(callout(report.passesFourFifths ? "good" : "warn", `${report.passesFourFifths ? "Passes" : "Fails"} the four-fifths rule: the least selected group is selected ${percent(report.demographicParityRatio)} as often as the most selected one. Demographic parity difference ${percent(report.demographicParityDifference)}, equalised odds difference ${percent(report.equalizedOddsDifference)}.`));
        parts.push(table(["Group", headRight("Rows"), headRight("In truth"), headRight("Selected"), headRight("True positive rate"), headRight("False positive rate"), headRight("Precision"), headRight("Accuracy")],
          report.groups.map(g => [g.name, right(g.rows.toLocaleString("en-US")), right(percent(g.baseRate)), range(g.selectionRate, g.selectionInterval), range(g.truePositiveRate, g.truePositiveInterval), range(g.falsePositiveRate, g.falsePositiveInterval), right(percent(g.precision)), right(percent(g.accuracy))]), `Groups of ${report.column}`));
      } else
        parts.push(table(["Group", headRight("Rows"), headRight("Mean prediction"), headRight("Mean error"), headRight("Mean absolute error")],
          report.groups.map(g => [g.name, right(g.rows.toLocaleString("en-US")), right(value(g.meanPrediction)), right(value(g.meanError)), right(value(g.meanAbsoluteError))]), `Groups of ${report.column}`));
      return parts;
    }));
}

function leakage({ leakage: found }) {
  return section("Too good to be true?", "Columns that give the label away or name the row, rows that stand in the data twice.",
    ...(found.length ? found.map(f => callout("warn", f.text)) : [callout("good", "Nothing seems to leak.")]));
}

function quality({ quality: all, data }) {
  const bad = all.filter(c => c.findings.length);
  const rows = [...bad, ...all.filter(c => !c.findings.length)].slice(0, 50);
  return section("The data", `${count(data.rows, "row")} of ${data.name} beside the training data. Drift is the distance between the two distributions, from 0 to 1.`,
    table(["Column", headRight("Missing"), headRight("Different"), headRight("Outliers"), headRight("Drift"), "Notable"],
      rows.map(c => [c.column, right(percent(c.missingShare)), right(c.distinct.toLocaleString("en-US")), right(c.outliers.toLocaleString("en-US")), right(c.drift === null ? "–" : c.drift.toFixed(2)), c.findings.join("; ")]), "Quality of the columns"),
    all.length > rows.length ? make("p", { className: "soft small", text: `${all.length - rows.length} more columns are left out.` }) : null);
}

function card({ task, lineage, members, threshold, limits, columnCount }) {
  const facts = make("dl", { className: "facts" });
  const fact = (name, text) => facts.append(make("dt", { text: name }), make("dd", { text }));
  fact("Predicts", task.kind === "regression" ? task.label : `${task.label}: ${task.classes.join(", ")}`);
  fact("From", `${count(columnCount, "column")}, ${count(lineage.rows, "row")} of ${lineage.dataName}`);
  fact("Made of", members.map(m => `${m.learner} (${percent(m.weight)}${m.firstLayer ? `, over ${m.firstLayer.join("; ")}` : ""})`).join(", "));
  if (threshold !== null && threshold !== undefined) fact("Decides", `${task.classes[1]} from ${percent(threshold)} on`);
  fact("Validated", `${lineage.validation}, optimised ${METRICS[lineage.metric] ?? lineage.metric}`);
  fact("Budget", `${lineage.budgetSeconds ? `${short(lineage.budgetSeconds)} s, ` : ""}${count(lineage.trials, "trial")}, seed ${lineage.seed}`);
  fact("Made", `${lineage.createdAt.slice(0, 10)} with AlgoFactory ${lineage.programVersion.split("+")[0]}`);
  return section("Model card", "What is known of the model without looking at data.", facts,
    make("h3", { text: "Limits" }), make("ul", { className: "limits" }, ...[...limits, ...lineage.warnings].map(l => make("li", { text: l }))));
}
