// A field for words of several lines. It stays in use while the server is away: a pause in typing keeps the words as a draft, on the
// way that decisions take; when the field is left, the page is drawn anew with them.
const fields = new WeakMap();

class WordsField {
  constructor(parent) {
    this.keeper = keeper(() => bus.send({ type: "draft", chart: this.data.chart, suggestion: this.data.name, text: this.area.value }));
    this.area = h("textarea", {
      class: "field", oninput: this.keeper.soon, onblur: () => this.leave(),
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.leave(); },
    });
    this.label = h("span", {});
    this.root = h("label", { class: "hcca words-field" }, this.label, this.area);
    parent.append(this.root);
    window.addEventListener("beforeunload", this.keeper.now, true);
    this.unlisten = bus.listen(() => this.takeWaiting());
  }

  update(data, tell) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.tell = tell;
    if (!this.data) this.told = data.text;
    // What was typed here is newer than what the server knows.
    if (!this.data || this.area.value === this.data.text) this.area.value = data.text;
    this.data = data;
    fill(this.label, data.label);
    this.area.maxLength = data.most;
    this.area.style.minHeight = data.height ? `${data.height}px` : null;
    this.takeWaiting();
  }

  /** Words still on their way to the server when the field was drawn, after a reload or a time without it. */
  takeWaiting() {
    if (this.tookWaiting || !bus.state || !this.data) return;
    this.tookWaiting = true;
    const { chart, name } = this.data;
    const found = bus.waiting((message) => message.type === "draft" && message.chart === chart && message.suggestion === name);
    if (found.length) this.area.value = found.at(-1).text;
  }

  leave() {
    this.keeper.now();
    if (this.area.value === this.told) return;
    this.told = this.area.value;
    this.tell(this.told);
  }

  stop() {
    this.keeper.now();
    this.unlisten();
    window.removeEventListener("beforeunload", this.keeper.now, true);
    this.root.remove();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  if (!fields.has(parentElement)) fields.set(parentElement, new WordsField(parentElement));
  const field = fields.get(parentElement);
  if (data) field.update(data, (text) => setStateValue("text", text));
  return () => {
    field.stop();
    fields.delete(parentElement);
  };
}
