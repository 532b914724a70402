// Deciding without the mouse: each act's key is in its data-key, and "?" lists them. Without this script the buttons do.
"use strict";

(() => {
  const typing = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const off = () => document.documentElement.dataset.keys === "off";

  // --- keys ---

  let chosen = null; // what Ctrl+Enter sends, once the reason is there

  function press(button) {
    const reason = document.getElementById(button.dataset.needs ?? "");
    if (!reason) {
      button.click();
      return;
    }
    chosen = button.id;
    reason.focus();
    reason.scrollIntoView({ block: "nearest" });
    const sends = document.getElementById("sends");
    if (sends && reason.id === "id_reason") sends.textContent = `Ctrl+Enter: ${button.textContent.trim()}`;
  }

  function usable(key) {
    const buttons = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
    return [...buttons].find((button) => !button.disabled && button.checkVisibility());
  }

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && chosen && target.matches("#id_reason, #take-over-reason")) {
      event.preventDefault();
      document.getElementById(chosen)?.click();
      return;
    }
    // Enter on a tick or a choice would take the first decision of the form.
    if (key === "Enter" && target.form?.id === "decide" && target.matches("input")) event.preventDefault();
    if (event.repeat || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (off() || typing(target) || document.querySelector("dialog[open]")) return;
    const button = /^[a-z]$/.test(key) && usable(key);
    if (!button) return;
    event.preventDefault();
    press(button);
  });

  // --- the answer is the next page ---

  // htmx does not send the button that stands outside of its form.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const button = detail.triggeringEvent?.submitter;
    if (detail.elt.id === "decide" && button?.name) detail.parameters[button.name] = button.value;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (target.id === "main" && [409, 422].includes(xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "main") return;
    chosen = null;
    scrollTo(0, 0);
    const problem = document.querySelector("#main [aria-invalid=true]");
    (problem ?? document.getElementById("main")).focus();
    const said = document.getElementById("said");
    said.textContent = document.querySelector("#main [role=alert]:not([hidden]), #main h1")?.textContent.trim() ?? "";
    countDown();
  });

  const notSent = (hidden) => (event) => {
    const words = document.getElementById("not-sent");
    if (words && event.detail.elt.id === "decide") words.hidden = hidden;
  };
  document.addEventListener("htmx:beforeRequest", notSent(true));
  document.addEventListener("htmx:sendError", notSent(false));
  document.addEventListener("htmx:responseError", notSent(false));

  // --- what is ticked and chosen ---

  document.addEventListener("change", ({ target }) => {
    if (target.matches("#retry-steps input")) htmx.trigger(document.querySelector("[data-live]"), "live");
    if (target.matches(".presets input")) {
      const reason = document.getElementById("id_reason");
      reason.value = target.value;
      target.checked = false;
      reason.dispatchEvent(new Event("input", { bubbles: true }));
      reason.focus();
    }
  });

  // --- how long a decision can be taken back ---

  let timer;

  function countDown() {
    clearInterval(timer);
    const note = document.querySelector("[data-undo]");
    if (!note) return;
    const end = performance.now() + Number(note.dataset.undo) * 1000;
    timer = setInterval(() => {
      const left = Math.ceil((end - performance.now()) / 1000);
      const shown = note.querySelector("[data-left]");
      if (shown && left > 0) shown.textContent = left;
      if (left > 0) return;
      clearInterval(timer);
      note.querySelector("form")?.remove();
    }, 200);
  }
  countDown();
})();
