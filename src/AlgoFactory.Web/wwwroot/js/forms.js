// What forms share: the sentence about the first field that is wrong, and where it stands.
import { icon, make } from "./ui.js";

/** The first field that is visible and wrong, with a sentence about it; null when all are right. */
export function formFault(form) {
  const field = [...form.querySelectorAll("input, select, textarea")].find(e => !e.disabled && e.offsetParent !== null && !e.checkValidity());
  if (!field) return null;
  const label = (field.labels?.[0]?.textContent ?? field.getAttribute("aria-label") ?? "A field").replace(/\(.*\)/, "").trim();
  return { field, text: `${label}: ${field.validationMessage}` };
}

/** Shows a sentence in the form's place for it; none: clears it. */
export function showFormError(form, text) {
  const box = form.querySelector("[data-form-error]");
  box.replaceChildren(...(text ? [make("div", { className: "callout tone-bad" }, icon("x-octagon"), make("div", { text }))] : []));
}
