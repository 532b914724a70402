// The focus stays where it was when a part of the page is replaced under it by its newer self.
"use strict";

(() => {
  const FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex]";
  const words = (element) => `${element.tagName} ${element.getAttribute("href") ?? ""} ${element.textContent.trim()}`;
  let kept = null; // where the focus was

  function keep() {
    const element = document.activeElement;
    const parts = [];
    for (let part = element?.parentElement; part; part = part.parentElement) {
      if (part.id && part.closest("#main")) parts.push(part.id);
    }
    if (parts.length) kept = { element, parts, id: element.id, said: words(element) };
  }

  // The same thing in the innermost part that is still there, or else that part.
  function again({ parts, id, said }) {
    const part = parts.map((name) => document.getElementById(name)).find(Boolean);
    const same = [...(part?.querySelectorAll(FOCUSABLE) ?? [])].find((one) => words(one) === said);
    return document.getElementById(id) ?? same ?? part;
  }

  function giveBack() {
    if (!kept || kept.element.isConnected || document.activeElement !== document.body) return;
    const element = again(kept);
    kept = null;
    if (!element) return;
    if (!element.matches(FOCUSABLE)) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }

  document.addEventListener("htmx:beforeSwap", ({ target }) => target.id !== "main" && keep());
  document.addEventListener("htmx:afterSettle", giveBack);
})();
