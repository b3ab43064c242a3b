// Small pieces of behaviour that several pages share.
import { ApiError } from "./api.js";
import { make } from "./elements.js";

export { make };

export const icon = name => make("i", { className: `bi bi-${name}`, "aria-hidden": "true" });

/** A short message at the corner, read out to those who cannot see it. */
export function toast(text, isBad = false) {
  let box = document.querySelector(".toasts");
  if (!box) {
    box = make("div", { className: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(box);
  }
  const message = make("div", { className: isBad ? "toast-af is-bad" : "toast-af", text, role: isBad ? "alert" : undefined });
  box.append(message);
  setTimeout(() => message.remove(), isBad ? 9000 : 4500);
}

/** Runs an action; its error becomes a message, anything else is a fault and stays one. */
export async function attempt(action, button) {
  if (button) button.disabled = true;
  try {
    return { value: await action() };
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    toast(e.message, true);
    return { error: e };
  } finally {
    if (button) button.disabled = false;
  }
}

/** Asks before something that cannot be undone. Resolves to whether the user agreed. */
export function confirm({ title, text, action, bad = true }) {
  return new Promise(resolve => {
    const no = make("button", { type: "button", className: "btn btn-second", text: "Keep it as it is" });
    const yes = make("button", { type: "button", className: bad ? "btn btn-bad" : "btn btn-primary", text: action });
    const dialog = make("dialog", { className: "dialog-af", "aria-labelledby": "dialog-title" },
      make("h2", { id: "dialog-title", text: title }), make("p", { text }), make("div", { className: "dialog-buttons" }, no, yes));
    const end = answer => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    no.addEventListener("click", () => end(false));
    yes.addEventListener("click", () => end(true));
    dialog.addEventListener("cancel", event => {
      event.preventDefault();
      end(false);
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

const minute = 60_000, hour = 60 * minute, day = 24 * hour;

/** How long ago, in the server's words. */
export function ago(then, now = Date.now()) {
  const passed = now - then;
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"} ago`;
  if (passed < minute) return "just now";
  if (passed < hour) return count(Math.floor(passed / minute), "minute");
  if (passed < day) return count(Math.floor(passed / hour), "hour");
  if (passed < 30 * day) return count(Math.floor(passed / day), "day");
  return null;
}

/** Keeps the relative times of the page fresh. */
export function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const words = ago(Date.parse(time.dateTime));
    if (words && words !== time.textContent) time.textContent = words;
  }
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${count.toFixed(unit === 0 || count >= 100 ? 0 : 1)} ${units[unit]}`;
}

export function seconds(count) {
  if (count < 60) return `${Math.max(0, Math.round(count))} s`;
  const whole = Math.round(count);
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
