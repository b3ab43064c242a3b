// The form of a plan: its rows of versions, and the plan that they make.

const mostArms = 10;
const seconds = { s: 1, m: 60, h: 3600, d: 86400 };

/** "25@30m, 100@2h" as steps; null when it is none. */
export function steps(text) {
  const found = text.split(",").map(step => /^\s*(\d+(?:\.\d+)?)\s*%?\s*@\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*$/.exec(step));
  return found.every(Boolean) ? found.map(m => ({ percent: Number(m[1]), waitSeconds: Math.round(Number(m[2]) * seconds[m[3] || "s"]) })) : null;
}

const kindOf = form => form.querySelector("[name=plan-kind]:checked").value;
const rowsOf = form => [...form.querySelectorAll("[data-arms] > [data-arm]")];

/** Shows the fields of the chosen kind. A canary tries one version: further ones are set aside, not lost. */
export function showKind(form) {
  const kind = kindOf(form);
  for (const field of form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(kind);
  const rows = rowsOf(form);
  rows.forEach((row, i) => (row.hidden = kind === "canary" && i > 0));
  // A constant can stand in for the first version alone.
  for (const row of rows) row.querySelector("[data-arm-remove]").hidden = kind === "canary" || (kind !== "fallback" && rows.length === 1);
  const add = form.querySelector("[data-arm-add]");
  add.hidden = kind === "canary" ? rows.length > 0 : rows.length + 1 >= mostArms || rows.length >= add.closest("form").querySelector("template").content.querySelectorAll("option").length;
}

/** One more row, of a version that the others do not have. */
export function addArm(form) {
  const rows = rowsOf(form);
  const row = form.querySelector("[data-arm-template]").content.firstElementChild.cloneNode(true);
  const suffix = `-${Math.max(0, ...rows.map(r => Number(/-(\d+)$/.exec(r.querySelector("select").id)?.[1] ?? 0))) + 1}`;
  for (const element of row.querySelectorAll("[id], [for]"))
    for (const name of ["id", "for"])
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace(/-new$/, suffix));
  const taken = rows.map(r => r.querySelector("select").value);
  const select = row.querySelector("select");
  const free = [...select.options].find(o => !taken.includes(o.value));
  if (free) select.value = free.value;
  form.querySelector("[data-arm-add]").before(row);
  showKind(form);
  select.focus();
}

/** Takes a row away. */
export function removeArm(row) {
  const form = row.closest("form");
  row.remove();
  showKind(form);
}

/** The plan that the form says, or the sentence why it is none. */
export function planOf(form) {
  const text = id => form.querySelector(id).value.trim();
  const number = id => (text(id) === "" ? null : Number(text(id)));
  const kind = kindOf(form);
  const model = form.dataset.model;
  const first = { model, version: Number(form.dataset.version) };
  const rows = rowsOf(form).filter(row => !row.hidden);
  const value = (row, field) => Number(row.querySelector(`[data-arm-${field}]`).value);
  const others = rows.map(row => {
    const [name, version] = row.querySelector("[data-arm-version]").value.split("/");
    return { model: name, version: Number(version) };
  });
  const plan = { kind, arms: [first, ...others], pinned: form.querySelector("#plan-pinned").checked, reason: text("#plan-reason") || null };
  if (new Set(others.map(o => `${o.model}/${o.version}`)).size < others.length) return { problem: "Two rows have the same version; a plan holds each version once." };
  if (others.length === 0 && (kind !== "fallback" || !text("#plan-constant")))
    return { problem: kind === "fallback" ? "Add a version, or say what is answered at last." : "Add a version." };
  if (kind === "canary") others[0].percent = value(rows[0], "percent");
  if (kind === "ab") {
    others.forEach((arm, i) => (arm.weight = value(rows[i], "percent")));
    const left = 100 - others.reduce((sum, arm) => sum + arm.weight, 0);
    if (!(left > 0)) return { problem: `The shares add up to ${100 - left} %: leave some of the keys to ${model}, version ${first.version}, which is the first.` };
    if (others.some(arm => !(arm.weight > 0))) return { problem: "Each version needs a share above 0 %." };
    first.weight = left;
  }
  if (kind === "shadow") others.forEach((arm, i) => (arm.percent = value(rows[i], "shadow")));
  if (kind === "fallback") {
    plan.timeoutMs = number("#plan-timeout");
    const constant = text("#plan-constant");
    if (constant) plan.constant = constant;
  }
  if (kind === "canary" || kind === "ab") {
    const errors = number("#plan-errors"), latency = number("#plan-latency"), onDrift = form.querySelector("#plan-drift").checked;
    if (errors !== null || latency !== null || onDrift) plan.guard = { maxErrorRate: errors === null ? null : errors / 100, maxP95Ms: latency, onDrift };
  }
  if (kind === "canary" && text("#plan-steps")) {
    const to = steps(text("#plan-steps"));
    if (!to) return { problem: "Write the steps as share @ wait, such as 25@30m, 100@2h." };
    plan.rollout = { steps: to };
  }
  return { plan };
}
