// The suggestions of a chart: those to decide first, one block a condition; the rest folded, one click away at the foot.
const SECTIONS = [
  { key: "supported", title: "To review", open: true },
  { key: "added", title: "Added by hand", open: true },
  { key: "mention_only", title: "Named only, no MEAT found", short: "Named only", open: false },
  { key: "suspect", title: "Suspects: query, never a code", short: "Suspects", open: false },
  { key: "suppressed", title: "Held back, with the reason", short: "Held back", open: false },
  { key: "earlier", title: "Decided earlier, no longer suggested", short: "Earlier", open: false },
];
const MARKS = {
  accept: ["✓", "Accepted"], reject: ["✕", "Rejected"], change: ["⇄", "Code changed"], query: ["?", "Query"],
  escalate: ["↑", "Escalated"], add: ["+", "Added"],
};

class ListPanel {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.open = Object.fromEntries(SECTIONS.map((s) => [s.key, s.open]));
    this.filter = h("input", {
      type: "search", class: "field", placeholder: "Filter: name, code, HCC, date (f)", "aria-label": "Filter the suggestions", autocomplete: "off",
      spellcheck: "false", oninput: () => this.draw(this.items, this.chosen), onkeydown: (event) => this.filterKey(event),
    });
    this.body = h("div", { class: "list-body" });
    this.foot = h("div", { class: "list-foot", role: "group", "aria-label": "Not shown above" });
    this.element = h("nav", { class: "list", "aria-label": "Suggestions" }, h("div", { class: "list-filter" }, this.filter), this.body, this.foot);
    this.rows = new Map();
  }

  load() { this.outline = null; this.chosen = null; this.filter.value = ""; }

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
    const found = query ? items.filter((item) => sought(item).includes(query)) : items;
    const sections = SECTIONS.map((s) => ({ ...s, groups: groups(found.filter((item) => item.section === s.key)) }));
    this.order = sections.filter((s) => query || this.open[s.key]).flatMap((s) => s.groups.flat());
    const outline = JSON.stringify([query, this.open, items.map((item) => [item.id, item.section, shownCode(item)])]);
    if (outline === this.outline) this.refresh(sections); else this.rebuild(sections, items);
    this.outline = outline;
    this.choose(chosen);
  }

  /** Only the rows that read differently are drawn anew: a chart may have hundreds. */
  refresh(sections) {
    for (const { key, groups: mine } of sections) {
      for (const group of mine) {
        for (const item of group) {
          const row = this.rows.get(item.id);
          if (row.says !== says(item)) row.replaceWith(this.row(item, group));
        }
      }
      if (this.counts.has(key)) this.counts.get(key).textContent = count(key, mine.flat());
    }
  }

  rebuild(sections, items) {
    const scroll = this.body.scrollTop;
    this.rows.clear();
    this.counts = new Map();
    this.folds = new Map();
    fill(this.body, sections.map(({ key, title, groups: mine }) => {
      if (!mine.length) return key === "supported" ? this.nothing(title) : null;
      const body = h("div", { class: "group-list" }, mine.map((group) => this.group(group)));
      this.counts.set(key, h("span", { class: "count" }, count(key, mine.flat())));
      const details = h("details", { open: Boolean(this.query) || this.open[key] }, h("summary", {}, h("span", {}, title), this.counts.get(key)), body);
      details.addEventListener("toggle", () => {
        if (this.query || this.open[key] === details.open) return;
        this.open[key] = details.open;
        this.draw(this.items, this.chosen);
      });
      this.folds.set(key, details);
      return details;
    }));
    this.body.scrollTop = scroll;
    if (this.query !== this.drawn) this.body.scrollTop = 0;
    this.drawn = this.query;
    fill(this.foot, SECTIONS.filter((s) => s.short).map(({ key, title, short }) => {
      const size = items.filter((item) => item.section === key).length;
      return size ? h("button", { class: "chip", title, tabindex: "-1", "aria-expanded": String(this.open[key]), onclick: () => this.toggle(key) },
        `${short} `, h("b", {}, size)) : null;
    }));
  }

  nothing(title) {
    const why = this.query ? "None of these matches the filter." : "Nothing here reached the threshold. What was found is one click away, at the foot.";
    return h("div", {}, h("div", { class: "summary" }, title), h("p", { class: "quiet pad" }, why));
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

  group(items) {
    const [first] = items;
    const s = first.suggestion;
    return h("div", { class: "group" },
      h("div", { class: "group-head", title: s.description }, h("span", { class: "name" }, s.name),
        h("span", { class: "code" }, new Set(items.map((i) => shownCode(i))).size === 1 ? shownCode(first) : "")),
      items.map((item) => this.row(item, items)));
  }

  row(item, group) {
    const s = item.suggestion;
    const [mark, word] = item.decision ? MARKS[item.decision.kind] : ["", "Not decided"];
    const many = new Set(group.map((i) => shownCode(i))).size > 1;
    const letters = new Set(item.spans.filter((span) => span.letter).map((span) => span.letter));
    const row = h("button", {
      class: `row ${item.decision ? "decided" : ""} ${item.saving ? "saving" : ""}`, "data-id": item.id, tabindex: "-1",
      onclick: () => this.onPick(item.id), "aria-label": `${s.name}, ${shownCode(item)}, ${item.date || "no date"}, ${word}`,
    },
      h("span", { class: `mark ${item.decision ? item.decision.kind : "none"}`, title: word }, mark),
      h("span", { class: "date" }, item.date || "no date"),
      many ? h("span", { class: "code" }, shownCode(item)) : null,
      h("span", { class: "letters" }, ["M", "E", "A", "T"].map((l) => letters.has(l) ? h("i", { class: `badge letter-${l}` }, l) : null)),
      s.highRisk ? h("span", { class: "risk", title: s.highRisk }, "⚠") : null,
      h("span", { class: "hcc" }, shownHcc(item)),
      h("span", { class: "confidence" }, s.confidence === null ? "" : `${Math.round(s.confidence * 100)}%`));
    row.says = says(item);
    this.rows.set(item.id, row);
    return row;
  }

  choose(id) {
    if (id !== this.chosen) this.rows.get(this.chosen)?.removeAttribute("aria-current");
    this.chosen = id;
    const row = this.rows.get(id);
    if (!row) return;
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  /** Opens the section that holds an item, and drops a filter that hides it, so that it can be chosen. */
  reveal(item) {
    if (this.rows.has(item.id) && (this.query || this.open[item.section])) return false;
    this.filter.value = "";
    this.open[item.section] = true;
    return true;
  }
}

/** What a filter looks through: all that a row says. */
function sought(item) {
  const { suggestion, date, encounter } = item;
  return [suggestion.name, suggestion.description, shownCode(item), shownHcc(item), date, encounter?.provider, suggestion.reason].join(" ").toLowerCase();
}

/** All that a row shows and that may change. */
function says(item) {
  return [item.decision?.kind, item.saving, item.spans.map((span) => span.letter).sort().join("")].join("|");
}

function count(key, items) {
  return key === "supported" ? `${items.filter((item) => item.decision).length} of ${items.length} decided` : String(items.length);
}

const RECORDS = ["no", "unknown", "yes"];

/** One group a condition, the best-supported date first: a valid record before a doubtful one, a dated one before one without
 *  a date, then by confidence. Groups stand by the best of their confidences. */
function groups(items) {
  const byCondition = new Map();
  items.forEach((item) => {
    const key = item.suggestion.condition;
    byCondition.set(key, [...(byCondition.get(key) || []), item]);
  });
  const rank = (item) => item.suggestion.confidence ?? 0;
  const record = (item) => RECORDS.indexOf(item.encounter?.valid) + (item.date ? 0.5 : 0);
  const best = (group) => Math.max(...group.map(rank));
  const sorted = [...byCondition.values()].map((group) => group.sort((a, b) => record(b) - record(a) || rank(b) - rank(a)));
  return sorted.sort((a, b) => best(b) - best(a));
}

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
