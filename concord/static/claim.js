// Tells the others that one is at it: by the button, by typing, and for as long as the page stays open and in sight.
"use strict";

(() => {
  const EVERY = 120_000; // a claim lasts five minutes

  const choices = () => document.getElementById("choices");
  const form = () => document.getElementById("decide");
  const mine = () => "mine" in (choices()?.dataset ?? {});
  const free = () => choices() && "open" in choices().dataset && !mine() && !("held" in choices().dataset);

  let asking = false;

  async function hold() {
    if (asking || !form()) return;
    asking = true;
    try {
      await fetch(form().dataset.holdAddress, { method: "POST", body: new FormData(form()) });
    } catch {
      // The connection is lost: the page says so, and the next key asks again.
    } finally {
      asking = false;
    }
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.claim[data-hold]")) return;
    event.preventDefault();
    hold();
  });

  document.addEventListener("input", ({ target }) => {
    if (target.form?.id === "decide" && free()) hold();
  });

  const keep = () => document.hidden || !mine() || hold();
  setInterval(keep, EVERY);
  document.addEventListener("visibilitychange", keep);
})();
