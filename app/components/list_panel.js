// The suggestions of a chart: those to decide first, one block a condition or a visit; the rest folded, one click away at the foot.
const SECTIONS = [
  { key: "supported", title: "To review", open: true },
  { key: "added", title: "Added by hand", open: true },
  { key: "mention_only", title: "Named only, no MEAT found", short: "Named only", open: false },
  { key: "suspect", title: "Suspects: query, never a code", short: "Suspects", open: false },
  { key: "suppressed", title: "Held back, with the reason", short: "Held back", open: false },
  { key: "earlier", title: "Decided on or begun earlier, no longer suggested", short: "Earlier", open: false },
];
const MARKS = {
  accept: ["✓", "Accepted"], reject: ["✕", "Rejected"], change: ["⇄", "Code changed"], query: ["?", "Query"],
  escalate: ["↑", "Escalated"], add: ["+", "Added"],
};
const WHY_IN_ROW = ["suspect", "suppressed"]; // what is only named has one reason: no words support it

const MANY = 8; // dates of a condition, from which on
const KEPT = 5; // the best are in sight and the rest is folded
const LONG = 60; // suggestions to review, from which on visits are folded
const ARRANGED = [["condition", "Condition"], ["date", "Date"]];

class ListPanel {
  constructor({ onPick, arranged, onArrange }) {
    Object.assign(this, { onPick, arranged, onArrange });
    this.open = Object.fromEntries(SECTIONS.map((s) => [s.key, s.open]));
    this.filter = h("input", {
      type: "search", class: "field", placeholder: "Filter (f)", title: "Name, code, HCC, date, provider, reason", "aria-label": "Filter the suggestions",
      autocomplete: "off", spellcheck: "false", oninput: () => this.draw(this.items, this.chosen), onkeydown: (event) => this.filterKey(event),
    });
    this.arrange = h("div", { class: "arrange", role: "group", "aria-label": "List by" });
    this.body = h("div", { class: "list-body" });
    this.foot = h("div", { class: "list-foot", role: "group", "aria-label": "Not shown above" });
    this.element = h("nav", { class: "list", "aria-label": "Suggestions" }, h("div", { class: "list-filter" }, this.filter, this.arrange), this.body, this.foot);
    this.load();
  }

  load() {
    [this.outline, this.chosen, this.walked] = [null, null, null];
    this.unfolded = new Set(); // groups opened by hand
    [this.order, this.rows, this.groupOf] = [[], new Map(), new Map()];
    this.filter.value = "";
  }

  get query() { return this.filter.value.trim().toLowerCase(); }

  filterKey(event) {
    if (event.key === "Escape") { this.filter.value = ""; this.draw(this.items, this.chosen); }
    if (event.key !== "Enter" || !this.order.length) return;
    event.preventDefault();
    this.filter.blur();
    this.onPick(this.order[0].id);
  }

  /** `items` as the workbench makes them: a suggestion, its section and the decision in force. */
  draw(items, chosen) {
    this.items = items;
    const { query } = this;
    const by = this.arranged();
    const found = query ? items.filter((item) => sought(item).includes(query)) : items;
    const sections = SECTIONS.map((s) => ({ ...s, groups: grouped(found.filter((item) => item.section === s.key), s.key, by) }));
    const shown = sections.filter((s) => query || this.open[s.key]).flatMap((s) => s.groups);
    this.order = shown.flatMap((group) => group.items);
    this.groupOf = new Map(shown.flatMap((group) => group.items.map((item) => [item.id, group])));
    this.walk(chosen);
    const outline = JSON.stringify([query, by, this.open, [...this.unfolded], this.walked, items.map((item) => [item.id, item.section, shownCode(item)])]);
    const same = outline === this.outline;
    if (same) this.refresh(sections); else this.rebuild(sections, by);
    this.outline = outline;
    if (!same || chosen !== this.chosen) this.choose(chosen); // else the list stays where the coder scrolled it to
  }

  /** A group that is walked into beyond what is in sight opens, and folds again when it is left. */
  walk(chosen) {
    const group = this.groupOf.get(chosen);
    if (this.walked && this.walked !== group?.key) this.walked = null;
    if (group && group.items.findIndex((item) => item.id === chosen) >= group.kept) this.walked = group.key;
  }

