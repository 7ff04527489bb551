// Finding a code: the alternatives of the suggestion first, then a search of ICD-10-CM. Nothing is chosen beforehand.
const TYPING_MS = 150;
const MOST_WORDS = 200; // characters

class CodeSearch {
  constructor({ ask, onCancel }) {
    this.ask = ask;
    this.onCancel = onCancel;
    this.input = h("input", {
      type: "search", class: "field", placeholder: "Code or words, e.g. I50 or heart failure", "aria-label": "Search ICD-10-CM",
      autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "true", "aria-controls": "hccassist-codes",
      oninput: () => this.typed(), onkeydown: (event) => this.key(event),
    });
    this.results = h("div", { class: "codes", role: "listbox", id: "hccassist-codes", "aria-label": "Codes" });
    this.title = h("div", { class: "codes-title" });
    this.extra = h("div", { class: "codes-extra" });
    this.element = h("div", { class: "code-search", hidden: true }, this.title, this.extra, this.input, this.results);
  }

  open({ title, alternatives, words = "", onPick, extra }) {
    this.onPick = onPick;
    this.alternatives = alternatives;
    fill(this.title, title, h("button", { class: "plain", onclick: () => this.close() }, "Cancel (Esc)"));
    fill(this.extra, extra);
    this.element.hidden = false;
    clearTimeout(this.timer);
    this.coming = false;
    this.input.value = "";
    this.enter(false);
    this.draw([]);
    this.input.focus();
    if (alternatives.length) this.lookUp(); else if (words) this.lookUpWords(words);
  }

  /** The suggestion's own alternatives come as codes alone: their titles and HCCs are looked up. */
  async lookUp() {
    const found = await Promise.all(this.alternatives.map((code) => this.ask(code)));
    const known = this.alternatives.map((code, i) => (found[i].codes || []).find((c) => c.code === code)).filter(Boolean);
    if (!this.input.value) this.draw(known, "The chart's wording might also support");
  }

  /** Codes that words of the chart name, to choose from without typing them again. */
  async lookUpWords(words) {
    const { onPick } = this;
    const reply = await this.ask(words.slice(0, MOST_WORDS));
    if (!this.input.value && this.onPick === onPick) this.draw(reply.codes || [], "These words might support");
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.onCancel();
  }

  typed() {
    clearTimeout(this.timer);
    this.coming = true;
    this.timer = setTimeout(async () => {
      const query = this.input.value;
      if (query.trim().length < 2) { this.coming = false; this.enter(false); this.draw([]); return; }
      if (!this.codes.length) this.draw([], null, "Searching…");
      const reply = await this.ask(query);
      if (this.input.value !== query) return;
      this.coming = false;
      this.draw(reply.codes || [], null, "No code has these words.");
      if (this.entered) { this.enter(false); this.pickTyped(); }
    }, TYPING_MS);
  }

  /** Entered before its codes are there: what is typed until then is no part of the code. */
  enter(waits) {
    this.entered = waits;
    this.input.readOnly = waits;
  }

  draw(codes, title, none) {
    this.codes = codes;
    this.at = -1;
    this.input.removeAttribute("aria-activedescendant");
    fill(this.results, title && codes.length ? h("div", { class: "quiet" }, title) : null,
      codes.map((c, i) => h("button", {
        class: "code-row", role: "option", id: `hccassist-code-${i}`, "aria-selected": "false", tabindex: "-1", onclick: () => this.pick(i),
      }, h("span", { class: "code" }, c.code), h("span", {}, c.description), h("span", { class: "hcc" }, c.hcc || "no HCC"))),
      !codes.length && none ? h("p", { class: "quiet" }, none) : null);
  }

  key(event) {
    if (event.key === "Escape") { event.stopPropagation(); this.close(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.codes.length) {
      event.preventDefault();
      this.at = Math.max(0, Math.min(this.codes.length - 1, this.at + step));
      this.input.setAttribute("aria-activedescendant", `hccassist-code-${this.at}`);
      this.results.querySelectorAll(".code-row").forEach((row, i) => {
        row.setAttribute("aria-selected", String(i === this.at));
        if (i === this.at) row.scrollIntoView({ block: "nearest" });
      });
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.at >= 0) this.pick(this.at); else if (this.coming) this.enter(true); else this.pickTyped();
    }
  }

  /** A code that is typed in full and entered is a choice. */
  pickTyped() {
    const typed = this.codes.findIndex((c) => bare(c.code) === bare(this.input.value));
    if (typed >= 0 && !this.element.hidden) this.pick(typed);
  }

  pick(index) {
    const code = this.codes[index];
    this.element.hidden = true;
    this.onPick(code);
  }
}

/** A code as it is typed: in any case, with its dot or without. */
function bare(code) { return code.replace(/[.\s]/g, "").toUpperCase(); }
