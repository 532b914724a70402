// Keeps an open page up to date. A socket says only that something changed; the page then fetches the fragment that
// this person may see. Without this script everything can still be opened, read and decided.
"use strict";

(() => {
  const POLL = 30_000; // in case a message was lost
  const APART = 1_000; // between two fetches of the fragment, where its data-apart does not say otherwise
  const SOONEST = 500;
  const LATEST = 15_000; // between two tries to connect

  const region = () => document.querySelector("[data-live]");
  const words = (element) => (element ? element.dataset.live.split(" ") : []);

  // --- sockets ---

  const sockets = new Map(); // path -> is it open?

  function follow(path, heard) {
    let wait = SOONEST;
    let timer;
    let socket;
    let over = false;
    sockets.set(path, null);

    function connect() {
      clearTimeout(timer);
      socket = new WebSocket(location.origin.replace(/^http/, "ws") + path);
      socket.onopen = () => {
        wait = SOONEST;
        sockets.set(path, true);
        showConnection();
      };
      socket.onmessage = (event) => heard(JSON.parse(event.data));
      socket.onclose = () => {
        if (over) return;
        sockets.set(path, false);
        showConnection();
        timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
        wait = Math.min(wait * 2, LATEST);
      };
    }
    addEventListener("online", () => over || (sockets.get(path) === false && connect()));
    connect();
    return () => {
      over = true;
      clearTimeout(timer);
      sockets.delete(path);
      socket.close();
    };
  }

  let signedOut = false;

  function showConnection() {
    const element = document.getElementById("connection");
    if (!element) return;
    const lost = [...sockets.values()].includes(false);
    document.body.dataset.connected = [...sockets.values()].every(Boolean) ? "yes" : "no";
    let text = "";
    if (signedOut) text = "Signed out: open the page again";
    else if (!navigator.onLine) text = "Offline";
    else if (lost) text = "Reconnecting…";
    if (element.textContent !== text) element.textContent = text;
  }
  addEventListener("offline", showConnection);
  addEventListener("online", () => {
    showConnection();
    refresh(); // what could not be fetched meanwhile
  });

  // --- the fragment ---

  let fetchedAt = 0;
  let timer;

  // Rows must not move under somebody's hand: a list is held while the pointer or the focus is in it.
  const inHand = (element) => "hold" in element.dataset && element.matches(":hover, :focus-within");

  function refresh() {
    clearTimeout(timer);
    const apart = Number(region()?.dataset.apart) || APART;
    timer = setTimeout(() => {
      const element = region();
      if (!element) return;
      const held = inHand(element);
      showFresh(held);
      if (held) return;
      fetchedAt = Date.now();
      htmx.trigger(element, "live");
    }, Math.max(0, fetchedAt + apart - Date.now()));
  }

  function showFresh(waiting) {
    const notice = document.querySelector("[data-fresh]");
    if (notice) notice.hidden = !waiting;
  }

  function letGo() {
    const notice = document.querySelector("[data-fresh]");
    if (notice && !notice.hidden && !inHand(region())) refresh();
  }
  document.addEventListener("pointerover", letGo);
  document.addEventListener("focusout", () => setTimeout(letGo));
  document.documentElement.addEventListener("mouseleave", letGo);

  // A fragment carries the sequence numbers that it was made after; any other number means that it is not the newest.
  function isNews(path, sequence) {
    const element = region();
    const place = words(element).indexOf(path);
    return place >= 0 && Number(element.dataset.seen.split(" ")[place]) !== sequence;
  }

  const shown = new Map(); // id of a fragment -> its last text, without ages
  const ageless = (html) => html.replace(/(<time[^>]*>)[^<]*/g, "$1").replace(/ data-seen="[^"]*"/, "");
  let unfolded = [];

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (xhr.status === 401 || xhr.status === 403) {
      signedOut = true;
      showConnection();
    }
    if (xhr.status !== 200) return;
    const text = ageless(xhr.responseText);
    if (shown.get(target.id) === text) {
      event.detail.shouldSwap = false;
      target.dataset.seen = xhr.responseText.match(/ data-seen="([^"]*)"/)?.[1] ?? "";
      return;
    }
    shown.set(target.id, text);
    unfolded = target.id === "main" ? [] : [...document.querySelectorAll("details[open][id]")].map((element) => element.id);
  });

  document.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    checkRevision();
    countAges();
  });

  // --- deciding: nobody decides on something else than what he read ---

  const typedRevision = () => document.querySelector("#decide input[name=revision]");

  function checkRevision() {
    const choices = document.getElementById("choices");
    const notice = choices?.querySelector("[data-stale]");
    const seen = typedRevision();
    if (!notice || !seen) return;
    const stale = seen.value !== choices.dataset.revision;
    notice.hidden = !stale;
    for (const button of choices.querySelectorAll("button[form=decide]")) button.disabled = stale;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stale] button")) {
      typedRevision().value = document.getElementById("choices").dataset.revision;
      checkRevision();
    }
    if (event.target.closest("[data-fresh] button")) {
      showFresh(false);
      fetchedAt = Date.now();
      htmx.trigger(region(), "live");
    }
  });

  // --- counts and ages ---

  function showCounts(counts) {
    for (const element of document.querySelectorAll("[data-count]")) {
      element.textContent = counts[element.dataset.count];
    }
    const title = document.title.replace(/^\(\d+\) /, "");
    const before = document.title;
    document.title = counts.escalations ? `(${counts.escalations}) ${title}` : title;
    if (document.title !== before) {
      document.getElementById("said").textContent = `${counts.escalations} waiting for a person`;
    }
  }

  function age(since) {
    const minutes = Math.floor((Date.now() - since) / 60_000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min ago`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
  }

  function countAges() {
    for (const element of document.querySelectorAll("time[data-age]")) {
      const text = age(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }

  // --- beginning ---

  const counted = document.body.dataset.counts;
  const followed = new Map(); // path -> how to stop

  // The next question is put into the page that the one before was on.
  function followRegion() {
    const wanted = new Set(words(region()));
    for (const [path, stop] of followed) {
      if (wanted.has(path)) continue;
      stop();
      followed.delete(path);
    }
    for (const path of wanted) {
      if (path === counted || followed.has(path)) continue;
      followed.set(path, follow(path, (message) => isNews(path, message.sequence) && refresh()));
    }
    showConnection();
  }

  if (counted) {
    follow(counted, (message) => {
      showCounts(message);
      document.dispatchEvent(new CustomEvent("concord:counts", { detail: message }));
      if (isNews(counted, message.sequence)) refresh();
    });
  }
  followRegion();
  document.addEventListener("htmx:afterSettle", followRegion);
  if (region()) {
    setInterval(() => document.hidden || refresh(), POLL);
    document.addEventListener("visibilitychange", () => document.hidden || refresh());
  }
  setInterval(countAges, POLL);
})();
