// Batches: cancel one, or have it run on.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt } from "./ui.js";

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-batch-post]") : null;
  if (!button) return;
  const { error } = await attempt(() => call("POST", button.dataset.batchPost), button);
  if (!error) await refresh("batches");
});
