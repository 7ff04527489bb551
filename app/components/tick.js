// A box to tick.
class TickField extends PageField {
  constructor(parent) {
    const [box, label] = [h("input", { type: "checkbox", onchange: () => this.leave() }), h("span", {})];
    super(parent, h("label", { class: "hcca draft-field tick-field" }, box, label));
    Object.assign(this, { box, label });
  }

  get value() { return this.box.checked ? "yes" : ""; }

  set value(text) { this.box.checked = text === "yes"; }

  draw() { fill(this.label, this.data.label); }
}

export default fieldsOf(TickField);
