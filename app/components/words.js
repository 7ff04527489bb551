// A field for words, of one line or several: a pause in typing keeps them.
class WordsField extends PageField {
  constructor(parent) {
    super(parent, h("label", { class: "hcca draft-field" }));
    this.label = h("span", {});
  }

  get value() { return this.area.value; }

  set value(text) { this.area.value = text; }

  draw() {
    const { label, line, most, height } = this.data;
    fill(this.label, label);
    if (!this.area) {
      const done = (event) => { if (event.key === "Enter" && (line || event.ctrlKey || event.metaKey)) this.leave(); };
      this.area = h(line ? "input" : "textarea", {
        class: "field", autocomplete: "off", oninput: () => this.keeper.soon(), onblur: () => this.leave(), onkeydown: done,
      });
      this.root.append(this.label, this.area);
    }
    this.area.maxLength = most;
    if (!line) this.area.style.minHeight = height ? `${height}px` : null;
  }
}

export default fieldsOf(WordsField);
