// Notices: how many are unread, and, for who asked for it on the page of notices, notifications by the browser.
"use strict";

(() => {
  const bell = document.getElementById("bell");
  if (!bell) return;

  const NET = 30_000; // in case a message was lost
  const APART = 3_000; // between two looks for news
  const KEPT = 100; // ids of what was told
  const MANY = 3; // new questions that are told one by one

  // Remembered by this browser for each person: "wish" (mine, all or nothing), "since", and "told".
  const key = (name) => `concord.notices.${name}.${bell.dataset.person}`;
  const recall = (name) => localStorage.getItem(key(name)) ?? "";
  const keep = (name, value) => localStorage.setItem(key(name), value);
  const offered = "Notification" in window && window.isSecureContext;
  const wish = () => (offered && Notification.permission === "granted" ? recall("wish") : "");

  // --- the bell ---

  let counted = {};

  function showUnread(unread) {
    if (unread > counted.notices) {
      document.getElementById("said").textContent = `${unread} unread notice${unread === 1 ? "" : "s"}`;
    }
    bell.classList.toggle("some", unread > 0);
  }

  document.addEventListener("concord:counts", ({ detail }) => {
    showUnread(detail.notices);
    const changed = detail.notices !== counted.notices || detail.escalations !== counted.escalations;
    counted = { notices: detail.notices, escalations: detail.escalations };
    if (changed) lookSoon();
  });

  // --- notifications ---

  let timer;
  let lookedAt = 0;

  function lookSoon() {
    clearTimeout(timer);
    if (wish()) timer = setTimeout(look, Math.max(0, lookedAt + APART - Date.now()));
  }

  async function look() {
    lookedAt = Date.now();
    const answer = await fetch(`/console/notices/news?since=${recall("since")}`).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const { until, news } = await answer.json();
    keep("since", until);
    tell(news.filter((item) => item.kind === "notice" || wish() === "all"));
  }

  function tell(news) {
    const told = recall("told").split(" ");
    const fresh = news.filter((item) => !told.includes(item.id));
    keep("told", [...told, ...fresh.map((item) => item.id)].slice(-KEPT).join(" "));
    const questions = fresh.filter((item) => item.kind === "question");
    const single = questions.length > MANY ? fresh.filter((item) => item.kind === "notice") : fresh;
    single.forEach(notify);
    if (questions.length > MANY) {
      notify({ id: "questions", title: "Several new questions wait", body: "", url: "/console/escalations" });
    }
  }

  function notify({ id, title, body, url }) {
    // Several tabs tell of the same: the tag makes one of them.
    const shown = new Notification(title, { body, tag: id, icon: "/static/concord.svg" });
    shown.onclick = () => {
      window.focus();
      location.assign(url);
    };
  }

  setInterval(lookSoon, NET);

  // --- asking for them, on the page of notices ---

  const section = document.getElementById("notify");
  if (!section) return;
  const buttons = section.querySelectorAll("[data-wish]");

  function showWish() {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.wish === wish()));
      button.disabled = !offered;
    }
    let text = "";
    if (!offered) text = "This browser offers none here: they take a connection by HTTPS.";
    else if (Notification.permission === "denied") text = "You have blocked them; allow them in the browser's settings.";
    section.querySelector("[data-wish-state]").textContent = text;
  }

  for (const button of buttons) {
    button.addEventListener("click", async () => {
      if (button.dataset.wish) await Notification.requestPermission();
      keep("wish", button.dataset.wish);
      showWish();
      if (!recall("since")) keep("since", Date.now());
      lookSoon();
    });
  }

  section.hidden = false;
  showWish();
})();
