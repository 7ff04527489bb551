// Search in the chart's words. Places are marked by the browser's own highlights: no element changes, no place is lost.
const MAX_FOUND = 2000;

class Finder {
  constructor({ text, onFound }) {
    this.text = text;
    this.onFound = onFound;
    this.input = h("input", {
      type: "search", class: "field", placeholder: "Search chart (/)", "aria-label": "Search in the chart", autocomplete: "off", spellcheck: "false",
      oninput: () => this.find(), onkeydown: (event) => this.key(event),
    });
    this.count = h("span", { class: "quiet", role: "status" });
    this.element = h("div", { class: "finder" }, this.input, this.count);
  }

  clear() { this.input.value = ""; this.find(); }

  /** The words that the search stands on. */
  get now() { return this.ranges[this.at] ?? null; }

  open() { this.input.focus(); this.input.select(); }

  key(event) {
    if (event.key === "Escape") event.preventDefault(); // the browser would clear the field: it is left, and what it found stays
    if (event.key === "Enter" && this.ranges.length) { event.preventDefault(); this.step(event.shiftKey ? -1 : 1); }
  }

  find() {
    const words = this.input.value.trim();
    this.ranges = words.length > 1 ? this.text.rangesOf(words, MAX_FOUND) : [];
    this.at = -1;
    this.show();
    if (this.ranges.length) this.step(1);
  }

  step(by) {
    this.at = (this.at + by + this.ranges.length) % this.ranges.length;
    this.show();
    this.onFound(this.ranges[this.at]);
  }

  show() {
    const { length } = this.ranges;
    const most = length === MAX_FOUND ? "+" : "";
    fill(this.count, this.input.value.trim().length > 1 ? (length ? `${this.at + 1} of ${length}${most}` : "not found") : "");
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set("hcca-found", new Highlight(...this.ranges));
    CSS.highlights.set("hcca-found-now", new Highlight(...this.ranges.slice(this.at, this.at + 1)));
  }
}
