// Upload with drag and drop and a progress bar. Where to, and which region shows what became of it, stands at the zone; what
// fields beside it hold (such as the deployment that shall score a file) goes into the address.
import { FORGERY_HEADER, problemText } from "./api.js";
import { bytes, make } from "./ui.js";
import { refresh } from "./region.js";

const zone = document.querySelector("[data-upload-zone]");
if (zone) {
  const input = document.querySelector("[data-upload-input]");
  const list = document.querySelector("[data-upload-list]");
  let depth = 0;

  const take = async files => {
    for (const file of files) await upload(file, list);
  };
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await take(files);
  });
  zone.addEventListener("dragenter", event => {
    event.preventDefault();
    depth++;
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragover", event => event.preventDefault());
  zone.addEventListener("dragleave", () => {
    if (--depth === 0) zone.classList.remove("is-over");
  });
  zone.addEventListener("drop", async event => {
    event.preventDefault();
    depth = 0;
    zone.classList.remove("is-over");
    await take([...event.dataTransfer.files]);
  });
}

// fetch() cannot tell how much of a body it has sent; XMLHttpRequest can.
function upload(file, list) {
  const bar = make("progress", { className: "progress-af", max: 100, value: 0, "aria-label": `Upload of ${file.name}` });
  const note = make("div", { className: "upload-item-note num", text: "Starting…" });
  const cancel = make("button", { type: "button", className: "btn btn-quiet btn-sm", text: "Cancel" });
  const item = make("li", { className: "upload-item" },
    make("div", { className: "upload-item-head" }, make("span", { className: "upload-item-name", text: file.name }), cancel), bar, note);
  list.prepend(item);

  const fail = text => {
    item.classList.add("is-bad");
    bar.remove();
    note.textContent = text;
    note.setAttribute("role", "alert");
    cancel.textContent = "Dismiss";
  };

  return new Promise(resolve => {
    const request = new XMLHttpRequest();
    const started = performance.now();
    const { uploadTo: address, uploadRegion: region } = zone.closest("[data-upload]").dataset;
    const query = new URLSearchParams({ name: file.name });
    for (const field of document.querySelectorAll("[data-upload-field]")) if (field.value) query.set(field.dataset.uploadField, field.value);
    // A part of the address is taken from its field, or else from the file's name without its end.
    const model = query.get("model") ?? file.name.replace(/\.[^.]*$/, "");
    request.open("POST", `${address.replace("{model}", encodeURIComponent(model))}?${query}`);
    for (const [name, value] of Object.entries(FORGERY_HEADER)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", event => {
      const share = event.total > 0 ? event.loaded / event.total : 1;
      bar.value = Math.round(share * 100);
      const rate = event.loaded / Math.max(0.001, (performance.now() - started) / 1000);
      note.textContent = share < 1
        ? `${bytes(event.loaded)} of ${bytes(event.total)}, ${bytes(rate)}/s`
        : "Sent; the server is putting it in its place…";
    });
    request.addEventListener("load", async () => {
      if (request.status >= 200 && request.status < 300) {
        item.remove();
        await refresh(region);
      } else if (request.status === 401) {
        location.assign(`/sign-in?returnUrl=${encodeURIComponent(location.pathname)}`);
      } else {
        fail(problemText(request.status, request.responseText));
      }
      resolve();
    });
    request.addEventListener("error", () => {
      fail("The upload was cut off. Either the server cannot be reached or it refused the file's size.");
      resolve();
    });
    request.addEventListener("abort", () => {
      item.remove();
      resolve();
    });
    cancel.addEventListener("click", () => (request.readyState === XMLHttpRequest.DONE ? item.remove() : request.abort()));
    request.send(file);
  });
}
