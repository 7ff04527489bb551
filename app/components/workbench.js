// The review of one chart. Everything but a decision happens here, without a word to the server.
const benches = new WeakMap();
const BLIND = "A second reading is blind: decide (a, r, c, q, e), and decide again to change your mind.";
const NO_NEXT = "No other chart waits for a decision of yours: the worklist has all of them.";
const BY_HAND = "You added this by hand: undo (u) takes it back.";
const EARLIER = "This is not suggested any more: undo (u) takes an earlier decision back.";
const NO_WORDS = "Select the words that name the condition in the chart text, or find them (/, then Esc).";
const SUSPECT = "A suspect is no diagnosis: query the provider, or select the words that state it and add it (m).";

class Workbench {
  constructor(parent) {
    this.parent = parent;
    this.root = h("div", { class: "hcca" });
    this.settings = new Settings(this.root, () => this.redraw());
    this.list = new ListPanel({
      onPick: (id) => this.choose(id), arranged: () => this.settings.values.list, onArrange: (by) => this.settings.set("list", by),
    });
    this.detail = new DetailPanel({
      onDecide: (kind) => this.decide(kind), onUndo: (item) => this.undo(item), onAmend: (change) => this.amend(change),
      onItem: (id) => this.choose(id), otherwise: (item) => this.otherwise(item),
      onDuplicates: () => this.duplicates(), sameYear: (item) => this.sameYear(item), onChange: () => this.changeCode(), onSpan: (span) => this.showSpan(span), onStrike: (span, gone) => this.strike(span, gone), onKeep: (span) => this.keep(span),
      onDraft: (item, text) => this.send({ type: "draft", suggestion: item.key, visit: visitOf(item), text, sample: this.data.second?.sample ?? null }),
      context: (span) => this.text.context(span),
    });
    this.text = new TextPanel({ onMention: (span) => this.mentionClicked(span), onSelection: (q, where) => this.selection(q, where), onScroll: () => this.scrolled() });
    this.image = new ImagePanel({ ask: (page) => this.send({ type: "image", page }) });
    this.visits = new EncountersPanel({ onPick: (encounter) => this.goToEncounter(encounter) });
    this.finder = new Finder({ text: this.text, onFound: (range) => this.found(range) });
    this.search = new CodeSearch({ ask: (query) => this.send({ type: "search", query }), onCancel: () => this.root.focus() });
    this.help = createHelp();
    this.picker = h("div", { class: "popover picker", hidden: true });
    this.toast = h("div", { class: "toast", role: "alert", hidden: true });
    this.title = h("div", { class: "title" });
    this.progress = h("div", { class: "progress", role: "status" });
    this.saved = h("div", { class: "saved", role: "status" });
    this.who = h("div", { class: "quiet", title: "The name that your decisions are recorded under" });
    this.told = h("div", { class: "unseen", role: "status" });
    this.unread = h("div", { class: "unread" });
    this.tabs = h("div", { class: "tabs" });
    this.root.tabIndex = -1;
    this.optimistic = new Map();
    this.layout();
    this.keys = (event) => this.key(event);
    this.resize = () => this.fit();
    // What is typed reaches the store before another chart or page takes this one's place.
    this.leave = () => { this.detail.keeper.now(); this.noteKeeper?.now(); };
    window.addEventListener("keydown", this.keys, true);
    window.addEventListener("resize", this.resize);
    window.addEventListener("beforeunload", this.leave, true);
    this.unlisten = bus.listen((received) => (received ? this.news() : this.drawSaved()));
    // Streamlit keeps the last chart's workbench until the new page is whole: a key must not reach both.
    window.__hccassistBench?.stop();
    window.__hccassistBench = this;
  }

  layout() {
    const button = (label, title, act) => h("button", { class: "plain", title, onclick: act }, label);
    this.root.append(
      h("div", { class: "top" }, this.title, this.unread, this.progress, this.saved, this.who, this.settings.reminder, h("span", { class: "gap" }),
        button("Note", "Your own note on this chart: not part of the record", () => this.toggleNote()),
        button("View", "Text size, rows, break reminders", () => this.settings.toggle()),
        button("Keys ?", "All keys", () => this.showHelp())),
      h("div", { class: "panes" }, this.list.element,
        h("div", { class: "middle" }, this.detail.element, this.search.element),
        h("div", { class: "right" }, h("div", { class: "text-bar" }, this.tabs, this.finder.element), this.visits.strip,
          this.views = h("div", { class: "views" }, this.text.element, this.image.element, this.visits.element), legend())),
      this.settings.panel, this.picker, this.help, this.toast, this.told);
  }

