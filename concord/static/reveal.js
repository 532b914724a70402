// Shows what is masked without loading the page again, and hides it when nobody is there. Without this script the
// form does, and the page hides the values by loading itself anew.
"use strict";

(() => {
  const HEADER = "Concord-Shown"; // what was asked for, for the page's own refreshes
  const LOOK = 1_000; // how often it is looked whether somebody is there
  const REGIONS = ["operation", "state", "details", "past", "comments"];
  const TYPED = "#decide, form.editing"; // where a page has something typed in, only the parts are replaced

  const form = () => document.getElementById("reveal");
  const idle = () => Number(form()?.dataset.idle ?? 120) * 1_000;

  let grant = "";
  let shown = []; // the ids of what was put in place
  let touched = Date.now();

  function say(words) {
    const place = document.getElementById("people-said");
    if (place) place.textContent = words;
  }

  // --- putting parts of another answer in place ---

  function parts() {
    const regions = REGIONS.map((id) => document.getElementById(id)).filter(Boolean);
    const others = [...document.querySelectorAll("[data-people]")].filter((each) => !regions.some((region) => region.contains(each)));
    if (!regions.length && !document.querySelector(TYPED)) return ["main"];
    return [...regions, ...others].map((element) => element.id);
  }

  function put(html, ids) {
    const other = new DOMParser().parseFromString(html, "text/html");
    const open = [...document.querySelectorAll("details[open][id]")].map((element) => element.id);
    for (const id of ids) {
      const [old, fresh] = [document, other].map((page) => page.getElementById(id));
      if (!old || !fresh) continue;
      old.replaceWith(document.adoptNode(fresh));
      htmx.process(fresh);
    }
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  }

  // --- showing ---

  async function show(button) {
    const part = button?.value ?? "all";
    const ids = part === "all" ? parts() : [`people-${part}`];
    const body = new FormData(form());
    body.set("part", part);
    const headers = { "HX-Request": "true", ...(grant && { [HEADER]: grant }) };
    let answer;
    try {
      answer = await fetch(form().action, { method: "POST", body, headers });
    } catch {
      say("It did not arrive. Try again in a moment.");
      return;
    }
    if (!answer.ok) {
      say(REFUSED[answer.status] ?? "That was refused. Nothing was shown.");
      return;
    }
    const html = await answer.text();
    grant = answer.headers.get(HEADER) ?? "";
    shown = [...new Set([...shown, ...ids])];
    touched = Date.now();
    put(html, ids);
    settled();
    const first = part !== "all" && document.getElementById(ids[0]);
    if (first) {
      first.tabIndex = -1;
      first.focus({ preventScroll: true });
    } else if (document.activeElement === document.body) document.getElementById("show-people")?.focus();
  }

  const REFUSED = {
    401: "You are signed out: open the page again. Nothing was shown.",
    403: "You may not see values of people. Nothing was shown.",
    422: "Say what for. Nothing was shown.",
    429: "Too many requests: wait a little. Nothing was shown.",
  };

  function settled() {
    say("Values of people are shown. They are hidden when nothing was done for two minutes.");
    document.getElementById("hide-people").hidden = false;
  }

  // --- hiding ---

  function blank() {
    for (const id of shown) document.getElementById(id)?.replaceChildren();
  }

  async function hide() {
    if (!shown.length) return;
    const ids = shown;
    const page = form()?.elements.page.value ?? location.href;
    blank();
    shown = [];
    grant = "";
    try {
      const answer = await fetch(page);
      if (!answer.ok || answer.redirected) throw new Error("no page");
      put(await answer.text(), ids);
    } catch {
      location.replace(page);
      return;
    }
    say("Values of people are masked again.");
    const link = document.getElementById("hide-people");
    if (link) link.hidden = true;
  }

  // --- when ---

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "reveal") return;
    event.preventDefault();
    show(event.submitter);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#hide-people")) return;
    event.preventDefault();
    hide();
  });

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (grant && detail.verb === "get") detail.headers[HEADER] = grant;
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id === "main") [grant, shown] = ["", []]; // another page
    const bar = form();
    if (bar?.hidden && document.querySelector("[data-people]")) bar.hidden = false;
  });

  for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
    addEventListener(name, () => (touched = Date.now()), { passive: true, capture: true });
  }
  setInterval(() => Date.now() - touched > idle() && hide(), LOOK);
  addEventListener("pagehide", blank);
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // A page that was loaded with what was granted in its address: the address is not to keep it.
  if (form() && "seenPeople" in form().dataset) {
    shown = ["main"];
    history.replaceState(history.state, "", form().elements.page.value);
    settled();
  }
})();
