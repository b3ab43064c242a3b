// A deployment: swap to another version, roll back.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt, confirm, toast } from "./ui.js";

const address = `/api/deployments/${encodeURIComponent(document.querySelector("[data-deployment]").dataset.deployment)}`;

document.addEventListener("submit", async event => {
  const form = event.target.closest("[data-swap]");
  if (!form) return;
  event.preventDefault();
  const version = Number(form.querySelector("#swap-version").value);
  const reason = form.querySelector("#swap-reason").value.trim();
  const { error } = await attempt(() => call("PUT", address, { model: form.dataset.model, version, reason: reason || null }), form.querySelector("[type=submit]"));
  if (error) return;
  toast(`Version ${version} answers now.`);
  await refresh("deployment");
});

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-rollback]") : null;
  if (!button) return;
  const sure = await confirm({ title: "Roll back?", text: "The version that served before takes over again, without a gap. The present one stays in the registry.", action: "Roll back", bad: false });
  if (!sure) return;
  const { value, error } = await attempt(() => call("POST", `${address}/rollback`), button);
  if (error) return;
  toast(value?.version ? `Version ${value.version} answers again.` : "Rolled back.");
  await refresh("deployment");
});
