// Makes a key and shows its secret, this once.
import { call } from "./api.js";
import { refresh } from "./region.js";
import { attempt, icon, make } from "./ui.js";

const form = document.querySelector("[data-new-key]");
const secret = document.querySelector("[data-secret]");

form.addEventListener("submit", async event => {
  event.preventDefault();
  const name = form.querySelector("#key-name").value.trim();
  const role = form.querySelector("#key-role").value;
  const { value, error } = await attempt(() => call("POST", "/api/keys", { name, role }), form.querySelector("[type=submit]"));
  if (error) return;
  form.reset();
  const copy = make("button", { type: "button", className: "btn btn-second btn-sm", "data-copy": "new-secret" }, icon("clipboard"), document.createTextNode("Copy"));
  secret.replaceChildren(make("div", { className: "secret" },
    make("strong", { text: `The key of ${name}. It is shown this once: copy it now.` }),
    make("div", { className: "secret-line" }, make("code", { id: "new-secret", text: value.key }), copy)));
  await refresh("keys");
});
