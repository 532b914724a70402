// The console without the mouse: "?" lists what keys do here, j and k walk through rows, "g" and a letter go elsewhere.
// What decides stands in decide.js. Single keys can be switched off; the list is then opened by its button.
"use strict";

(() => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;

  const REMEMBERED = "concord.keys";
  const PATIENCE = 1_500; // between "g" and its letter
  const root = document.documentElement;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const find = (selector) => [...document.querySelectorAll(selector)].find(shown);
  const typing = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

  // --- what is on the page ---

  const rows = () => [...document.querySelectorAll("#main :is(.row-link, .offer h2 a)")].filter(shown);
  const tick = (row) => row?.closest("tr")?.querySelector(".tick-cell input:not(:disabled)");
  const upwards = () => find("#main .trail a");
  const unfold = () => find("#main details.narrow > summary");
  const searched = () => find("#main form.filters :is(input:not([type=hidden], [type=checkbox]), select)");
  const fresh = () => find("[data-fresh] button");

  let place = ""; // the address of the row that was walked to last

  function walk(by) {
    const all = rows();
    const focused = all.findIndex((row) => row.closest("tr, li").contains(document.activeElement));
    const known = focused >= 0 ? focused : all.findIndex((row) => row.href === place);
    const next = all[known < 0 ? 0 : Math.min(Math.max(known + by, 0), all.length - 1)];
    place = next.href;
    next.focus();
    next.closest("tr, li").scrollIntoView({ block: "nearest" });
  }

  function current() {
    return rows().find((row) => row.closest("tr, li").contains(document.activeElement));
  }

  function search() {
    const field = searched();
    if (!field) {
      const fold = unfold();
      fold.parentElement.open = true;
    }
    (field ?? searched()).focus();
  }

  const KEYS = [
    ["j", "Next row", () => rows().length, () => walk(1)],
    ["k", "Row before", () => rows().length, () => walk(-1)],
    ["x", "Tick the row", () => rows().some(tick), () => tick(current())?.click()],
    ["/", "Search or filter", () => searched() || unfold(), search],
    [".", "Show what is new", fresh, () => fresh().click()],
    ["u", "Up, to the list", upwards, () => upwards().click()],
  ];

  // --- the list of keys ---

  function entry(key, words) {
    const row = document.createElement("div");
    const [term, meaning, sign] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
    sign.textContent = key;
    meaning.textContent = words;
    term.append(sign);
    row.append(term, meaning);
    return row;
  }

  function show() {
    const acts = [...document.querySelectorAll("[data-key]")].filter((element) => shown(element) && !element.disabled);
    const taken = new Set(acts.map((element) => element.dataset.key));
    const found = [
      ...acts.map((element) => [element.dataset.key, element.dataset.keyWords ?? element.textContent.trim()]),
      ...KEYS.filter(([key, , here]) => !taken.has(key) && here()),
      ["?", "This list"],
    ];
    if (rows().length) found.splice(-1, 0, ["Enter", "Open the row"]);
    dialog.querySelector("[data-keys-here]").replaceChildren(...found.map(([key, words]) => entry(key, words)));
    dialog.showModal();
  }

  // --- on and off ---

  const button = dialog.querySelector("[data-keys-switch]");

  function turn(off) {
    if (off) root.dataset.keys = "off";
    else delete root.dataset.keys;
    button.textContent = `Single keys are ${off ? "off" : "on"}`;
    button.setAttribute("aria-pressed", String(!off));
  }

  button.addEventListener("click", () => {
    const off = root.dataset.keys !== "off";
    localStorage.setItem(REMEMBERED, off ? "off" : "on");
    turn(off);
  });
  turn(localStorage.getItem(REMEMBERED) === "off");

  const opener = document.getElementById("show-keys");
  opener.hidden = false;
  opener.addEventListener("click", show);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  // --- keys ---

  let going = 0; // until when a letter after "g" is waited for

  function go(key) {
    const link = dialog.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) location.assign(link.href);
  }

  function act(key) {
    if (Date.now() < going) {
      going = 0;
      go(key);
      return true;
    }
    if (key === "g") {
      going = Date.now() + PATIENCE;
      return true;
    }
    if (key === "?") {
      show();
      return true;
    }
    const found = KEYS.find(([name]) => name === key);
    if (!found?.[2]()) return false;
    found[3]();
    return true;
  }

  // Before decide.js: the letter after "g" decides nothing.
  addEventListener(
    "keydown",
    (event) => {
      const { key, target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || key.length > 1) return;
      if (root.dataset.keys === "off" || document.querySelector("dialog[open]") || typing(target)) return;
      if (Date.now() >= going && find(`[data-key="${CSS.escape(key)}"]`)) return;
      if (act(key)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
})();
