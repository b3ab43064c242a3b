// The form on a model's page that looks at the model on a data set.
import { ApiError, call } from "./api.js";
import { make } from "./elements.js";
import { showReport } from "./understanding.js";

export function reportForm(form) {
  const state = form.parentElement.querySelector("[data-report-state]");
  const view = form.parentElement.querySelector("[data-report-view]");
  const file = form.querySelector("[data-report-file]");
  // Not form.dataset: a control of that name stands in for it.
  const address = form.getAttribute("data-report");
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const query = new URLSearchParams({ dataset: form.elements.dataset.value });
    if (form.elements.fairness?.value) query.set("fairness", form.elements.fairness.value);
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    file.hidden = true;
    view.replaceChildren();
    state.replaceChildren(make("p", { className: "soft", text: "Looking at the model from all sides; this takes some seconds …" }));
    try {
      const report = await call("GET", `${address}?${query}`);
      state.replaceChildren();
      showReport(view, report);
      query.set("format", "html");
      file.href = `${address}?${query}`;
      file.hidden = false;
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      state.replaceChildren(make("div", { className: "callout tone-bad", role: "alert" }, make("div", { text: e.message })));
    } finally {
      button.disabled = false;
    }
  });
}
