// Why a row is predicted as it is, and what would change it: below the answer of the form that tries a model.
import { ApiError, call } from "./api.js";
import { short } from "./charts.js";
import { make } from "./elements.js";

const SCALES = { value: "in the predicted value's unit", probability: "as a share of the probability", logOdds: "in log odds of the positive class", logit: "in logits", log: "as a logarithm of the value" };
const SHOWN = 8;

/** Two buttons that explain the answer to a row. */
export function whyPanel(base, row, prediction) {
  const panel = make("div", { className: "why" });
  const place = make("div", { "aria-live": "polite" });
  const button = (text, action) => {
    const one = make("button", { type: "button", className: "btn btn-second btn-sm", text });
    one.addEventListener("click", async () => {
      one.disabled = true;
      try {
        place.replaceChildren(...await action());
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        place.replaceChildren(make("div", { className: "callout tone-bad", role: "alert" }, make("div", { text: e.message })));
      } finally {
        one.disabled = false;
      }
    });
    return one;
  };
  const buttons = [button("Why this?", async () => reasons((await call("POST", `${base}/predict`, { rows: [row], explain: true })).predictions[0].explanation))];
  // Of numbers nobody has said yet which one is wanted.
  if (typeof prediction !== "number") buttons.push(button("What would change it?", async () => changes(await call("POST", `${base}/counterfactuals`, { row }))));
  panel.append(make("div", { className: "card-af-actions" }, ...buttons), place);
  return panel;
}

function reasons({ scale, class: of, base, rawScore, contributions }) {
  const all = Object.entries(contributions).map(([column, value]) => ({ column, value })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = all.slice(0, SHOWN).filter(c => c.value !== 0);
  const largest = Math.max(...shown.map(c => Math.abs(c.value)), 1e-300);
  const list = make("ul", { className: "bars signed" }, ...shown.map(c => {
    const fill = make("div", { className: "bar-fill" });
    fill.style.width = `${Math.abs(c.value) / largest * 50}%`;
    fill.style.left = c.value >= 0 ? "50%" : `${50 - Math.abs(c.value) / largest * 50}%`;
    return make("li", { className: c.value >= 0 ? "is-up" : "is-down" }, make("span", { className: "bar-name", text: c.column, title: c.column }),
      make("div", { className: "bar-track" }, fill), make("span", { className: "bar-value", text: `${c.value >= 0 ? "+" : "−"}${short(Math.abs(c.value))}` }));
  }));
  const what = of ? ` for ${of}` : "";
  const rest = all.length - shown.length;
  return [
    make("p", { className: "soft small", text: `What each column added to the score${what}, ${SCALES[scale]}: from ${short(base)} (nothing known) to ${short(rawScore)}.${rest > 0 ? ` ${rest} columns that added less are left out.` : ""}` }),
    list,
  ];
}

function changes(answer) {
  const say = a => (a.class !== null ? `${a.class} (${Math.round(a.probability * 100)} %)` : short(a.value));
  const describe = a => a.changes.map(c => `${c.column}: ${c.from ?? "(missing)"} → ${c.to}`).join(", ");
  if (answer.answers.length === 0)
    return [make("p", { className: "soft small", text: `None of ${answer.tried.toLocaleString("en-US")} variants with up to three changed columns is predicted otherwise.${answer.closest ? ` The closest: ${describe(answer.closest)}, still ${say(answer.closest)}.` : ""}` })];
  return [
    make("p", { className: "soft small", text: "The fewest and nearest changes, to values that the training data has, for another prediction:" }),
    make("ul", { className: "limits" }, ...answer.answers.map(a => make("li", {}, make("strong", { text: say(a) }), `: ${describe(a)}`))),
  ];
}
