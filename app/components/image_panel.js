// A page as it was scanned or printed, with the boxes of the words that the chosen suggestion rests on.
const BOX_MARGIN = 1.5; // points: ink touches the edge of its box

class ImagePanel {
  constructor({ ask }) {
    this.element = h("div", { class: "image", hidden: true, tabindex: "0", "aria-label": "Page image" });
    this.ask = ask;
    this.kept = new Map();
  }

  load(chart) {
    this.chart = chart;
    this.kept.clear();
    this.number = null;
    fill(this.element);
  }

  available(number) {
    const page = this.chart?.pages.find((p) => p.n === number);
    return Boolean(page && page.width > 0 && this.chart.file.state === "ok");
  }

  async show(number, spans, current) {
    this.wanted = number;
    if (number !== this.number) {
      if (!this.kept.has(number)) {
        fill(this.element, h("p", { class: "quiet" }, `Page ${number}…`));
        const reply = await this.ask(number);
        if (!reply.ok) { if (this.wanted === number) fill(this.element, h("p", { class: "problem" }, reply.message)); return; }
        this.kept.set(number, reply.image);
      }
      if (this.wanted !== number) return;
      this.number = number;
      this.sheet = h("div", { class: "sheet" }, h("img", { src: this.kept.get(number), alt: `Image of page ${number}` }));
      fill(this.element, this.sheet);
    }
    this.boxes(spans, current);
  }

  boxes(spans, current) {
    const page = this.chart.pages.find((p) => p.n === this.number);
    this.sheet.querySelectorAll(".box").forEach((box) => box.remove());
    let first = null;
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
      });
    }
    first?.scrollIntoView({ block: "center" });
  }
}