  stop() {
    window.removeEventListener("keydown", this.keys, true);
    window.removeEventListener("resize", this.resize);
    window.removeEventListener("beforeunload", this.leave, true);
    this.leave();
    clearTimeout(this.bookmarkTimer);
    this.settings.stop();
    this.unlisten();
    this.root.remove();
  }

  fit() {
    const top = this.root.getBoundingClientRect().top;
    this.root.style.height = `${Math.max(320, window.innerHeight - Math.max(0, top))}px`;
  }

  // ---- what is shown

  /** A chart comes by one way and the decisions on it by another, in any order: nothing is shown before both are there, or a decided
   *  chart would seem to be undecided for a moment. */
  update(data) {
    if (this.data) this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    if (this.data && sameChart(this.data, data)) { this.data.next = data.next; return; }
    this.coming = data;
    this.news();
  }

  open(data) {
    if (this.data) this.leave(); else this.parent.append(this.root);
    this.fit(); // before anything is brought into view: the page itself must not scroll
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.data = data;
    this.optimistic.clear();
    this.spansByHand = new Map();
    this.chosen = null;
    this.view = "text";
    this.page = 1;
    this.text.load(data.chart, data.suggestions);
    this.visits.load(data.chart, data.suggestions);
    this.finder.clear();
    this.image.load(data.chart);
    this.detail.load(data.guidance, data.drafts);
    this.takeWaiting();
    this.list.load();
    this.currentSpan = null;
    this.last = null;
    this.makeItems();
    const resume = this.items.find((item) => item.key === data.resume) || this.items.find((item) => item.id === data.resume);
    if (resume) this.list.reveal(resume);
    this.redraw();
    const first = resume || this.list.order.find((item) => !item.decision) || this.list.order[0];
    if (first) this.choose(first.id);
  }

  /** What Python says is in: the decisions on a chart as they stand in the record. */
  news() {
    const wanted = this.coming || this.data;
    const isOf = (data) => bus.state?.chart === data.chart.id && bus.state.sample === (data.second?.sample ?? null);
    if (!wanted || !isOf(wanted)) return; // of another chart or reading, that follows this one or went before it
    this.state = { states: {}, added: [], earlier: [], others: [], held: null, ...bus.state };
    if (this.coming) { this.coming = null; this.open(wanted); return; }
    this.makeItems();
    this.redraw();
  }

  /** Words still on their way to the server when the chart was drawn, after a reload or a time without it. */
  takeWaiting() {
    const sample = this.data.second?.sample ?? null;
    const here = (message) => message.chart === this.data.chart.id
      && (message.type === "note" || (message.type === "draft" && message.sample === sample));
    for (const { type, text, suggestion } of bus.waiting(here)) {
      if (type === "note") this.data.note = text; else this.detail.drafts.set(suggestion, text);
    }
  }

  get held() { return this.state.held ? `${this.state.held.who} is deciding on this chart since ${localTime(this.state.held.since)}: take it over first.` : null; }

  makeItems() {
    const { states, added, earlier } = this.state;
    const encounters = new Map(this.data.chart.encounters.map((e) => [e.id, e]));
    const items = this.data.suggestions.map((s) => this.item(s, states[s.id], s.section || s.tier, encounters.get(s.encounter)));
    for (const a of added) items.push(this.item(addedSuggestion(a), a, "added", encounters.get(a.encounter)));
    for (const a of earlier) items.push({ ...this.item(earlierSuggestion(a), a, "earlier", undefined), date: a.snapshot.date });
    const keys = new Set(items.map((item) => item.key));
    for (const key of this.detail.drafted()) if (!keys.has(key)) items.push(this.item(draftedSuggestion(key), undefined, "earlier", undefined));
    this.items = items;
    this.byId = new Map(items.map((item) => [item.id, item]));
  }

