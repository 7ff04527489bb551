// A number: typed, or found on a slider that says where it stands. It is told when it comes to rest, not at every step.
const RESTING_MS = 200;

class NumberField extends PageField {
  constructor(parent) {
    const [label, shown] = [h("span", {}), h("b", {})];
    const input = h("input", { class: "field", oninput: () => this.moved(), onchange: () => this.moved() });
    super(parent, h("label", { class: "hcca draft-field number-field" }, label, shown, input));
    Object.assign(this, { label, shown, input });
  }

  get value() { return this.input.value; }

  set value(text) {
    this.input.value = text;
    this.say();
  }

  moved() {
    this.say();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => { if (this.value && this.input.validity.valid) this.leave(); }, RESTING_MS);
  }

  say() { fill(this.shown, this.data.slide ? Number(this.value).toFixed(2) : null); }

  draw() {
    const { label, least, most, step, slide } = this.data;
    fill(this.label, label);
    Object.assign(this.input, { type: slide ? "range" : "number", min: least, max: most, step });
  }

  stop() {
    clearTimeout(this.resting);
    super.stop();
  }
}

export default fieldsOf(NumberField);
