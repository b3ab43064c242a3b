// A deployment: swap to another version, try a second one, promote it, roll back.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt, confirm, toast } from "./ui.js";

const address = `/api/deployments/${encodeURIComponent(document.querySelector("[data-deployment]").dataset.deployment)}`;

// What the page shows may have been changed meanwhile: nobody shall change what they have not seen.
const from = element => ({ "If-Match": `"${element.dataset.revision}"` });

function acknowledge(changed, text) {
  const late = changed?.waitingFor ?? [];
  toast(late.length > 0 ? `${text} Not yet on ${late.join(", ")}.` : text);
  return refresh("deployment");
}

document.addEventListener("submit", async event => {
  const form = event.target.closest("[data-swap]");
  if (!form) return;
  event.preventDefault();
  const version = Number(form.querySelector("#swap-version").value);
  const reason = form.querySelector("#swap-reason").value.trim();
  const { value, error } = await attempt(() => call("PUT", address, { model: form.dataset.model, version, reason: reason || null }), form.querySelector("[type=submit]"));
  if (!error) await acknowledge(value, `Version ${version} answers now.`);
});

const seconds = { s: 1, m: 60, h: 3600, d: 86400 };

/** "25@30m, 100@2h" as steps; null when it is none. */
export function steps(text) {
  const found = text.split(",").map(step => /^\s*(\d+(?:\.\d+)?)\s*%?\s*@\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*$/.exec(step));
  return found.every(Boolean) ? found.map(m => ({ percent: Number(m[1]), waitSeconds: Math.round(Number(m[2]) * seconds[m[3] || "s"]) })) : null;
}

function planOf(form) {
  const text = id => form.querySelector(id).value.trim();
  const number = id => (text(id) === "" ? null : Number(text(id)));
  const kind = form.querySelector("[name=plan-kind]:checked").value;
  const first = { model: form.dataset.model, version: Number(form.dataset.version) };
  const second = { model: form.dataset.model, version: Number(text("#plan-version")) };
  const plan = { kind, arms: [first, second], reason: text("#plan-reason") || null };
  if (kind === "canary") second.percent = number("#plan-percent");
  if (kind === "ab") {
    second.weight = number("#plan-percent");
    first.weight = 100 - second.weight;
  }
  if (kind === "shadow") second.percent = number("#plan-shadow");
  if (kind === "fallback") {
    plan.timeoutMs = number("#plan-timeout");
    const constant = text("#plan-constant");
    if (constant) plan.constant = constant;
  }
  if (kind === "canary" || kind === "ab") {
    const errors = number("#plan-errors"), latency = number("#plan-latency");
    if (errors !== null || latency !== null) plan.guard = { maxErrorRate: errors === null ? null : errors / 100, maxP95Ms: latency };
  }
  if (kind === "canary" && text("#plan-steps")) {
    const to = steps(text("#plan-steps"));
    if (!to) return { problem: "Write the steps as share @ wait, such as 25@30m, 100@2h." };
    plan.rollout = { steps: to };
  }
  return { plan };
}

document.addEventListener("submit", async event => {
  const form = event.target.closest("[data-plan]");
  if (!form) return;
  event.preventDefault();
  const { plan, problem } = planOf(form);
  if (problem) {
    toast(problem, true);
    return;
  }
  const { value, error } = await attempt(() => call("PUT", `${address}/plan`, plan, from(form)), form.querySelector("[type=submit]"));
  if (!error) await acknowledge(value, "The plan is changed.");
});

document.addEventListener("change", event => {
  const choice = event.target.closest("[name=plan-kind]");
  if (!choice) return;
  for (const field of choice.form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(choice.value);
});

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-rollback], [data-promote]") : null;
  if (!button) return;
  const promotes = "promote" in button.dataset;
  const sure = await confirm(promotes
    ? { title: "Promote?", text: `${button.dataset.to} becomes the only version, without a gap.`, action: "Promote", bad: false }
    : { title: "Roll back?", text: `${button.dataset.to} takes over again, without a gap. The present versions stay in the registry.`, action: "Roll back", bad: false });
  if (!sure) return;
  const { value, error } = await attempt(() => call("POST", `${address}/${promotes ? "promote" : "rollback"}`, undefined, from(button)), button);
  if (!error) await acknowledge(value, promotes ? `Version ${value.version} answers alone now.` : "Rolled back.");
});
