// The form to start an operation: counties are found by typing, and told how many are chosen. Without this script the
// typed names are sent as they are.
"use strict";

(() => {
  const fold = (text) =>
    text
      .toLowerCase()
      .replace(/\bst\b\.?/g, "saint")
      .replace(/[^a-z]/g, "");

  function offer(part) {
    const find = part.querySelector("[data-find]");
    const all = part.querySelector("[data-all]");
    const list = part.querySelector(".counties");
    const chosen = part.querySelector("[data-chosen]");
    const boxes = [...list.querySelectorAll("input")];
    const typed = () => fold(find.value.split(",").pop());
    const matching = () => boxes.filter((box) => !box.closest("label").hidden);

    function narrow() {
      const fitting = boxes.filter((box) => fold(box.value).includes(typed()));
      for (const box of boxes) box.closest("label").hidden = fitting.length > 0 && !fitting.includes(box);
      list.hidden = all.checked;
      tell();
    }

    function tell() {
      const names = boxes.filter((box) => box.checked).map((box) => box.value);
      const more = names.length > 6 ? `, and ${names.length - 6} more` : "";
      const few = names.length ? `${names.length} chosen: ${names.slice(0, 6).join(", ")}${more}` : "None chosen yet";
      const text = all.checked ? "All 67 are chosen" : matching().length < boxes.length || !typed() ? few : "No county is called like this";
      if (chosen.textContent !== text) chosen.textContent = text;
    }

    function take(event) {
      if (event.key !== "Enter" || !typed()) return;
      event.preventDefault();
      const exact = boxes.find((box) => fold(box.value) === typed());
      const found = exact ?? (matching().length === 1 ? matching()[0] : null);
      if (!found) return;
      found.checked = true;
      forget();
    }

    // What was typed to find a county is not sent once the county is chosen.
    function forget() {
      find.value = find.value.split(",").slice(0, -1).join(",");
      narrow();
    }

    find.addEventListener("input", narrow);
    find.addEventListener("keydown", take);
    list.addEventListener("change", (event) => (event.target.checked ? forget() : narrow()));
    all.addEventListener("change", narrow);
    narrow();
  }

  for (const part of document.querySelectorAll("[data-counties]")) offer(part);
  document.getElementById("faults")?.focus();
})();