  isOpen(group) { return Boolean(this.query) || this.unfolded.has(group.key) || this.walked === group.key; }

  /** Only the rows that read differently are drawn anew: a chart may have hundreds. */
  refresh(sections) {
    for (const { key, groups } of sections) {
      for (const group of groups) {
        for (const item of group.items) {
          const row = this.rows.get(item.id);
          if (!row || row.says === says(item)) continue;
          const focused = row === document.activeElement;
          row.replaceWith(this.row(item, group));
          if (focused) this.rows.get(item.id).focus({ preventScroll: true });
        }
        if (this.tallies.has(group.key)) this.tallies.get(group.key).textContent = tally(group);
      }
      if (this.counts.has(key)) this.counts.get(key).textContent = count(key, groups.flatMap((group) => group.items));
    }
  }

  rebuild(sections, by) {
    const scroll = this.body.scrollTop;
    const held = this.body.contains(document.activeElement) ? document.activeElement.dataset : {};
    this.rows.clear();
    this.counts = new Map();
    this.folds = new Map();
    this.tallies = new Map();
    refresh(this.arrange, ARRANGED.map(([value, label]) => h("button", {
      class: "chip", "aria-pressed": String(by === value), onclick: () => this.onArrange(value),
      title: `List by ${value === "date" ? "date of service" : value}; the key o changes it`,
    }, label)));
    fill(this.body, sections.map(({ key, title, groups }) => {
      if (!groups.length) return key === "supported" ? this.nothing(title) : null;
      const open = Boolean(this.query) || this.open[key];
      const body = h("div", { class: "group-list" }, open ? groups.map((group) => this.group(group)) : null);
      this.counts.set(key, h("span", { class: "count" }, count(key, groups.flatMap((group) => group.items))));
      // Not the event "toggle": it comes late, and would tell of a list that a filter opened after the filter is gone.
      const summary = h("summary", { "data-group": key, onclick: (event) => this.foldSection(event, key) }, h("span", {}, title), this.counts.get(key));
      this.folds.set(key, h("details", { open }, summary, body));
      return this.folds.get(key);
    }));
    this.body.scrollTop = scroll;
    if (this.query !== this.drawn) this.body.scrollTop = 0;
    this.drawn = this.query;
    const again = [...this.body.querySelectorAll("[data-id], [data-group]")]
      .find(({ dataset }) => (held.id && held.id === dataset.id) || (held.group && held.group === dataset.group));
    again?.focus({ preventScroll: true });
    refresh(this.foot, SECTIONS.filter((s) => s.short).map(({ key, title, short }) => {
      const size = this.items.filter((item) => item.section === key).length;
      return size ? h("button", { class: "chip", title, "aria-expanded": String(this.open[key]), onclick: () => this.toggle(key) },
        `${short} `, h("b", {}, size)) : null;
    }));
  }

  nothing(title) {
    const why = this.query ? "None of these matches the filter." : "Nothing here reached the threshold. What was found is one click away, at the foot.";
    return h("div", {}, h("div", { class: "summary" }, title), h("p", { class: "quiet pad" }, why));
  }

  /** While a filter shows every section the browser folds one, and nothing is kept of it. */
  foldSection(event, key) {
    if (this.query) return;
    event.preventDefault();
    this.open[key] = !this.open[key];
    this.draw(this.items, this.chosen);
  }

  /** Opens a folded section, brings it to the top and chooses its first suggestion; or folds it again. */
  toggle(key) {
    if (!this.items.some((item) => item.section === key)) return;
    this.filter.value = "";
    this.open[key] = !this.open[key];
    this.draw(this.items, this.chosen);
    const shown = this.order.find((item) => item.section === (this.open[key] ? key : "supported"));
    if (shown) this.onPick(shown.id);
    if (this.open[key]) this.folds.get(key).scrollIntoView({ block: "start" });
  }

  group(group) {
    const seen = this.isOpen(group) ? group.items : group.items.slice(0, group.kept);
    const folds = group.kept < group.items.length;
    return h("div", { class: "group" }, group.date ? this.visitHead(group, folds) : this.conditionHead(group, folds),
      group.why ? h("p", { class: "group-why" }, group.why) : null,
      seen.map((item) => this.row(item, group)),
      folds && group.kept && !this.query ? h("button", { class: "more-dates", "data-group": group.key, "aria-expanded": String(this.isOpen(group)), onclick: () => this.fold(group) },
        this.isOpen(group) ? "Fold" : `${plural(group.items.length - group.kept, "more date")}`) : null);
  }

