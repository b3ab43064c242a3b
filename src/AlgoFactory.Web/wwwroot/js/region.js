// The server renders every list; a region that changes is fetched again and swapped. One source of markup, encoded once.
import { refreshTimes } from "./ui.js";

/** Fetches the page again and swaps the regions that differ. Returns those that were swapped. */
export async function refresh(...names) {
  let response;
  try {
    response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
  } catch {
    return []; // The server is away for a moment; the next turn tries again.
  }
  if (response.redirected && new URL(response.url).pathname !== location.pathname) {
    location.assign(response.url);
    return [];
  }
  if (!response.ok) return [];
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const swapped = [];
  for (const name of names) {
    const old = document.querySelector(`[data-region="${name}"]`);
    const next = page.querySelector(`[data-region="${name}"]`);
    if (!old || !next || plain(old) === plain(next)) continue;
    // Somebody is filling it in: it would close under their hands. Whoever closes it looks again.
    if (old.querySelector("dialog[open]")) continue;
    const focused = focusMark(old);
    const open = [...old.querySelectorAll("details[open]")].map(d => d.dataset.key ?? d.querySelector("summary")?.textContent);
    old.replaceWith(document.importNode(next, true));
    const now = document.querySelector(`[data-region="${name}"]`);
    for (const details of now.querySelectorAll("details")) if (open.includes(details.dataset.key ?? details.querySelector("summary")?.textContent)) details.open = true;
    if (focused) now.querySelector(focused)?.focus();
    swapped.push(now);
  }
  if (swapped.length > 0) refreshTimes();
  return swapped;
}

// Times tick in the browser and are no change.
function plain(region) {
  const copy = region.cloneNode(true);
  for (const time of copy.querySelectorAll("time[data-ago]")) time.textContent = "";
  for (const details of copy.querySelectorAll("details[open]")) details.removeAttribute("open");
  return copy.innerHTML;
}

function focusMark(region) {
  const active = document.activeElement;
  if (!active || !region.contains(active)) return null;
  if (active.id) return `#${CSS.escape(active.id)}`;
  if (active.dataset.delete) return `[data-delete="${CSS.escape(active.dataset.delete)}"]`;
  const href = active.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : null;
}

/** While something in the region is under way, looks again every now and then. */
export function pollWhileLive(name, everyMs = 1500) {
  const turn = async () => {
    const region = document.querySelector(`[data-region="${name}"]`);
    if (region?.querySelector("[data-live]") && !document.hidden) await refresh(name);
    setTimeout(turn, everyMs);
  };
  setTimeout(turn, everyMs);
}