  item(suggestion, state, section, encounter) {
    const guess = this.optimistic.get(suggestion.id);
    const struckKeys = new Set((state?.struck || []).map(String));
    const byHand = (state?.evidence || []).map((q) => this.handSpan(q));
    const named = section === "added" ? suggestion.mentions.map((q) => this.handSpan(q)) : suggestion.mentions;
    // The best mention first, then the proof, then wherever else it is named: the order of the "next evidence" key.
    const all = [...named.slice(0, 1), ...sortedByLetter([...suggestion.evidence, ...byHand]), ...named.slice(1)];
    const kept = new Set(all.map((span) => `${span.start}:${span.end}`));
    const weaker = (suggestion.moreEvidence || []).filter((span) => !kept.has(`${span.start}:${span.end}`));
    const gone = (span) => struckKeys.has(String([span.letter ?? null, span.start, span.end]));
    return {
      id: suggestion.id, key: state?.key || suggestion.key || suggestion.id, suggestion, section, encounter, date: encounter?.date,
      seq: state?.seq || 0, decision: guess ? guess.decision : state?.decision || null, saving: Boolean(guess),
      spans: all.filter((span) => !gone(span)), struckSpans: all.filter(gone), weaker,
      current: this.currentSpan && all.includes(this.currentSpan) ? this.currentSpan : null,
    };
  }

  /** Words added by hand come anew with each reply: one object stands for the same words, so that it can stay current. */
  handSpan(quote) {
    const key = `${quote.letter}:${quote.start}:${quote.end}`;
    if (!this.spansByHand.has(key)) this.spansByHand.set(key, { ...quote });
    const span = this.spansByHand.get(key);
    this.text.adopt(span);
    return span;
  }

  redraw() {
    if (!this.data) return;
    const { chart } = this.data;
    this.list.draw(this.items, this.chosen);
    this.drawChosen();
    const shown = this.items.filter((item) => item.section === "supported");
    const left = shown.filter((item) => !item.decision).length;
    refresh(this.title, h("b", {}, chart.name), h("span", { class: "quiet" }, `${plural(chart.pages.length, "page")} · ${plural(chart.encounters.length, "encounter")}`),
      chart.file.state === "ok" ? null : h("span", { class: "tag alert" }, { changed: "file changed", missing: "file missing", unreadable: "file not readable" }[chart.file.state]));
    const unread = chart.pages.filter((page) => page.source === "unread");
    refresh(this.unread, unread.length ? h("button", { class: "tag alert", onclick: () => this.goToPage(unread[0].n), title: `Not read: ${unread.map((page) => `page ${page.n}, ${page.unread}`).join("; ")}` },
      `${plural(unread.length, "page")} not read`) : null);
    refresh(this.progress, `${shown.length - left} of ${shown.length} decided`,
      left === 0 && !this.data.next ? h("span", { class: "quiet" }, "No other chart waits") : null,
      left === 0 && this.data.next ? h("button", { class: "plain next", onclick: () => this.nextChart() }, `Next chart: ${this.data.next.name} (J)`) : null,
      this.data.second ? h("span", { class: "tag alert" }, "Second review, blind") : null,
      this.state.held ? h("span", { class: "tag alert" }, `held by ${this.state.held.who} since ${localTime(this.state.held.since)}`,
        h("button", { class: "plain", onclick: () => this.send({ type: "take_over" }) }, "Take over")) : null,
      this.state.others.length && !this.state.held ? h("span", { class: "tag alert" }, `also open: ${this.state.others.join(", ")}`) : null);
    this.drawSaved();
    this.drawTabs();
  }

  drawSaved() {
    const { unsaved } = bus;
    refresh(this.saved, unsaved ? "Saving…" : "Saved");
    this.saved.classList.toggle("waiting", unsaved > 0);
    refresh(this.who, bus.state?.who ? `as ${bus.state.who}` : null);
    clearTimeout(this.lateTimer);
    if (unsaved) this.lateTimer = setTimeout(() => { if (bus.unsaved) fill(this.saved, `Not saved yet (${bus.unsaved}): the server does not answer. Kept here and sent again.`); }, 3000);
  }

  drawTabs() {
    const tab = (view, label) => h("button", {
      class: "tab", role: "tab", "aria-selected": String(this.view === view), onclick: () => this.setView(view),
    }, label);
    const hasImages = this.data.chart.pages.some((page) => this.image.available(page.n));
    const says = `${this.data.chart.id} ${this.view} ${hasImages}`;
    if (says === this.tabsSay) return; // a page number may be half typed
    this.tabsSay = says;
    this.pageField = h("input", {
      class: "field", inputmode: "numeric", "aria-label": "Go to page", onkeydown: (event) => {
        if (event.key !== "Enter") return;
        this.goToPage(Number(event.target.value));
        event.target.value = "";
        event.target.blur();
      },
    });
    this.drawPageNumber();
    refill(this.tabs, h("div", { role: "tablist", "aria-label": "View" }, tab("text", "Text"), hasImages ? [tab("image", "Page image"), tab("both", "Both")] : null, tab("visits", "Encounters")),
      this.data.chart.pages.length > 1 ? h("label", { class: "goto" }, "Page ", this.pageField, ` of ${this.data.chart.pages.length}`) : null);
  }

