// What a person enters on a page beside the review, in use while the server is away. What is about a chart is kept as a draft, on
// the way that decisions take. When it is done the page is drawn anew with it.
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
    const first = !this.data;
    if (first) this.told = data.text;
    const untouched = !first && this.value === this.data.text; // else what was entered here is newer than what the server knows
    this.data = data;
    this.draw();
    if (first || untouched) this.value = data.text;
    this.takeWaiting();
  }

  keep() {
    const { chart, name } = this.data;
    if (chart !== null) bus.send({ type: "draft", chart, suggestion: name, text: this.value });
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
    this.tell(this.told);
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
    if (data) field.update(data, (text) => setStateValue("text", text));
    return () => {
      field.stop();
      fields.delete(parentElement);
    };
  };
}
