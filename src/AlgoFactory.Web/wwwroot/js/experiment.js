// A running experiment: the server's events say when something changed, the regions are then fetched again.
import { call } from "./api.js";
import { scoreChart } from "./charts.js";
import { refresh } from "./region.js";
import { attempt, confirm, seconds } from "./ui.js";

const page = document.querySelector("[data-experiment]");
const address = `/api/experiments/${encodeURIComponent(page.dataset.experiment)}`;
const isLive = () => document.querySelector("[data-region=state] [data-live]") !== null;

let events = null;
let busy = false;
let again = false;

drawScores();
setInterval(tick, 500);
if (isLive()) listen();

document.addEventListener("click", async event => {
  const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  if (!button) {
    if (event.target instanceof Element && event.target.closest("[data-resume-open]")) document.querySelector("[data-resume-dialog]").showModal();
    if (event.target instanceof Element && event.target.closest("[data-resume-cancel]")) event.target.closest("dialog").close();
    return;
  }
  const act = button.dataset.act;
  if (act === "cancel" && !(await confirm({ title: "Cancel this experiment?", text: "Trials that are finished stay in the list, but no model is made.", action: "Cancel it" }))) return;
  const { error } = await attempt(() => call("POST", `${address}/${act}`), button);
  if (error) return;
  await update();
  if (isLive()) listen();
});

// While it was open its region was left alone, however it was closed. The event does not bubble.
document.addEventListener("close", event => {
  if (event.target.matches("[data-resume-dialog]")) update();
}, true);

// The whole budget and the learners to go on with; all of them ticked is no choice.
document.addEventListener("submit", async event => {
  const dialog = event.target.closest("[data-resume-dialog]");
  if (!dialog) return;
  event.preventDefault();
  if (!event.target.reportValidity()) return;
  const [budget, trials] = [dialog.querySelector("#resume-budget"), dialog.querySelector("#resume-trials")];
  const learners = [...dialog.querySelectorAll("[data-learner]:not(:disabled)")];
  const ticked = learners.filter(l => l.checked).map(l => l.value);
  const body = {
    ...(budget ? { budgetSeconds: budget.valueAsNumber } : { trials: trials.valueAsNumber }),
    learners: ticked.length === learners.length ? [] : ticked,
  };
  const { error } = await attempt(() => call("POST", `${address}/resume`, body), dialog.querySelector("[type=submit]"));
  if (error) return;
  dialog.close();
  await update();
  if (isLive()) listen();
});

function listen() {
  if (events) return;
  events = new EventSource(`${address}/events`);
  for (const name of ["trial", "best", "state"]) events.addEventListener(name, update);
  events.addEventListener("done", async () => {
    events.close();
    events = null;
    await update();
  });
  // EventSource connects again by itself; the state may have changed meanwhile.
  events.addEventListener("error", update);
}

// Events may come in bursts; one fetch at a time, and one more when something came in during it.
async function update() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      await swap();
      await new Promise(resolve => setTimeout(resolve, 300));
    } while (again);
  } finally {
    busy = false;
  }
  if (!isLive() && events) {
    events.close();
    events = null;
  }
}

async function swap() {
  const known = new Set([...document.querySelectorAll("[data-trial]")].map(r => r.dataset.trial));
  const swapped = await refresh("state", "board", "leaderboard");
  for (const region of swapped) {
    if (region.dataset.region === "board") drawScores();
    for (const row of region.querySelectorAll("[data-trial]")) row.classList.toggle("is-new", !known.has(row.dataset.trial));
  }
  tick();
}

function drawScores() {
  const board = document.querySelector("[data-region=board]");
  const trials = JSON.parse(board.dataset.trials);
  document.getElementById("scores").classList.toggle("d-none", trials.length === 0);
  if (trials.length === 0) return;
  scoreChart(document.querySelector("[data-score-chart]"), trials, board.dataset.metric, board.dataset.higher === "true");
}

// The bar of a time budget moves by itself.
function tick() {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const budget = Number(clock.dataset.budget);
  const elapsed = (Date.now() - Number(clock.dataset.started)) / 1000;
  clock.closest(".budget").querySelector("progress").value = Math.min(budget, elapsed);
  clock.textContent = elapsed < budget ? `${seconds(budget - elapsed)} left of ${seconds(budget)}` : "Finishing…";
}