  /** The page that is looked at, in the field that leads to another. */
  drawPageNumber() { this.pageField.placeholder = this.pageNow(); }

  /** Once a frame: a long chart scrolls fast. */
  scrolled() {
    if (this.scrolling) return;
    this.scrolling = requestAnimationFrame(() => {
      this.scrolling = null;
      if (this.data && this.pageField) this.drawPageNumber();
    });
  }

  drawChosen() {
    const item = this.byId.get(this.chosen);
    this.detail.draw(item, this.data.reasons);
    this.text.light(item ? item.spans : []);
    if (this.seesImage && item) this.drawImage();
  }

  get seesImage() { return this.view === "image" || this.view === "both"; }

  choose(id, { scroll = true } = {}) {
    const item = this.byId.get(id);
    if (!item) return;
    this.search.close();
    if (id !== this.chosen) { this.currentSpan = null; this.text.forget(); }
    this.chosen = id;
    if (this.list.reveal(item)) this.list.draw(this.items, id); else this.list.choose(id);
    this.drawChosen();
    fill(this.told, [item.suggestion.name, shownCode(item), item.date || "no date"].join(", "));
    if (scroll && item.spans.length) this.showSpan(item.spans[0]);
    clearTimeout(this.bookmarkTimer);
    if (this.data.second) return; // a sample has a place of its own to go on from
    this.bookmarkTimer = setTimeout(() => this.send({ type: "bookmark", suggestion: id }), 1500);
  }

  showSpan(span) {
    this.text.adopt(span);
    this.currentSpan = span;
    this.page = span.page;
    const item = this.byId.get(this.chosen);
    if (item) { item.current = span; this.detail.draw(item, this.data.reasons); this.visits.mark(item.encounter?.id); }
    this.detail.facts.querySelector(".quote.current")?.scrollIntoView({ block: "nearest" });
    if (this.view === "visits") this.setView("text");
    this.text.show(span);
    if (this.seesImage) this.drawImage();
  }

  /** Weaker words that the coder finds good enough: evidence by the coder's hand from now on. */
  keep(span) {
    const item = this.byId.get(this.chosen);
    if (!item) return;
    if (this.data.second) { this.say(BLIND); return; }
    const { start, end, text, page, letter, kind } = span;
    this.act(item, { kind: "evidence", quote: { start, end, text, page, letter, kind } });
  }

  drawImage() {
    const item = this.byId.get(this.chosen);
    this.drawPageNumber();
    this.image.show(this.page, item ? item.spans : [], this.currentSpan);
  }

  /** The page that is looked at: the one at the top of the text, or the one whose image is shown. */
  pageNow() { return this.text.element.hidden ? this.page : this.text.currentPage(); }

  setView(view) {
    if ((view === "image" || view === "both") && !this.data.chart.pages.some((page) => this.image.available(page.n))) return;
    this.page = this.pageNow();
    const wasHidden = this.text.element.hidden;
    this.view = view;
    this.text.element.hidden = view !== "text" && view !== "both";
    this.image.element.hidden = !this.seesImage;
    this.visits.element.hidden = view !== "visits";
    this.drawTabs();
    if (wasHidden && !this.text.element.hidden) this.backToText();
    if (this.seesImage) this.drawImage();
  }

  /** The text again, at the page that was looked at meanwhile. */
  backToText() {
    if (this.currentSpan?.page === this.page) this.text.show(this.currentSpan); else this.text.showPage(this.page);
  }

  goToPage(number) {
    const bounded = Math.max(1, Math.min(this.data.chart.pages.length, number || 1));
    if (this.view === "visits") this.setView("text");
    this.page = bounded;
    this.text.showPage(bounded);
    if (this.seesImage) this.drawImage();
    this.visits.mark(this.data.chart.encounters.find((e) => e.pages.includes(bounded))?.id);
  }

