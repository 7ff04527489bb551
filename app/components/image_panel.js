// A page as it was scanned or printed, with the boxes of the words that the chosen suggestion rests on.
const BOX_MARGIN = 1.5; // points: ink touches the edge of its box

class ImagePanel {
  constructor({ ask }) {
    this.element = h("div", { class: "image", hidden: true, tabindex: "0", "aria-label": "Page image" });
    this.ask = ask;
    this.kept = new Map();
    this.asking = new Set();
  }

  load(chart) {
    this.chart = chart;
    this.kept.clear();
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
    if (number === this.number) this.redraw();
    else if (this.kept.has(number)) this.place();
    else if (!this.asking.has(number)) this.fetch(number);
  }

  async fetch(number) {
    this.asking.add(number);
    this.number = null;
    fill(this.element, h("p", { class: "quiet pad" }, `Page ${number}…`));
    const reply = await this.ask(number);
    this.asking.delete(number);
    if (reply.ok) this.kept.set(number, reply.image);
    if (this.wanted?.number !== number) return;
    if (reply.ok) this.place(); else fill(this.element, h("p", { class: "problem" }, reply.message));
  }

  place() {
    this.number = this.wanted.number;
    const image = h("img", { src: this.kept.get(this.number), alt: `Image of page ${this.number}`, onload: () => this.boxes() });
    this.sheet = h("div", { class: "sheet" }, image);
    fill(this.element, h("div", { class: "page-head" }, h("b", {}, `Page ${this.number}`)), this.sheet);
    this.boxes();
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
