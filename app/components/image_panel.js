// A page as it was scanned or printed, with the boxes of the words that the chosen suggestion rests on.
const BOX_MARGIN = 1.5; // points: ink touches the edge of its box
const AHEAD_MS = 300; // a page that stays this long before the eyes is read: the one after it is turned to next
const MOST_IMAGES = 30; // kept in the tab

class ImagePanel {
  constructor({ ask }) {
    this.element = h("div", { class: "image", hidden: true, tabindex: "0", "aria-label": "Page image" });
    this.ask = ask;
    this.kept = new Map();
    this.asking = new Set();
  }

  load(chart) {
    this.chart = chart;
    clearTimeout(this.ahead);
    this.kept.clear();
    this.asking = new Set();
    this.wanted = null;
    this.number = null;
    this.says = null;
    fill(this.element);
  }

  available(number) {
    const page = this.chart?.pages.find((p) => p.n === number);
    return Boolean(page && page.width > 0 && this.chart.file.state === "ok");
  }

  show(number, spans, current) {
    this.wanted = { number, spans, current };
    if (number === this.number) { this.redraw(); return; }
    if (this.kept.has(number)) { this.place(); return; }
    this.number = null;
    fill(this.element, h("p", { class: "quiet pad" }, `Page ${number}…`));
    this.fetch(number);
  }

  /** Asks for a page once, and shows it if it is still the wanted one when it comes. */
  async fetch(number) {
    if (this.asking.has(number)) return;
    const { chart, asking } = this;
    asking.add(number);
    const reply = await this.ask(number);
    asking.delete(number);
    if (chart !== this.chart) return; // of a chart that was left meanwhile
    if (reply.ok) this.keep(number, reply.image);
    if (this.wanted?.number !== number) return;
    if (reply.ok) this.place(); else fill(this.element, h("p", { class: "problem" }, reply.message));
  }

  keep(number, image) {
    this.kept.set(number, image);
    if (this.kept.size > MOST_IMAGES) this.kept.delete(this.kept.keys().next().value);
  }

  place() {
    this.number = this.wanted.number;
    const image = h("img", { src: this.kept.get(this.number), alt: `Image of page ${this.number}`, onload: () => this.boxes() });
    this.sheet = h("div", { class: "sheet" }, image);
    fill(this.element, h("div", { class: "page-head" }, h("b", {}, `Page ${this.number}`)), this.sheet);
    this.boxes();
    clearTimeout(this.ahead);
    const next = this.number + 1;
    if (this.available(next) && !this.kept.has(next)) this.ahead = setTimeout(() => this.fetch(next), AHEAD_MS);
  }

  /** Only where other words are marked: an answer of the server scrolls nothing. */
  redraw() {
    if (this.says !== this.marked()) this.boxes();
  }

  marked() { return JSON.stringify(this.wanted.spans.map((span) => [span.letter, span.start, span.end, span === this.wanted.current])); }

  boxes() {
    this.says = this.marked();
    const { spans, current } = this.wanted;
    const page = this.chart.pages.find((p) => p.n === this.number);
    this.sheet.querySelectorAll(".box").forEach((box) => box.remove());
    let first = null;
    const badged = new Map();
    for (const span of spans.filter((s) => s.page === this.number)) {
      (span.boxes || []).forEach(([x0, y0, x1, y1], i) => {
        const place = `left:${((x0 - BOX_MARGIN) / page.width) * 100}%;top:${((y0 - BOX_MARGIN) / page.height) * 100}%;`
          + `width:${((x1 - x0 + 2 * BOX_MARGIN) / page.width) * 100}%;height:${((y1 - y0 + 2 * BOX_MARGIN) / page.height) * 100}%`;
        const box = h("span", {
          class: `box ${span.letter ? `letter-${span.letter}` : "mention"} ${span === current ? "now" : ""}`,
          style: place, "data-badge": i === 0 && span.letter ? span.letter : null,
        });
        this.sheet.append(box);
        if (span === current && !first) first = box;
        if (i > 0 || !span.letter) return;
        // Words that count for several letters carry them all in one place.
        const same = badged.get(`${x0} ${y0}`);
        if (same) { same.dataset.badge += span.letter; delete box.dataset.badge; } else badged.set(`${x0} ${y0}`, box);
      });
    }
    first?.scrollIntoView({ block: "center" });
  }
}