  goToEncounter(encounter) {
    this.goToPage(encounter.pages[0] || 1);
    this.visits.mark(encounter.id);
  }

  /** Words that the search found, brought before the eyes. */
  found(range) {
    if (this.text.element.hidden) this.setView("text");
    this.page = this.text.showRange(range);
    if (this.seesImage) this.drawImage();
  }

  mentionClicked(span) {
    this.choose(span.owner.id, { scroll: false });
    this.showSpan(span);
  }

  // ---- decisions

  send(message) { return bus.send({ ...message, chart: this.data.chart.id }); }

  async act(item, message, guess) { return (await this.actOn([item], () => message, guess))[0]; }

  /** The same done to several, each with a message of its own; the guess stands until the record answers. */
  async actOn(items, message, guess) {
    if (this.held) { this.say(this.held); return items.map(() => ({ ok: false, message: this.held })); }
    const token = {};
    this.together = null;
    if (guess !== undefined) {
      items.forEach((item) => this.optimistic.set(item.id, { decision: guess, token }));
      this.makeItems();
    }
    const replies = items.map((item) => this.send({ ...this.decisive(), suggestion: item.key, visit: visitOf(item), seen: item.seq, ...message(item) }));
    this.redraw();
    const results = await Promise.all(replies);
    items.forEach((item) => { if (this.optimistic.get(item.id)?.token === token) this.optimistic.delete(item.id); });
    this.makeItems();
    this.redraw();
    const failed = results.findIndex((result) => !result.ok);
    if (failed >= 0) { this.say(results[failed].message); if (this.byId.has(items[failed].id)) this.choose(items[failed].id); }
    return results;
  }

  decisive() { return this.data.second ? { type: "second", sample: this.data.second.sample } : { type: "decide" }; }

  guess(kind, more = {}) {
    return { kind, who: bus.state?.who, at: new Date().toISOString(), code: null, reason: null, rationale: this.detail.draft(), seq: 0, ...more };
  }

  decide(kind, more = {}) {
    const item = this.byId.get(this.chosen);
    if (!item || this.settledBefore(item)) return;
    if (kind === "accept" && item.section === "suspect") { this.say(SUSPECT); return; }
    if (kind === "accept" && !item.suggestion.code) { this.say("There is no code to accept here: query, or choose a code (c)."); return; }
    const message = { kind, rationale: this.detail.draft(), ...more };
    this.last = item.id;
    this.detail.keeper.now();
    this.act(item, message, this.guess(kind, more));
    if (kind !== "reject") this.moveOn(item);
  }

  /** Where the chart says otherwise of the same condition: denied or past there and present here, or the other way round. */
  otherwise(item) {
    const speaks = (x) => x.suggestion.condition === item.suggestion.condition && STATED[x.suggestion.status];
    const present = (x) => x.suggestion.status === "active";
    return speaks(item) ? this.items.filter((x) => speaks(x) && present(x) !== present(item)) : [];
  }

  /** The other dates of a year that an accepted one of the same code makes needless: where a project asks for one date a year,
   *  they are rejected as duplicates in one go, each with a row of its own in the record. */
  sameYear(item) {
    if (!item?.date || item.section !== "supported" || this.data.second) return null;
    const of = (x) => `${x.date?.slice(0, 4)} ${shownCode(x)}`;
    const all = this.items.filter((x) => x.section === "supported" && of(x) === of(item));
    const accepted = all.find((x) => ["accept", "change"].includes(x.decision?.kind));
    const others = all.filter((x) => !x.decision);
    return accepted && others.length ? { accepted: accepted.date, year: item.date.slice(0, 4), others } : null;
  }

  duplicates() {
    const found = this.sameYear(this.byId.get(this.chosen));
    if (!found) { this.say("Accept one date first: then the others of its year can be marked as duplicates of it."); return; }
    const change = { reason: "duplicate", rationale: `Accepted on ${found.accepted}.` };
    const ids = found.others.map((item) => item.id);
    this.actOn(found.others, () => ({ kind: "reject", ...change }), this.guess("reject", change))
      .then((results) => { if (results.every((result) => result.ok)) this.together = ids; });
    this.advance();
  }

  /** A reason or rationale for the decision in force. A reason ends a rejection, and so moves on. */
  amend(change) {
    const item = this.byId.get(this.chosen);
    if (!item?.decision) return;
    const { kind, code, reason, rationale } = item.decision;
    const message = this.data.second ? { kind, code, reason, rationale, ...change } : { kind: "amend", ...change };
    this.act(item, message, { ...item.decision, ...change });
    if (change.reason) this.moveOn(item);
  }

