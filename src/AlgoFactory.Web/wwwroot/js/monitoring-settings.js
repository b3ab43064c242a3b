// The form of how a deployment is watched: rows of rules, parts that open, and the settings that it makes.
import { call } from "./api.js";
import { formFault, showFormError } from "./forms.js";
import { refresh } from "./region.js";
import { attempt, toast } from "./ui.js";

const form = document.querySelector("[data-monitor-settings]");
const address = `/api/monitoring/${encodeURIComponent(document.querySelector("[data-monitoring]").dataset.monitoring)}/settings`;

const field = id => form.querySelector(`#${id}`);
const number = id => (field(id).value.trim() === "" ? null : Number(field(id).value));
// Shares are percentages on the page; so written that 2.5 % is 0.025 and not 0.025000000000000001.
const share = id => Number((Number(field(id).value) / 100).toPrecision(12));
const lines = id => field(id).value.split("\n").map(line => line.trim()).filter(Boolean);

function showRule(row) {
  const option = row.querySelector("[data-rule-signal]").selectedOptions[0];
  row.querySelector("[data-rule-unit]").textContent = option.dataset.unit;
  row.querySelector("[data-rule-metric-part]").hidden = !("metric" in option.dataset);
}

/** Another signal has other units: its usual threshold is a better beginning than the number that stands there. */
function offer(row) {
  const { usual, minutes } = row.querySelector("[data-rule-signal]").selectedOptions[0].dataset;
  if (usual !== undefined) row.querySelector("[data-rule-threshold]").value = usual;
  row.querySelector("[data-rule-minutes]").value = minutes;
}

function addRule() {
  const rows = form.querySelectorAll("[data-rules] > [data-rule]");
  const suffix = `-${Math.max(-1, ...[...rows].map(r => Number(/-(\d+)$/.exec(r.querySelector("select").id)?.[1] ?? -1))) + 1}`;
  const row = form.querySelector("[data-rule-template]").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("[id], [for]"))
    for (const name of ["id", "for"])
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace(/-new$/, suffix));
  form.querySelector("[data-rule-add]").before(row);
  showRule(row);
  row.querySelector("select").focus();
}

function ruleOf(row) {
  const option = row.querySelector("[data-rule-signal]").selectedOptions[0];
  return {
    signal: option.value,
    threshold: Number((Number(row.querySelector("[data-rule-threshold]").value) * Number(option.dataset.scale)).toPrecision(12)),
    metric: "metric" in option.dataset ? row.querySelector("[data-rule-metric]").value : null,
    forMinutes: Number(row.querySelector("[data-rule-minutes]").value),
  };
}

function settings() {
  return {
    log: field("log-own").checked ? { share: share("log-share"), masked: lines("log-masked"), texts: field("log-texts").checked } : null,
    segment: field("segment").value || null,
    drift: {
      falseAlarmsADay: number("drift-alarms"),
      psi: number("drift-psi"),
      distance: number("drift-distance"),
      missingShare: share("drift-missing"),
      newLevelShare: share("drift-levels"),
      domainAuc: number("drift-auc"),
      fewestRows: number("drift-fewest"),
      windowRows: number("drift-window"),
    },
    rules: [...form.querySelectorAll("[data-rules] > [data-rule]")].map(ruleOf),
    webhooks: lines("webhooks"),
    mail: lines("mail"),
    retrain: field("retrain-on").checked ? {
      everyDays: number("retrain-days"),
      onDrift: field("retrain-drift").checked,
      onPerformance: field("retrain-performance").checked,
      promotesItself: field("retrain-itself").value === "auto",
      promotes: field("retrain-promotes").value,
      datasetId: field("retrain-data").value || null,
      fewestRows: number("retrain-fewest"),
      budgetSeconds: number("retrain-budget"),
      restHours: number("retrain-rest"),
    } : null,
  };
}

/** What the browser's own checks of single fields do not see. */
function faultOf() {
  for (const details of form.querySelectorAll("details")) if ([...details.querySelectorAll("input")].some(e => !e.checkValidity())) details.open = true;
  const fault = formFault(form);
  if (fault) return fault;
  const [window, fewest] = [number("drift-window"), number("drift-fewest")];
  if (window !== null && window < fewest)
    return { field: field("drift-window"), text: `Look also at the newest: ${window} rows are fewer than the ${fewest} that a window has at least.` };
  return null;
}

if (form) {
  form.addEventListener("change", event => {
    const { opens } = event.target.dataset;
    if (opens) form.querySelector(`[data-part="${opens}"]`).hidden = !event.target.checked;
    if (event.target.matches("[data-rule-signal]")) {
      const row = event.target.closest("[data-rule]");
      showRule(row);
      offer(row);
    }
  });
  form.addEventListener("click", event => {
    if (event.target.closest("[data-rule-add]")) addRule();
    else event.target.closest("[data-rule-remove]")?.closest("[data-rule]").remove();
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const fault = faultOf();
    showFormError(form, fault?.text);
    if (fault) {
      fault.field.focus();
      return;
    }
    const { error } = await attempt(() => call("PUT", address, settings()), form.querySelector("[type=submit]"));
    if (error) {
      showFormError(form, error.message);
      return;
    }
    toast("Saved.");
    await refresh("monitoring");
  });
}
