// A field for words of several lines: a pause in typing keeps them.
class WordsField extends PageField {
  constructor(parent) {
    const label = h("span", {});
    const area = h("textarea", {
      class: "field", oninput: () => this.keeper.soon(), onblur: () => this.leave(),
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.leave(); },
    });
    super(parent, h("label", { class: "hcca draft-field" }, label, area));
    [this.label, this.area] = [label, area];
  }

  get value() { return this.area.value; }

  set value(text) { this.area.value = text; }

  draw() {
    fill(this.label, this.data.label);
    this.area.maxLength = this.data.most;
    this.area.style.minHeight = this.data.height ? `${this.data.height}px` : null;
  }
}

export default fieldsOf(WordsField);