  undo(wanted) {
    if (this.data.second) { this.say(BLIND); return; }
    if (this.together && !wanted) { this.undoTogether(); return; }
    const chosen = this.byId.get(this.chosen);
    const item = wanted || (chosen?.decision ? chosen : this.byId.get(this.last));
    if (!item?.decision) { this.say("Nothing to undo here."); return; }
    if (item.saving) { this.say("Still saving: undo in a moment."); return; }
    if (item.id !== this.chosen) this.choose(item.id);
    this.detail.forget(item);
    this.act(item, { kind: "undo", target: item.decision.seq }, null);
  }

  /** Takes back what one key decided of several dates. */
  undoTogether() {
    const items = this.together.map((id) => this.byId.get(id)).filter((item) => item?.decision);
    this.actOn(items, (item) => ({ kind: "undo", target: item.decision.seq }), null);
    if (items.length) this.choose(items[0].id);
  }

  changeCode() {
    const item = this.byId.get(this.chosen);
    if (!item || this.settledBefore(item)) return;
    if (item.section === "suspect") { this.say(SUSPECT); return; }
    this.search.open({
      title: item.suggestion.code ? `Instead of ${item.suggestion.code}` : "Choose a code",
      alternatives: item.suggestion.alternatives, extra: [],
      onPick: (code) => { this.root.focus(); this.decide("change", { code }); },
    });
  }

  strike(span, gone) {
    const item = this.byId.get(this.chosen);
    if (!item) return;
    if (this.data.second) { this.say(BLIND); return; }
    this.act(item, { kind: gone ? "unstrike" : "strike", quote: quoteOf(span) });
  }

  nextChart() {
    if (!this.data.next) { this.say(NO_NEXT); return; }
    this.send({ type: "open", target: this.data.next.id, sample: this.data.second?.sample ?? null });
  }

  /** Why what is chosen is not decided on: it was by a person already. */
  settledBefore(item) {
    const said = { earlier: EARLIER, added: BY_HAND }[item?.section];
    if (said) this.say(said);
    return Boolean(said);
  }

  // ---- words that the coder selects

  selection(quote, where) {
    this.quote = this.data.second ? null : quote;
    this.picker.hidden = !this.quote;
    if (!this.quote) return;
    const item = this.byId.get(this.chosen);
    const letters = item && item.section !== "earlier" && item.section !== "added";
    fill(this.picker, letters ? h("span", {}, `For ${item.suggestion.name}:`) : null,
      letters ? ["M", "E", "A", "T"].map((letter) => h("button", {
        class: `badge letter-${letter}`, title: `Add as ${LETTER_NAMES[letter].toLowerCase()}`, onclick: () => this.addEvidence(letter),
      }, letter)) : null,
      h("button", { class: "plain", onclick: () => this.addCondition() }, "New condition (m)"));
    const box = this.root.getBoundingClientRect();
    this.picker.style.left = `${Math.max(8, Math.min(where.left - box.left, box.width - this.picker.offsetWidth - 12))}px`;
    this.picker.style.top = `${Math.min(where.bottom - box.top + 6, box.height - 50)}px`;
  }

  addEvidence(letter) {
    const item = this.byId.get(this.chosen);
    if (!item || !this.quote) return;
    this.act(item, { kind: "evidence", quote: { ...this.quote, letter, kind: "by hand" } });
    this.picker.hidden = true;
    getSelection().removeAllRanges();
  }

