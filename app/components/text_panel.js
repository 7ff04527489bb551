// The chart's words, page by page, with the words that the chosen suggestion rests on marked by letter.
const BLOCK = 5000; // characters
const LINE = 95;
const SETTLING_FRAMES = 5;
// Where a line was wrapped: it filled its width, and the next goes on in small letters. Of the same length as what it stands for.
const WRAPPED = /(?<=[^\n]{45})\n(?=[ \t]*[a-z])/g;
const LIT = ["lit", "mention", "letter-M", "letter-E", "letter-A", "letter-T"];

class TextPanel {
  constructor({ onMention, onSelection, onScroll }) {
    this.element = h("div", { class: "text", tabindex: "0", "aria-label": "Chart text" });
    this.onMention = onMention;
    this.onSelection = onSelection;
    this.lit = [];
    this.element.addEventListener("scroll", onScroll, { passive: true });
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("mouseup", () => setTimeout(() => this.selected(), 0));
    this.element.addEventListener("keyup", (event) => { if (event.shiftKey) this.selected(); });
  }

  /** Draws a chart. Each suggestion's spans get `parts`: the elements that hold their words. */
  load(chart, suggestions) {
    this.chart = chart;
    this.lit = [];
    this.pages = new Map();
    this.element.replaceChildren();
    this.element.scrollTop = 0;
    if (chart.text === null) {
      this.element.append(h("div", { class: "problem", role: "alert" }, chart.file.message));
      return;
    }
    this.offsets = new Offsets(chart.text);
    this.unwrapped = chart.text.replace(WRAPPED, " ");
    for (const s of suggestions) for (const span of s.moreEvidence || []) delete span.parts;
    const spans = suggestions.flatMap((s) => [...s.mentions, ...s.evidence].map((span) => {
      span.parts = [];
      span.owner = s;
      span.from = this.offsets.toUnit(span.start);
      span.to = this.offsets.toUnit(span.end);
      return span;
    })).sort((a, b) => a.from - b.from);
    const whole = document.createDocumentFragment();
    for (const page of chart.pages) whole.append(this.page(page, spans));
    this.element.append(whole);
  }

  page(page, spans) {
    const from = this.offsets.toUnit(page.start);
    const to = this.offsets.toUnit(page.end);
    const text = this.chart.text.slice(from, to);
    const blocks = this.blocks(text, from);
    const bodies = [];
    const here = spans.filter((span) => span.from < to && span.to > from);
    const cuts = new Set([...blocks, to]);
    here.forEach((span) => { cuts.add(Math.max(from, span.from)); cuts.add(Math.min(to, span.to)); });
    const ends = [...cuts].sort((a, b) => a - b);
    let next = 0;
    let open = [];
    for (let i = 0; i + 1 < ends.length; i += 1) {
      const [start, end] = [ends[i], ends[i + 1]];
      while (next < here.length && here[next].from <= start) { open.push(here[next]); next += 1; }
      open = open.filter((span) => span.to > start);
      if (blocks.has(start)) bodies.push(h("div", { class: "words" }));
      bodies.at(-1).append(this.piece(start, end, open));
    }
    // Words that were never laid out are given the height their lines will take, so that jumps land where they should.
    bodies.forEach((body) => { body.style.containIntrinsicSize = `auto ${lineCount(body.textContent) * 1.5}em`; });
    const section = h("section", { class: "page", "data-page": page.n }, this.heading(page), page.source === "unread" ? h("p", { class: "problem" },
      `This page was not read: ${page.unread}. Look at its image, or at the file itself.`) : null, bodies);
    this.pages.set(page.n, section);
    return section;
  }

  /** Where the blocks of a page begin: a plain text file is one page of any length, and is laid out block by block. */
  blocks(text, from) {
    const starts = new Set([from]);
    for (let at = text.indexOf("\n", BLOCK); at >= 0 && at + 1 < text.length; at = text.indexOf("\n", at + BLOCK)) starts.add(from + at + 1);
    return starts;
  }

  heading(page) {
    const encounters = this.chart.encounters.filter((e) => e.pages.includes(page.n));
    return h("h3", { class: "page-head" }, h("b", {}, `Page ${page.n}`),
      page.source === "ocr" ? h("span", { class: "tag", title: "Read from an image: check the words against it" }, "scan") : null,
      encounters.map((e) => h("span", { class: "of-encounter" }, encounterLine(e))));
  }

