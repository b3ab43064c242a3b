// What every page has: the menu, sign-out, fresh times, copy and delete buttons, regions that poll.
import { call } from "./api.js";
import { attempt, confirm, refreshTimes, toast } from "./ui.js";
import { pollWhileLive, refresh } from "./region.js";

document.addEventListener("click", async event => {
  const target = event.target instanceof Element ? event.target : null;
  const toggle = target?.closest("[data-nav-toggle]");
  if (toggle) {
    const open = document.getElementById("side-nav").classList.toggle("is-open");
    toggle.setAttribute("aria-expanded", String(open));
    return;
  }

  if (target?.closest("[data-sign-out]")) {
    const { error } = await attempt(() => call("DELETE", "/api/session"));
    if (!error) location.assign("/sign-in");
    return;
  }

  const copy = target?.closest("[data-copy]");
  if (copy) {
    await copyText(document.getElementById(copy.dataset.copy));
    return;
  }

  const remove = target?.closest("[data-delete]");
  if (remove) await removeThing(remove);
});

async function removeThing(button) {
  const { delete: path, title, text, then, verb = "Delete" } = button.dataset;
  if (!(await confirm({ title, text, action: verb }))) return;
  const { error } = await attempt(() => call("DELETE", path), button);
  if (error) return;
  if (then) {
    location.assign(then);
    return;
  }
  toast("Done.");
  const region = button.closest("[data-region]");
  if (region) await refresh(region.dataset.region);
  else location.reload();
}

async function copyText(source) {
  const text = source.value ?? source.textContent;
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
    return;
  }
  // Without HTTPS on another machine's address browsers offer no clipboard: select the text, ready for Ctrl+C.
  const range = document.createRange();
  range.selectNodeContents(source);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  toast("Selected; press Ctrl+C to copy.");
}

refreshTimes();
setInterval(refreshTimes, 30_000);
for (const region of document.querySelectorAll("[data-poll-live]")) pollWhileLive(region.dataset.region);