  conditionHead(group, folds) {
    const { items } = group;
    const [first] = items;
    if (folds) this.tallies.set(group.key, h("span", { class: "count" }, tally(group)));
    return h("div", { class: "group-head", title: first.suggestion.description }, h("span", { class: "name" }, first.suggestion.name),
      folds ? this.tallies.get(group.key) : null,
      first.section === "suspect" ? null : h("span", { class: "code" }, new Set(items.map((i) => shownCode(i))).size === 1 ? shownCode(first) : ""));
  }

  visitHead(group, folds) {
    const { encounter: e, date } = group.items[0];
    this.tallies.set(group.key, h("span", { class: "count" }, tally(group)));
    const says = [h("span", { class: "name" }, date || "No date"),
      h("span", { class: "who", title: e ? encounterLine(e) : null }, [e?.setting && e.setting !== "unknown" ? e.setting : "", e?.provider].filter(Boolean).join(" · ")),
      this.tallies.get(group.key)];
    return folds ? h("button", { class: "group-head visit-head", "data-group": group.key, "aria-expanded": String(this.isOpen(group)), onclick: () => this.fold(group) }, says)
      : h("div", { class: "group-head visit-head" }, says);
  }

  /** Opens a group or folds it; of the one that is worked on the first suggestion is then the chosen one. */
  fold(group) {
    if (this.isOpen(group)) { this.unfolded.delete(group.key); this.walked = null; } else this.unfolded.add(group.key);
    const within = group.items.findIndex((item) => item.id === this.chosen);
    if (within >= group.kept && group.kept && !this.isOpen(group)) this.onPick(group.items[0].id); else this.draw(this.items, this.chosen);
  }

  row(item, group) {
    const s = item.suggestion;
    const [mark, word] = item.decision ? MARKS[item.decision.kind] : ["", "Not decided"];
    const many = group.date || new Set(group.items.map((i) => shownCode(i))).size > 1;
    const letters = new Set(item.spans.filter((span) => span.letter).map((span) => span.letter));
    const why = WHY_IN_ROW.includes(item.section) ? shortReason(item) : "";
    const inRow = group.why ? "" : why;
    const row = h("button", {
      class: `row ${item.decision ? "decided" : ""} ${item.saving ? "saving" : ""} ${group.date || inRow ? "tall" : ""}`, "data-id": item.id, tabindex: "-1",
      onclick: () => this.onPick(item.id), "aria-label": [s.name, shownCode(item), item.date || "no date", word, why].filter(Boolean).join(", "),
    },
      h("span", { class: `mark ${item.decision ? item.decision.kind : "none"}`, title: word }, mark),
      h("span", { class: group.date ? "of-visit" : "date" }, group.date ? s.name : item.date || "no date"),
      many ? h("span", { class: "code" }, shownCode(item)) : null,
      h("span", { class: "letters" }, ["M", "E", "A", "T"].map((l) => letters.has(l) ? h("i", { class: `badge letter-${l}` }, l) : null)),
      s.highRisk ? h("span", { class: "risk", title: s.highRisk }, "⚠") : null,
      h("span", { class: "hcc" }, shownHcc(item)),
      h("span", { class: "confidence" }, s.percent ?? ""),
      inRow ? h("span", { class: "held-why", title: s.reason }, inRow) : null);
    row.says = says(item);
    if (item.id === this.chosen) this.mark(row);
    this.rows.set(item.id, row);
    return row;
  }

  choose(id) {
    const before = this.rows.get(this.chosen);
    if (id !== this.chosen && before) { before.removeAttribute("aria-current"); before.tabIndex = -1; }
    this.chosen = id;
    const row = this.rows.get(id);
    if (!row) return;
    this.mark(row);
    row.scrollIntoView({ block: "nearest" });
  }

  /** The chosen row is the one that the Tab key stops at. */
  mark(row) {
    row.setAttribute("aria-current", "true");
    row.tabIndex = 0;
  }

