// A deployment: swap to another version, try a second one, promote it, roll back.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt, confirm, toast } from "./ui.js";
import { formFault, showFormError } from "./forms.js";
import { addArm, planOf, removeArm, showKind } from "./plan-form.js";

const address = `/api/deployments/${encodeURIComponent(document.querySelector("[data-deployment]").dataset.deployment)}`;

// What the page shows may have been changed meanwhile: nobody shall change what they have not seen.
const from = element => ({ "If-Match": `"${element.dataset.revision}"` });

/** Asks for a change; where another came first, shows that one. */
async function change(button, method, path, body, element) {
  const { value, error } = await attempt(() => call(method, address + path, body, from(element)), button);
  if (error?.status === 409 || error?.status === 412) await renew();
  return { value, error };
}

async function renew() {
  await refresh("deployment");
  // The form came anew.
  for (const form of document.querySelectorAll("[data-plan]")) showKind(form);
}

async function acknowledge(changed, text) {
  const late = changed?.waitingFor ?? [];
  toast(late.length > 0 ? `${text} Not yet on ${late.join(", ")}.` : text);
  await renew();
}

document.addEventListener("submit", async event => {
  const form = event.target.closest("[data-swap]");
  if (!form) return;
  event.preventDefault();
  const version = Number(form.querySelector("#swap-version").value);
  const reason = form.querySelector("#swap-reason").value.trim();
  const { value, error } = await change(form.querySelector("[type=submit]"), "PUT", "", { model: form.dataset.model, version, reason: reason || null }, form);
  if (!error) await acknowledge(value, `Version ${version} answers now.`);
});

document.addEventListener("submit", async event => {
  const form = event.target.closest("[data-plan]");
  if (!form) return;
  event.preventDefault();
  const fault = formFault(form);
  fault?.field.focus();
  const { plan, problem } = fault ? { problem: fault.text } : planOf(form);
  showFormError(form, problem);
  if (problem) return;
  const { value, error } = await change(form.querySelector("[type=submit]"), "PUT", "/plan", plan, form);
  if (!error) await acknowledge(value, "The plan is changed.");
});

document.addEventListener("change", event => {
  const choice = event.target.closest("[name=plan-kind]");
  if (choice) showKind(choice.form);
});

document.addEventListener("click", event => {
  const button = event.target instanceof Element ? event.target.closest("[data-arm-add], [data-arm-remove]") : null;
  if (!button) return;
  if ("armAdd" in button.dataset) addArm(button.closest("form"));
  else removeArm(button.closest("[data-arm]"));
});

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-rollback], [data-promote]") : null;
  if (!button) return;
  const promotes = "promote" in button.dataset;
  const sure = await confirm(promotes
    ? { title: "Promote?", text: `${button.dataset.to} becomes the only version, without a gap.`, action: "Promote", bad: false }
    : { title: "Roll back?", text: `${button.dataset.to} takes over again, without a gap. The present versions stay in the registry.`, action: "Roll back", bad: false });
  if (!sure) return;
  const { value, error } = await change(button, "POST", promotes ? "/promote" : "/rollback", undefined, button);
  if (!error) await acknowledge(value, promotes ? `Version ${value.version} answers alone now.` : "Rolled back.");
});

for (const form of document.querySelectorAll("[data-plan]")) showKind(form);