  addCondition() {
    if (this.data.second) { this.say(BLIND); return; }
    const quote = this.quote || (this.finder.now && this.text.quoteOf(this.finder.now));
    if (!quote) { this.say(NO_WORDS); return; }
    this.picker.hidden = true;
    const candidates = this.data.chart.encounters.filter((e) => e.pages.includes(quote.page));
    const select = h("select", { class: "field", "aria-label": "Encounter" },
      candidates.length === 1 ? null : h("option", { value: "" }, "Which encounter?"),
      candidates.map((e) => h("option", { value: e.id }, encounterLine(e))));
    this.search.open({
      title: "A condition that was missed", alternatives: [], words: quote.text,
      extra: [h("blockquote", {}, trimmed(quote.text)), candidates.length ? select : null],
      onPick: (code) => {
        if (candidates.length && !select.value) { this.say("Say which encounter the words belong to, then choose the code again."); this.search.element.hidden = false; return; }
        const id = `added:${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
        const item = { id, key: id, seq: 0, encounter: candidates.find((e) => e.id === select.value) };
        this.root.focus();
        this.act(item, { kind: "add", code, quote, encounter: select.value || null, rationale: null })
          .then((reply) => { if (reply.ok) { this.last = id; this.choose(id); } });
      },
    });
  }

  toggleNote() {
    if (this.note && !this.note.hidden) { this.note.hidden = true; return; }
    if (!this.note) {
      this.noteKeeper = keeper(() => this.send({ type: "note", text: area.value }));
      const area = h("textarea", { class: "field", rows: "8", "aria-label": "Note", oninput: this.noteKeeper.soon, onblur: this.noteKeeper.now });
      this.note = h("div", { class: "popover note-pad" }, h("p", { class: "quiet" }, "Yours alone: not in the record, not in an export."), area);
      this.root.append(this.note);
    }
    this.note.querySelector("textarea").value ||= this.data.note || "";
    this.note.hidden = false;
    this.note.querySelector("textarea").focus();
  }

  say(message) {
    fill(this.toast, message);
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, 6000);
  }

  // ---- keys

  step(by) {
    const { order } = this.list;
    if (!order.length) return;
    const at = order.findIndex((item) => item.id === this.chosen);
    const next = at < 0 ? 0 : Math.max(0, Math.min(order.length - 1, at + by));
    this.choose(order[next].id);
  }

  /** To the first suggestion of the next condition or visit, past the rest of this one. */
  stepGroup(by) {
    const item = this.list.neighbor(by);
    if (item) this.choose(item.id);
  }

  /** On to the next one of a section that is not decided, below first; stays where everything is. */
  advance(section = "supported") {
    const { order } = this.list;
    const at = order.findIndex((item) => item.id === this.chosen);
    const open = (item) => item.section === section && !this.byId.get(item.id)?.decision;
    const next = order.slice(at + 1).find(open) || order.slice(0, Math.max(at, 0)).find(open);
    if (next) this.choose(next.id); else if (section !== "supported") this.advance();
  }

  /** After a decision: who works through the suspects, or what is held back, goes on with those. */
  moveOn(item) {
    if (this.settings.values.advance) this.advance(item.section);
  }

  stepSpan(by) {
    const item = this.byId.get(this.chosen);
    if (!item?.spans.length) return;
    const at = item.spans.indexOf(this.currentSpan);
    this.showSpan(item.spans[(at + by + item.spans.length) % item.spans.length]);
  }

  /** The next words with one MEAT letter, round and round. */
  stepLetter(letter) {
    const item = this.byId.get(this.chosen);
    const spans = item?.spans.filter((span) => span.letter === letter) || [];
    if (!spans.length) { this.say(`No words here are ${LETTER_NAMES[letter].toLowerCase()}.`); return; }
    this.showSpan(spans[(spans.indexOf(this.currentSpan) + 1) % spans.length]);
  }

  key(event) {
    if (event.key === "Escape") { this.escape(event); return; }
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !this.data || !this.root.isConnected) return;
    if (event.key.length === 1 && !this.settings.values.letters) return;
    const digit = Number(event.key);
    const chosen = this.byId.get(this.chosen);
    const command = commandsOf(this, chosen)[event.key] || (digit >= 1 && digit <= this.data.reasons.length && chosen?.decision?.kind === "reject"
      ? () => this.amend({ reason: this.data.reasons[digit - 1][0] }) : null);
    if (!command) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Streamlit has commands of its own on some of these letters
    command();
  }

  showHelp() {
    this.help.hidden = false;
    this.help.focus();
  }

  escape(event) {
    this.help.hidden = true;
    this.picker.hidden = true;
    this.settings.panel.hidden = true;
    if (this.note) this.note.hidden = true;
    this.search.close();
    if (!isTyping(event)) this.finder.clear(); // of a field only itself is left
    if (this.root.contains(document.activeElement)) document.activeElement.blur();
  }
}

export default function ({ data, parentElement }) {
  let bench = benches.get(parentElement);
  if (!bench) {
    bench = new Workbench(parentElement);
    benches.set(parentElement, bench);
  }
  if (data) bench.update(data);
  return () => {
    bench.stop();
    benches.delete(parentElement);
  };
}