  /** The first suggestion of the condition or visit before or after the chosen one's. */
  neighbor(by) {
    const groups = [...new Set(this.groupOf.values())];
    const at = groups.indexOf(this.groupOf.get(this.chosen));
    return groups[Math.max(0, Math.min(groups.length - 1, at < 0 ? 0 : at + by))]?.items[0];
  }

  /** Whether the list must be drawn anew so that an item can be chosen: its section opened, a filter that hides it dropped, the
   *  group of the last one folded. */
  reveal(item) {
    if (this.rows.has(item.id) && (!this.walked || this.groupOf.get(item.id)?.key === this.walked)) return false;
    if (!this.groupOf.has(item.id)) this.filter.value = "";
    this.open[item.section] = true;
    return true;
  }
}

/** What a filter looks through: all that a row says. */
function sought(item) {
  const { suggestion, date, encounter } = item;
  return [suggestion.name, suggestion.description, shownCode(item), shownHcc(item), date, encounter?.provider, suggestion.reason].join(" ").toLowerCase();
}

/** Of a record that does not count only what speaks against it most: its other problems stand beside the suggestion. */
function shortReason({ suggestion, encounter }) {
  const problem = encounter?.valid === "no" ? encounter.problems[0] : null;
  return problem && suggestion.reason.includes(problem) ? problem : suggestion.reason;
}

/** What all dates of a condition are held back for, said once and whole. */
function sharedReason(items) {
  const [why, ...others] = new Set(items.map((item) => (WHY_IN_ROW.includes(item.section) ? shortReason(item) : "")));
  return others.length ? "" : why;
}

/** All that a row shows and that may change. */
function says(item) {
  return [item.decision?.kind, item.saving, item.spans.map((span) => span.letter).sort().join("")].join("|");
}

function count(key, items) {
  return key === "supported" ? `${items.filter((item) => item.decision).length} of ${items.length} decided` : String(items.length);
}

const RECORDS = ["no", "unknown", "yes"];

/** What belongs together, and how much of it stays in sight: a condition with its dates, or a visit with its conditions. */
function grouped(items, section, by) {
  const groups = by === "date" ? visits(items) : conditions(items);
  return groups.map(([key, of]) => ({
    key: `${section}|${key}`, items: of, date: by === "date", why: by === "date" ? "" : sharedReason(of),
    kept: by === "date" ? (items.length > LONG ? 0 : of.length) : of.length > MANY ? KEPT : of.length,
  }));
}

/** One group a condition, the best-supported date first: a valid record before a doubtful one, a dated one before one without
 *  a date, then by confidence. Groups stand by the best of their confidences. */
function conditions(items) {
  const record = (item) => RECORDS.indexOf(item.encounter?.valid) + (item.date ? 0.5 : 0);
  const best = ([, group]) => Math.max(...group.map(rank));
  return keyed(items, (item) => item.suggestion.condition, (a, b) => record(b) - record(a) || rank(b) - rank(a)).sort((a, b) => best(b) - best(a));
}

/** One group a visit, by date of service and then as they come in the chart; what has no date comes last. */
function visits(items) {
  const place = ([, [first]]) => [first.date || "9", first.encounter?.pages[0] || 0];
  return keyed(items, (item) => item.encounter?.id || "", (a, b) => rank(b) - rank(a)).sort((a, b) => {
    const [[date, page], [other, otherPage]] = [place(a), place(b)];
    return date.localeCompare(other) || page - otherPage;
  });
}

function keyed(items, keyOf, compare) {
  const groups = new Map();
  items.forEach((item) => groups.set(keyOf(item), [...(groups.get(keyOf(item)) || []), item]));
  return [...groups].map(([key, group]) => [key, group.sort(compare)]);
}

function rank(item) { return item.suggestion.confidence ?? 0; }

function tally({ items }) { return `${items.filter((item) => item.decision).length} of ${items.length}`; }

function shownCode(item) {
  const { decision, suggestion } = item;
  return (decision && decision.code && decision.kind !== "accept" ? decision.code.code : suggestion.code) || "no code";
}

function shownHcc(item) {
  const { decision, suggestion } = item;
  if (decision && decision.code && decision.kind !== "accept") return decision.code.hcc.split("·")[0].replace("V28", "").trim();
  const v28 = suggestion.hcc.find((x) => x.model === "V28");
  return v28 ? `HCC ${v28.category}` : "";
}
