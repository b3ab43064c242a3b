// A model's page: its curves, the form that tries it, and the deploy dialog.
import { ApiError, call } from "./api.js";
import { predictedActual, trainingCurve, unitCurve } from "./charts.js";
import { reportForm } from "./report-form.js";
import { attempt, make } from "./ui.js";
import { whyPanel } from "./why.js";

const page = document.querySelector("[data-model]");

for (const element of document.querySelectorAll("[data-curve]")) {
  const points = JSON.parse(element.dataset.points);
  if (element.dataset.curve === "roc") unitCurve(element, points, { x: "False positive rate", y: "True positive rate", diagonal: true });
  if (element.dataset.curve === "pr") unitCurve(element, points, { x: "Recall", y: "Precision" });
  if (element.dataset.curve === "gain") unitCurve(element, points, { x: "Share of rows", y: "Share of positives", diagonal: true });
  if (element.dataset.curve === "calibration") unitCurve(element, points, { x: "Predicted probability", y: "Observed share", diagonal: true, markers: true });
  if (element.dataset.curve === "training") trainingCurve(element, points, element.dataset.metric);
  if (element.dataset.curve === "predicted") predictedActual(element, points);
}

for (const element of document.querySelectorAll("[data-report]")) reportForm(element);

const form = document.querySelector("[data-try]");
form?.addEventListener("submit", predict);
form?.addEventListener("reset", () => form.querySelector("[data-answer]").replaceChildren());

async function predict(event) {
  event.preventDefault();
  const answer = form.querySelector("[data-answer]");
  const row = {};
  for (const input of form.querySelectorAll("[data-field]")) {
    if (input.validity.badInput) {
      answer.replaceChildren(problem(`${input.dataset.field}: this is not a number.`));
      input.focus();
      return;
    }
    const text = input.value;
    row[input.dataset.field] = text === "" ? null : "number" in input.dataset ? Number(text) : text;
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  const started = performance.now();
  try {
    const response = await call("POST", form.dataset.try, { rows: [row] });
    answer.replaceChildren(...show(response, performance.now() - started), whyPanel(`/api/models/${encodeURIComponent(page.dataset.model)}/versions/${page.dataset.version}`, row, response.predictions[0].prediction));
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    answer.replaceChildren(problem(e.message));
  } finally {
    button.disabled = false;
  }
}

function show(response, milliseconds) {
  const { prediction, probabilities } = response.predictions[0];
  const parts = [
    make("div", {}, make("div", { className: "soft small", text: "Prediction" }),
      make("div", { className: "answer-value num", text: typeof prediction === "number" ? number(prediction) : String(prediction), "data-prediction": "" })),
  ];
  if (probabilities) parts.push(bars(Object.entries(probabilities).sort((a, b) => b[1] - a[1]), String(prediction)));
  for (const warning of response.warnings ?? []) parts.push(make("div", { className: "callout tone-warn" }, make("i", { className: "bi bi-exclamation-triangle", "aria-hidden": "true" }), make("div", { text: warning })));
  parts.push(make("div", { className: "soft small num", text: `Answered by version ${response.version} in ${Math.max(1, Math.round(milliseconds))} ms, the network included.` }));
  return parts;
}

function bars(classes, predicted) {
  const shown = classes.slice(0, 10);
  const list = make("ul", { className: "bars" });
  for (const [name, probability] of shown) {
    const fill = make("div", { className: "bar-fill" });
    fill.style.width = `${probability * 100}%`;
    list.append(make("li", { className: name === predicted ? "is-top" : undefined },
      make("span", { className: "bar-name", text: name, title: name }), make("div", { className: "bar-track" }, fill),
      make("span", { className: "bar-value", text: percent(probability) })));
  }
  if (classes.length > shown.length) list.append(make("li", { className: "soft small" }, make("span", { text: `${classes.length - shown.length} more classes` })));
  return list;
}

const percent = share => `${(share * 100).toFixed(share > 0.0995 && share < 0.9995 ? 0 : 1)} %`;
const number = value => value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
const problem = text => make("div", { className: "callout tone-bad", role: "alert" }, make("i", { className: "bi bi-x-octagon", "aria-hidden": "true" }), make("div", { text }));

const dialog = document.querySelector("[data-deploy-dialog]");
document.querySelector("[data-deploy]")?.addEventListener("click", () => {
  dialog.showModal();
  note();
});
dialog?.querySelector("[data-deploy-cancel]").addEventListener("click", () => dialog.close());
dialog?.querySelector("#deploy-name").addEventListener("input", note);
dialog?.querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const input = dialog.querySelector("#deploy-name");
  if (!input.checkValidity()) {
    input.reportValidity();
    return;
  }
  const name = input.value.trim();
  const { error } = await attempt(
    () => call("PUT", `/api/deployments/${encodeURIComponent(name)}`, { model: page.dataset.model, version: Number(page.dataset.version) }),
    dialog.querySelector("[type=submit]"));
  if (!error) location.assign(`/deployments/${encodeURIComponent(name)}`);
  else dialog.querySelector("[data-deploy-note]").textContent = error.message;
});

// What the name means: a new deployment, or a swap of one that serves.
function note() {
  const name = dialog.querySelector("#deploy-name").value.trim();
  const known = [...dialog.querySelectorAll("datalist option")].find(o => o.value === name);
  dialog.querySelector("[data-deploy-note]").textContent = known ? `Takes over from ${known.textContent}.` : "A new deployment of this name is made.";
}