  piece(start, end, owners) {
    const piece = h("span", {}, this.chart.text.slice(start, end));
    piece.dataset.at = start;
    if (owners.length) {
      piece.spans = [...owners];
      owners.forEach((span) => span.parts.push(piece));
      if (owners.some((span) => !span.letter && span.owner.tier === "supported")) piece.classList.add("named");
    }
    return piece;
  }

  clicked(event) {
    const piece = event.target.closest?.("[data-at]");
    if (!piece || !piece.spans || String(getSelection())) return;
    const mention = piece.spans.find((span) => !span.letter) || piece.spans[0];
    this.onMention(mention);
  }

  /** A few words on either side of a span, within its line, or over the end of one that was wrapped. */
  context(span) {
    if (span.from === undefined) return { before: "", after: "" };
    const before = this.unwrapped.slice(Math.max(0, span.from - 60), span.from).split("\n").at(-1);
    const after = this.unwrapped.slice(span.to, span.to + 80).split("\n")[0];
    return { before: before.replace(/^\S*\s/, before.length === 60 ? "…" : "$&"), after: after.length === 80 ? after.replace(/\s\S*$/, "…") : after };
  }

  /** Marks the words of one suggestion and no other. */
  light(spans) {
    this.lit.forEach((piece) => { piece.classList.remove(...LIT); delete piece.dataset.badge; });
    this.lit = [];
    for (const span of spans) {
      (span.parts || []).forEach((piece, i) => {
        piece.classList.add("lit", span.letter ? `letter-${span.letter}` : "mention");
        if (i === 0 && span.letter) piece.dataset.badge = (piece.dataset.badge || "") + span.letter;
        this.lit.push(piece);
      });
    }
  }

  /** Brings a span's words to the middle of the panel and lets them flash once. */
  show(span) {
    const [first] = span.parts || [];
    if (!first) {
      this.pages?.get(span.page)?.scrollIntoView({ block: "start" });
      return;
    }
    this.center(first);
    this.forget();
    void first.offsetWidth; // so that the flash of words that were just shown starts anew
    span.parts.forEach((piece) => piece.classList.add("now"));
  }

  /** Takes the mark off the words that were shown last. */
  forget() { this.element.querySelectorAll(".now").forEach((piece) => piece.classList.remove("now")); }

  /** Blocks that are laid out for the first time, a frame after they come into view, push the words away from where
   *  they were brought: so they are brought there again in the next few frames. */
  center(piece, frames = SETTLING_FRAMES) {
    this.wanted = piece;
    piece.scrollIntoView({ block: "center", inline: "nearest" });
    if (frames) requestAnimationFrame(() => { if (this.wanted === piece) this.center(piece, frames - 1); });
  }

