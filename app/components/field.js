// What a person enters on a page beside the review, in use while the server is away. What is about a chart is kept as a draft, on
// the way that decisions take; other words stay in the tab. When it is done the page is drawn anew with it.
const STAYS = "hccassist.typed."; // in the tab's own storage, by whose it is

class PageField {
  constructor(parent, root) {
    this.root = root;
    this.keeper = keeper(() => this.keep());
    parent.append(root);
    window.addEventListener("beforeunload", this.keeper.now, true);
    this.unlisten = bus.listen(() => this.takeWaiting());
  }

  update(data, tell) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.tell = tell;
    const before = this.data;
    const untouched = before && this.value === before.text; // else what was entered here is newer than what the server knows
    this.data = data;
    this.draw();
    if (!before) this.begin();
    else if (data.times !== before.times) this.beginAnew();
    else if (untouched) this.value = data.text;
    this.takeWaiting();
  }

  begin() {
    this.told = this.data.text;
    this.value = this.stayed() ?? this.data.text;
    this.leave();
  }

  /** What was entered was put to its use; words typed since then stay. */
  beginAnew() {
    if (this.data.used === null || this.value === this.data.used) this.value = this.data.text;
    this.told = this.data.text;
    this.stay();
    this.leave();
  }

  keep() {
    const { chart, name } = this.data;
    if (chart === null) this.stay(); else bus.send({ type: "draft", chart, suggestion: name, text: this.value });
  }

  get place() { return `${STAYS}${this.data.who}.${this.data.name}`; }

  stay() {
    const { stays, text, times } = this.data;
    if (!stays) return;
    try {
      if (this.value === text) sessionStorage.removeItem(this.place);
      else sessionStorage.setItem(this.place, JSON.stringify({ times, text: this.value }));
    } catch { /* a full or closed storage: the page itself still holds it */ }
  }

  /** What the page before this one left in the tab, unless it was put to its use. */
  stayed() {
    if (!this.data.stays) return null;
    try {
      const found = JSON.parse(sessionStorage.getItem(this.place));
      return found && found.times >= this.data.times ? found.text : null;
    } catch { return null; }
  }

  /** What was still on its way to the server when the field was drawn, after a reload or a time without it. */
  takeWaiting() {
    if (this.tookWaiting || !bus.state || !this.data || this.data.chart === null) return;
    this.tookWaiting = true;
    const { chart, name } = this.data;
    const found = bus.waiting((message) => message.type === "draft" && message.chart === chart && message.suggestion === name);
    if (found.length) this.value = found.at(-1).text;
  }

  leave() {
    setTimeout(() => this.keeper.now(), 0); // after what is told: of two things sent at once, Streamlit may draw anew for one alone
    if (this.value === this.told) return;
    this.told = this.value;
    this.tell({ text: this.told, times: this.data.times ?? 0 });
  }

  stop() {
    this.keeper.now();
    this.unlisten();
    window.removeEventListener("beforeunload", this.keeper.now, true);
    this.root.remove();
  }
}

/** What Streamlit calls for each place that a kind of field is drawn in. */
function fieldsOf(Kind) {
  const fields = new WeakMap();
  return ({ data, parentElement, setStateValue }) => {
    if (!fields.has(parentElement)) fields.set(parentElement, new Kind(parentElement));
    const field = fields.get(parentElement);
    if (data) field.update(data, (said) => setStateValue("text", said));
    return () => {
      field.stop();
      fields.delete(parentElement);
    };
  };
}
