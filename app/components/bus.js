// The line between the workbench and the mailbox, one for the tab. A message stays in the outbox until its reply arrives.
const RETRY_MS = 4000;
const TURNING_MS = 8000;
const ENTERED = ["decide", "second", "draft", "note"]; // what a person entered: it must arrive

function createBus() {
  const outbox = new Map();
  const waiting = new Map();
  const listeners = new Set();
  let transport = null;
  let scheduled = false;
  let state = null;
  let turning = 0;

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
  const tell = (received) => listeners.forEach((listener) => listener(received));

  // A message that leaves while Streamlit turns to another page names the page it came from, and calls the turn off:
  // messages wait until the new page's mailbox speaks.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("a[href]")) turning = performance.now() + TURNING_MS;
  }, true);
  setInterval(() => { if (outbox.size) flush(); }, RETRY_MS);
  window.addEventListener("beforeunload", (event) => {
    if ([...outbox.values()].some((message) => ENTERED.includes(message.type))) event.preventDefault();
  });

  return {
    /** Sends a message and resolves with its reply; it is sent again until that arrives. */
    send(message) {
      const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      outbox.set(id, { ...message, id });
      schedule();
      tell(false);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    /** Called by the mailbox with its newest way to reach Python. */
    connect(send) { transport = send; },
    /** Called by the mailbox with what Python says. */
    receive(data) {
      state = data;
      if (turning) { turning = 0; schedule(); }
      const answered = Object.entries(data.replies || {});
      answered.forEach(([id]) => outbox.delete(id));
      tell(true);
      answered.forEach(([id, reply]) => {
        const resolve = waiting.get(id);
        waiting.delete(id);
        if (resolve) resolve(reply);
      });
    },
    /** Calls the listener whenever a message leaves (with false) and whenever Python answers (with true). */
    listen(listener) { listeners.add(listener); return () => listeners.delete(listener); },
    get state() { return state; },
    get unsaved() { return [...outbox.values()].filter((message) => ENTERED.includes(message.type)).length; },
  };
}

const bus = window.__hccassistBus || (window.__hccassistBus = createBus());