  /** Where words stand, as ranges of the document: any case, any white space between them. */
  rangesOf(words, most) {
    if (!this.offsets) return [];
    const pattern = new RegExp(words.split(/\s+/).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"), "gi");
    const pieces = [...this.element.querySelectorAll("[data-at]")].map((piece) => [Number(piece.dataset.at), piece]).sort((a, b) => a[0] - b[0]);
    const place = (unit, last) => {
      let [low, high] = [0, pieces.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (pieces[middle][0] <= unit - (last ? 1 : 0)) low = middle; else high = middle - 1;
      }
      const [at, piece] = pieces[low];
      return [piece.firstChild, Math.min(unit - at, piece.textContent.length)];
    };
    const ranges = [];
    for (const match of this.chart.text.matchAll(pattern)) {
      const range = document.createRange();
      range.setStart(...place(match.index, false));
      range.setEnd(...place(match.index + match[0].length, true));
      ranges.push(range);
      if (ranges.length === most) break;
    }
    return ranges;
  }

  /** Brings a range to the middle of the panel; returns its page. */
  showRange(range) {
    const piece = range.startContainer.parentElement;
    this.center(piece);
    return Number(piece.closest("[data-page]").dataset.page);
  }

  showPage(number) { this.pages?.get(number)?.scrollIntoView({ block: "start" }); }

  /** The page at the top of the panel. */
  currentPage() {
    const top = this.element.getBoundingClientRect().top + 40;
    for (const [number, section] of this.pages || []) if (section.getBoundingClientRect().bottom > top) return number;
    return this.chart?.pages.at(-1)?.n || 1;
  }

  /** Words added by hand have no pieces yet: they are found among those drawn. */
  adopt(span) {
    if (!this.offsets || span.parts) return;
    span.from = this.offsets.toUnit(span.start);
    span.to = this.offsets.toUnit(span.end);
    span.parts = [];
    const section = this.pages.get(span.page) || this.element;
    for (const piece of section.querySelectorAll("[data-at]")) {
      const at = Number(piece.dataset.at);
      if (at < span.to && at + piece.textContent.length > span.from) span.parts.push(this.cut(piece, at, span));
    }
  }

  /** The part of a piece that a span covers, split off so that no other word is marked with it. */
  cut(piece, at, span) {
    const text = piece.textContent;
    const [from, to] = [Math.max(span.from - at, 0), Math.min(span.to - at, text.length)];
    const split = (start, end) => {
      const part = piece.cloneNode(false);
      part.textContent = text.slice(start, end);
      part.dataset.at = at + start;
      delete part.dataset.badge;
      if (piece.spans) {
        part.spans = piece.spans;
        piece.spans.forEach((owner) => owner.parts.push(part));
      }
      return part;
    };
    if (from === 0 && to === text.length) return piece;
    if (to < text.length) piece.after(split(to, text.length));
    if (from === 0) { piece.textContent = text.slice(0, to); return piece; }
    const middle = split(from, to);
    piece.after(middle);
    piece.textContent = text.slice(0, from);
    return middle;
  }

  selected() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !this.offsets) { this.onSelection(null); return; }
    const range = selection.getRangeAt(0);
    if (!this.element.contains(range.commonAncestorContainer)) return;
    const quote = this.quoteOf(range);
    this.onSelection(quote, quote && range.getBoundingClientRect());
  }

  /** The whole words of a range of the document, with their place in the chart; null where it holds none. */
  quoteOf(range) {
    let from = null;
    let to = null;
    let page = null;
    const pieces = this.element.querySelectorAll("[data-at]");
    for (const piece of pieces) {
      if (!range.intersectsNode(piece)) continue;
      const at = Number(piece.dataset.at);
      const node = piece.firstChild;
      const start = range.startContainer === node ? range.startOffset : 0;
      const end = range.endContainer === node ? range.endOffset : piece.textContent.length;
      if (end <= start) continue;
      if (from === null) { from = at + start; page = Number(piece.closest("[data-page]").dataset.page); }
      to = at + end;
    }
    if (from === null) return null;
    [from, to] = wholeWords(this.chart.text, from, to);
    return to > from ? { start: this.offsets.toPoint(from), end: this.offsets.toPoint(to), text: this.chart.text.slice(from, to), page } : null;
  }
}

/** From where to where whole words reach that were selected in part, without the white space around them: no quote begins or ends
 *  within a word. */
function wholeWords(text, from, to) {
  const raw = text.slice(from, to);
  let [start, end] = [from + raw.length - raw.trimStart().length, to - raw.length + raw.trimEnd().length];
  const joined = (at) => /[\p{L}\p{N}]{2}/u.test(text.slice(at - 1, at + 1));
  while (start < end && start > 0 && joined(start)) start -= 1;
  while (start < end && end < text.length && joined(end)) end += 1;
  return [start, end];
}

function lineCount(text) {
  return text.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / LINE), 0);
}

function encounterLine(e) {
  const parts = [e.date || "no date found", e.provider || "no provider found"];
  if (e.setting && e.setting !== "unknown") parts.push(e.setting);
  return parts.join(" · ");
}

/** What the marks in the text mean. */
function legend() {
  return h("div", { class: "legend", "aria-label": "Legend" }, h("span", { class: "lit mention" }, "named"),
    [["M", "monitored"], ["E", "evaluated"], ["A", "assessed"], ["T", "treated"]].map(([letter, word]) => h("span", { class: `lit letter-${letter}`, "data-badge": letter }, word)));
}
