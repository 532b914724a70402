// The colours change at once, and the server remembers them for the next page. Without this script the form does it.
"use strict";

(() => {
  const form = document.getElementById("theme");
  if (!form) return;

  form.addEventListener("submit", (event) => {
    const chosen = event.submitter;
    if (!chosen) return;
    event.preventDefault();
    const body = new FormData(form, chosen);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
    document.documentElement.dataset.theme = chosen.value;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
  });
})();
