// The review queue: how many of what is ticked each decision concerns, ticks that outlive a fresh list, and the key for
// what is new. Without this script everything can still be chosen and decided.
"use strict";

(() => {
  const form = () => document.getElementById("batch");
  const boxes = () => [...document.querySelectorAll("#queue input[form=batch][type=checkbox]")];
  const counted = (box) => Number(box.dataset.count ?? 1);
  const sum = (some) => some.reduce((total, box) => total + counted(box), 0);

  function showChosen() {
    const ticked = boxes().filter((box) => box.checked);
    const all = sum(ticked);
    for (const button of form()?.querySelectorAll("button[data-kind]") ?? []) {
      const concerned = sum(ticked.filter((box) => box.dataset.offers.split(" ").includes(button.value)));
      button.disabled = !concerned;
      button.textContent = concerned === all ? button.dataset.kind : `${button.dataset.kind} (${concerned} of ${all})`;
    }
    const count = form()?.querySelector("[data-chosen]");
    if (count) count.textContent = `${all.toLocaleString("en")} chosen`;
    const everything = document.querySelector("[data-tick-all]");
    if (!everything) return;
    const free = boxes().filter((box) => !box.disabled);
    everything.hidden = false;
    everything.checked = free.length > 0 && free.every((box) => box.checked);
    everything.indeterminate = ticked.length > 0 && !everything.checked;
  }

  // What others decided can be chosen no more.
  function letGo() {
    for (const box of boxes()) {
      if (!box.closest("tr").querySelector(".gone")) continue;
      box.checked = false;
      box.disabled = true;
    }
    showChosen();
  }

  let kept = new Set();
  let wasInside = false;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "queue") return;
    kept = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    wasInside = document.activeElement !== document.body && event.detail.target.contains(document.activeElement);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt?.id === "queue") {
      for (const box of boxes()) box.checked ||= kept.has(box.value);
      if (wasInside && document.activeElement === document.body) document.getElementById("queue").focus();
      wasInside = false;
    }
    letGo();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked && !box.disabled;
    }
    if (event.target.closest("#queue")) showChosen();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.key !== "." || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.documentElement.dataset.keys !== "off") document.getElementById("show-news")?.click();
  });

  showChosen();
})();
