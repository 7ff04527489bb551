// The line between the workbench and the mailbox, one for the tab. A message stays in the outbox until its reply arrives; what a
// person entered is kept in the tab as well, for the page that a reload makes: a server whose page goes away may drop what is sent.
const RETRY_MS = 4000;
const RING_TRIES = 3; // unanswered, after which the whole page is asked for anew
const GIVING_BACK_MS = 1000; // the window goes in a few frames, and takes the focus as it goes
const TURNING_MS = 20000; // a server that is busy takes its time with a page
const WORDS = ["draft", "note"];
const ENTERED = ["decide", "second", ...WORDS]; // what a person entered: it must arrive
const WAITING = "hccassist.waiting."; // in the tab's own storage, by whose it is

const NOT_RECORDED = "What was entered before the page was loaded again was not recorded. ";
const AWAY = "The server does not answer. What you enter is kept on this page and sent when it is back: leave the page open.";
const LINE_LOOK = "position:fixed;z-index:999999;left:50%;bottom:10px;transform:translateX(-50%);max-width:90vw;padding:6px 14px;"
  + "border:1px solid #8a6100;border-radius:6px;background:#fdf1d3;color:#1c2329;font-size:14px";
const NOTICE_MS = 20000;

/** A line at the foot of the window, on every page. */
function footLine(role) {
  const line = document.createElement("div");
  line.setAttribute("role", role);
  line.style.cssText = LINE_LOOK;
  line.hidden = true;
  document.body.append(line);
  return line;
}

/** Says for a while what became of something that nobody waits for any more. */
function noticeBoard() {
  const line = footLine("alert");
  line.addEventListener("click", () => { line.hidden = true; });
  let timer = null;
  return (text) => {
    if (line.hidden || line.textContent !== text) line.textContent = text;
    line.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { line.hidden = true; }, NOTICE_MS);
  };
}

/** Streamlit puts a window over the page when its server does not answer, and takes the keys from whoever is typing. Here a
 *  line says so, and the page stays in use. */
function watchConnection(onBack) {
  const line = footLine("status");
  let held = null; // where somebody types
  document.addEventListener("focusin", (event) => { if (!event.target.closest('[data-testid="stDialog"]')) held = event.target; });
  const giveBack = (field, until) => {
    if (!field?.isConnected || held !== field || performance.now() > until) return;
    if (document.activeElement !== field) field.focus({ preventScroll: true });
    requestAnimationFrame(() => giveBack(field, until));
  };
  new MutationObserver(() => {
    for (const dialog of document.querySelectorAll('body > [data-testid="stDialog"]')) {
      if (dialog.querySelector("h2")?.textContent !== "Connection error") continue;
      dialog.querySelector('button[aria-label="Close"]')?.click();
      giveBack(held, performance.now() + GIVING_BACK_MS);
      line.textContent = AWAY;
      line.hidden = false;
    }
  }).observe(document.body, { childList: true });
  const app = document.querySelector('[data-testid="stApp"]');
  let away = false;
  new MutationObserver(() => {
    const back = app.dataset.testConnectionState === "CONNECTED";
    if (back) line.hidden = true;
    if (back && away) onBack();
    away = !back;
  }).observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}

function createBus() {
  const outbox = new Map();
  const waiting = new Map();
  const listeners = new Set();
  let transport = null;
  let scheduled = false;
  let bell = null;
  let state = null;
  let turning = 0;
  let unheard = 0;
  let resent = false;

  const entered = () => [...outbox.values()].filter((message) => ENTERED.includes(message.type));
  /** Leaves what was entered and not answered yet to the page after this one. */
  const remember = (left = entered()) => {
    if (!state) return;
    const place = WAITING + state.who;
    try {
      if (left.length) sessionStorage.setItem(place, JSON.stringify(left)); else sessionStorage.removeItem(place);
    } catch { /* a full or closed storage: the page itself still holds it */ }
  };
  /** What the page before this one left, sent again under the name that it was entered under and no other. */
  const resend = () => {
    resent = true;
    let left = [];
    try { left = JSON.parse(sessionStorage.getItem(WAITING + state.who)) || []; } catch { /* nothing is there */ }
    left.forEach((message) => outbox.set(message.id, message));
    if (left.length) schedule();
  };
  const flush = () => {
    scheduled = false;
    if (performance.now() < turning) return;
    if (transport && outbox.size) transport([...outbox.values()]);
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  // A server that was started again knows neither the page nor its mailbox, and drops what is sent there: only when it draws
  // the page anew does it listen. What waits is sent as soon as that is done.
  const ring = () => { unheard = 0; turning = Math.max(turning, 1); bell?.(); };
  watchConnection(ring);
  const notice = noticeBoard();
  const tell = (received) => listeners.forEach((listener) => listener(received));

  // A message that leaves while Streamlit turns to another page names the page it came from, and calls the turn off:
  // messages wait until the new page's mailbox speaks.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href]")) turning = performance.now() + TURNING_MS;
  }, true);
  setInterval(() => {
    if (!outbox.size) { unheard = 0; return; }
    unheard += 1;
    if (unheard === RING_TRIES) ring();
    flush();
  }, RETRY_MS);
  window.addEventListener("beforeunload", (event) => {
    if (entered().length) event.preventDefault();
  });

  return {
    /** Sends a message and resolves with its reply; it is sent again until that arrives. */
    send(message) {
      const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      outbox.set(id, { ...message, id });
      remember();
      schedule();
      tell(false);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    /** Called by the mailbox with its newest way to reach Python. */
    connect(send) { transport = send; },
    /** Called by the bell with its newest way to have the page drawn anew. */
    connectBell(send) { bell = send; },
    /** Called by the mailbox with what Python says. */
    receive(data) {
      if (state?.who !== data.who) remember([]); // what waits goes out under the new name
      state = data;
      unheard = 0;
      if (!resent) resend();
      if (turning) { turning = 0; schedule(); }
      const answered = Object.entries(data.replies || {}).filter(([id]) => outbox.has(id))
        .map(([id, reply]) => ({ id, reply, type: outbox.get(id).type }));
      answered.forEach(({ id }) => outbox.delete(id));
      remember();
      tell(true);
      answered.forEach(({ id, reply, type }) => {
        const resolve = waiting.get(id);
        waiting.delete(id);
        if (resolve) resolve(reply);
        if (!reply.ok && ENTERED.includes(type) && (!resolve || WORDS.includes(type))) notice(`${resolve ? "" : NOT_RECORDED}${reply.message}`);
      });
    },
    /** Calls the listener whenever a message leaves (with false) and whenever Python answers (with true). */
    listen(listener) { listeners.add(listener); return () => listeners.delete(listener); },
    /** What is on its way, for a field that is drawn before it arrives. */
    waiting(wanted) { return [...outbox.values()].filter(wanted); },
    get state() { return state; },
    get unsaved() { return entered().length; },
  };
}

const bus = window.__hccassistBus || (window.__hccassistBus = createBus());
