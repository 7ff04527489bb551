// A file to hand in, read here: it is handed in anew to a server that was started again.
const MOST_BYTES = 20e6;
const held = (window.hccassistFiles ??= new Map()); // by whose it is: a page that is left and opened again has it still

class FileField extends PageField {
  constructor(parent) {
    const label = h("span", {});
    const input = h("input", { type: "file", class: "field", onchange: () => this.read() });
    const says = h("span", { class: "quiet", role: "status" });
    super(parent, h("label", { class: "hcca draft-field file-field" }, label, input, says));
    Object.assign(this, { label, input, says, given: "" });
  }

  get value() { return this.given; }

  /** A browser lets nobody but the person choose a file: what begins anew is blank. */
  set value(text) {
    if (this.given && !text) this.input.value = "";
    this.given = text;
    const named = text && !this.input.files.length;
    fill(this.says, named ? `${JSON.parse(text).name} is handed in` : null);
  }

  stay() {
    if (this.given) held.set(this.place, this.given); else held.delete(this.place);
  }

  stayed() { return held.get(this.place) ?? null; }

  async read() {
    const [file] = this.input.files;
    this.given = "";
    const large = file && file.size > MOST_BYTES;
    fill(this.says, large ? "This file is larger than 20 MB: hand in a part of it." : null);
    if (file && !large) this.given = JSON.stringify({ name: file.name, content: await encoded(file) });
    if (this.input.files[0] !== file) return;
    this.stay();
    this.leave();
  }

  draw() {
    fill(this.label, this.data.label);
    this.input.accept = this.data.ending;
  }
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

export default fieldsOf(FileField);
