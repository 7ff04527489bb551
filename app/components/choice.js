// A choice of one: all of them in sight, or a list to open. Where nothing is chosen yet, nothing is.
let choices = 0;

class ChoiceField extends PageField {
  constructor(parent) {
    super(parent, h("div", { class: "hcca draft-field" }));
    this.group = `hccassist-choice-${++choices}`;
    this.chosen = "";
  }

  get value() { return this.chosen; }

  set value(text) {
    this.chosen = text;
    this.root.querySelectorAll("input, option").forEach((option) => {
      option[option.tagName === "INPUT" ? "checked" : "selected"] = option.value === text;
    });
  }

  /** What was chosen before and is none of today's is not chosen. */
  stayed() {
    const found = super.stayed();
    return this.data.options.some(([value]) => value === found) ? found : null;
  }

  choose(value) {
    this.chosen = value;
    this.keeper.soon();
    this.leave();
  }

  draw() {
    const { label, options, inSight } = this.data;
    const says = JSON.stringify([label, options]);
    if (says === this.says) return; // a list may be open
    this.says = says;
    fill(this.root, inSight
      ? h("fieldset", {}, h("legend", {}, label), options.map(([value, text]) => h("label", { class: "option" },
        h("input", { type: "radio", name: this.group, value, onchange: () => this.choose(value) }), text)))
      : h("label", {}, h("span", {}, label), h("select", { class: "field", onchange: (event) => this.choose(event.target.value) },
        h("option", { value: "", disabled: true, hidden: true }), options.map(([value, text]) => h("option", { value }, text)))));
    this.value = this.chosen;
  }
}

export default fieldsOf(ChoiceField);
