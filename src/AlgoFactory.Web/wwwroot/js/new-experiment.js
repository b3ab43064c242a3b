// The form of a new experiment: what follows from the target, what differs from the inferred columns, and the start.
import { call, ApiError } from "./api.js";
import { formFault, showFormError } from "./forms.js";
import { make } from "./ui.js";

const form = document.querySelector("[data-new-experiment]");
// Fields are found by id. None may be called "dataset" or another property of forms, which it would hide.
const field = id => form.querySelector(`#${id}`);
const rows = [...form.querySelectorAll("[data-column]")];

field("dataset-choice").addEventListener("change", event => {
  if (event.target.value) location.assign(`/experiments/new?dataset=${encodeURIComponent(event.target.value)}`);
});

if (field("target")) {
  field("target").addEventListener("change", show);
  field("task").addEventListener("change", show);
  field("newer").addEventListener("change", show);
  field("metric").addEventListener("change", showHelp);
  for (const column of form.querySelectorAll("[data-role-column]")) column.addEventListener("change", show);
  for (const radio of form.querySelectorAll("[data-target]")) {
    radio.addEventListener("change", () => {
      field("target").value = radio.value;
      show();
    });
  }
  for (const radio of form.querySelectorAll("[name=budget]")) radio.addEventListener("change", showBudget);
  for (const row of rows) row.addEventListener("change", () => showRow(row));
  form.addEventListener("submit", start);
  show();
  showBudget();
}

function isRecommender() {
  return field("task").value === "recommend";
}

function chosenTask() {
  const task = field("task").value;
  // Ratings that are all the same say no more than that a user met an item.
  if (task === "recommend") return Number(field("rating-column").selectedOptions[0]?.dataset.distinct ?? 0) > 1 ? "rating" : "ranking";
  return task === "auto" ? field("target").selectedOptions[0]?.dataset.task : task;
}

function show() {
  const option = field("target").selectedOptions[0];
  for (const radio of form.querySelectorAll("[data-target]")) radio.checked = radio.value === field("target").value;
  const inferred = form.querySelector("[data-auto]");
  inferred.textContent = option?.dataset.task ? `Automatic: ${option.dataset.task}` : "Automatic";

  for (const part of form.querySelectorAll("[data-target-part]")) part.hidden = isRecommender();
  for (const part of form.querySelectorAll("[data-recommend-part]")) part.hidden = !isRecommender();
  form.querySelector("[data-gap]").hidden = !field("newer").value;
  const task = chosenTask();
  const metric = field("metric");
  for (const each of metric.options) each.hidden = each.disabled = each.dataset.for !== task;
  if (metric.selectedOptions[0]?.dataset.for !== task) {
    const first = [...metric.options].find(o => o.dataset.for === task);
    if (first) first.selected = true;
    else metric.selectedIndex = -1;
  }
  showHelp();

  for (const choice of learners()) choice.hidden = !choice.dataset.for.split(" ").includes(task);

  const positive = field("positive");
  form.querySelector("[data-positive]").hidden = task !== "binary";
  form.querySelector("[data-threshold]").hidden = task !== "binary";
  const classes = JSON.parse(option?.dataset.classes ?? "[]");
  positive.replaceChildren(make("option", { value: "", text: "The rarer one" }), ...classes.map(c => make("option", { value: c, text: c })));
  for (const row of rows) showRow(row);
}

function learners() {
  return [...form.querySelectorAll("[data-learner-choice]")];
}

// All of them ticked is no choice: what a later version brings is then tried too.
function chosenLearners() {
  const offered = learners().filter(c => !c.hidden).map(c => c.querySelector("[data-learner]")).filter(l => !l.disabled);
  const ticked = offered.filter(l => l.checked).map(l => l.value);
  return ticked.length === offered.length ? [] : ticked;
}

function showHelp() {
  form.querySelector("[data-metric-help]").textContent = field("metric").selectedOptions[0]?.dataset.help ?? "";
}

function showBudget() {
  form.querySelector("[data-trials]").hidden = form.querySelector("[name=budget]:checked").value !== "trials";
}

function showRow(row) {
  const isTarget = row.dataset.column === field("target").value;
  const kind = row.querySelector("[data-set-kind]");
  const role = row.querySelector("[data-set-role]");
  row.classList.toggle("is-best", isTarget);
  kind.disabled = role.disabled = isTarget;
  if (isTarget) {
    row.dataset.chosenRole ??= role.value;
    role.value = "label";
  } else if (role.value === "label") {
    role.value = row.dataset.chosenRole;
    delete row.dataset.chosenRole;
  }
  kind.classList.toggle("is-changed", !isTarget && kind.value !== row.dataset.kind);
  role.classList.toggle("is-changed", !isTarget && role.value !== row.dataset.role);
}

function request() {
  const budget = form.querySelector("[name=budget]:checked").value;
  const common = {
    datasetId: form.dataset.dataset,
    name: field("name").value.trim(),
    task: field("task").value,
    metric: field("metric").value || null,
    budgetSeconds: budget === "trials" ? null : Number(budget),
    trials: budget === "trials" ? Number(field("trials").value) : null,
    learners: chosenLearners(),
    seed: Number(field("seed").value),
  };
  if (isRecommender()) {
    const column = id => field(id).value || null;
    const recommend = { user: column("user-column"), item: column("item-column"), rating: column("rating-column"), time: column("time-column") };
    return { ...common, recommend, split: field("split").value };
  }
  const target = field("target").value;
  return {
    ...common,
    label: target,
    folds: Number(field("folds").value),
    singleModel: field("single").checked,
    maxLatencyMicroseconds: field("latency").value ? Number(field("latency").value) : null,
    stack: field("stack").value,
    positive: chosenTask() === "binary" ? field("positive").value || null : null,
    threshold: chosenTask() === "binary" ? field("threshold").value.trim() || "auto" : "auto",
    time: field("newer").value || null,
    gap: field("newer").value ? field("gap").value.trim() || null : null,
    overrides: rows.filter(r => r.dataset.column !== target).map(row => {
      const kind = row.querySelector("[data-set-kind]").value;
      const role = row.querySelector("[data-set-role]").value;
      return { column: row.dataset.column, kind: kind === row.dataset.kind ? null : kind, role: role === row.dataset.role ? null : role };
    }).filter(o => o.kind || o.role),
  };
}

async function start(event) {
  event.preventDefault();
  const fault = formFault(form);
  showFormError(form, fault?.text);
  if (fault) {
    fault.field.focus();
    return;
  }
  const offered = learners().filter(c => !c.hidden);
  if (offered.length && !offered.some(c => c.querySelector("[data-learner]").checked)) {
    showFormError(form, "Learners: tick at least one, under More settings.");
    return;
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const experiment = await call("POST", "/api/experiments", request());
    location.assign(`/experiments/${encodeURIComponent(experiment.id)}`);
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    showFormError(form, e.message);
    button.disabled = false;
  }
}
