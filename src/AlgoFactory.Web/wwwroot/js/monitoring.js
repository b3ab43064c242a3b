// Monitoring: silence alerts, train a challenger, promote or reject it.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt, confirm, toast } from "./ui.js";

const name = document.querySelector("[data-monitoring]").dataset.monitoring;

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-silence], [data-retrain], [data-decide]") : null;
  if (!button) return;
  if (button.dataset.silence) await silence(button);
  else if (button.dataset.decide) await decide(button);
  else await retrain(button);
});

async function silence(button) {
  const hours = Number(button.dataset.hours);
  const { error } = await attempt(() => call("POST", `/api/alerts/${button.dataset.silence}/silence`, { hours }), button);
  if (error) return;
  toast(hours > 0 ? "Nobody is told of it for a day." : "Receivers are told again.");
  await refresh("monitoring");
}

async function retrain(button) {
  const sure = await confirm({ title: "Train a challenger?", text: "It learns from logged predictions with labels, or from the data set of the settings, and is compared with the live version. Nothing changes what answers until it is promoted.", action: "Train", bad: false });
  if (!sure) return;
  const { error } = await attempt(() => call("POST", `/api/monitoring/${encodeURIComponent(name)}/retrain`), button);
  if (error) return;
  toast("The worker begins within a minute.");
  await refresh("monitoring");
}

async function decide(button) {
  const promotes = button.dataset.verb === "promote";
  const sure = await confirm(promotes
    ? { title: "Promote the challenger?", text: "It takes over without a gap; a rollback brings the present version back.", action: "Promote", bad: false }
    : { title: "Reject the challenger?", text: "The live version stays. The challenger remains in the registry.", action: "Reject", bad: false });
  if (!sure) return;
  const { value, error } = await attempt(() => call("POST", `/api/retrainings/${button.dataset.decide}/${button.dataset.verb}`), button);
  if (error) return;
  toast(value?.message ?? "Done.");
  await refresh("monitoring");
}
