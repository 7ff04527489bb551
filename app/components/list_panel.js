// The suggestions of a chart: those to decide first, one block a condition; the rest folded, one click away.
const SECTIONS = [
  { key: "supported", title: "To review", open: true },
  { key: "added", title: "Added by hand", open: true },
  { key: "mention_only", title: "Named only, no MEAT found", open: false },
  { key: "suspect", title: "Suspects: query, never a code", open: false },
  { key: "suppressed", title: "Held back, with the reason", open: false },
  { key: "earlier", title: "Decided earlier, no longer suggested", open: false },
];
const MARKS = {
  accept: ["✓", "Accepted"], reject: ["✕", "Rejected"], change: ["⇄", "Code changed"], query: ["?", "Query"],
  escalate: ["↑", "Escalated"], add: ["+", "Added"],
};

class ListPanel {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.open = Object.fromEntries(SECTIONS.map((s) => [s.key, s.open]));
    this.element = h("nav", { class: "list", "aria-label": "Suggestions" });
    this.rows = new Map();
  }

  /** `items` as the workbench makes them: a suggestion, its section and the decision in force. */
  draw(items, chosen) {
    const scroll = this.element.scrollTop;
    this.rows.clear();
    this.order = [];
    fill(this.element, SECTIONS.map(({ key, title }) => {
      const mine = items.filter((item) => item.section === key);
      if (!mine.length) return key === "supported" ? this.nothing(title) : null;
      const decided = mine.filter((item) => item.decision).length;
      const body = h("div", { class: "group-list" }, groups(mine).map((group) => this.group(group)));
      if (this.open[key]) this.order.push(...groups(mine).flat());
      const details = h("details", { open: this.open[key] }, h("summary", {}, h("span", {}, title),
        h("span", { class: "count" }, key === "supported" ? `${decided} of ${mine.length} decided` : mine.length)), body);
      details.addEventListener("toggle", () => {
        if (this.open[key] === details.open) return;
        this.open[key] = details.open;
        this.draw(items, this.chosen);
      });
      return details;
    }));
    this.element.scrollTop = scroll;
    this.choose(chosen);
  }

  nothing(title) {
    return h("div", {}, h("div", { class: "summary" }, title),
      h("p", { class: "quiet pad" }, "Nothing here reached the threshold. What was found is folded below."));
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
    this.rows.set(item.id, row);
    return row;
  }

  choose(id) {
    this.rows.get(this.chosen)?.removeAttribute("aria-current");
    this.chosen = id;
    const row = this.rows.get(id);
    if (!row) return;
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  /** Opens the section that holds an item, so that it can be chosen. */
  reveal(item) { if (!this.open[item.section]) { this.open[item.section] = true; return true; } return false; }
}

/** One group a condition, the best-supported date first; groups by their best date. */
function groups(items) {
  const byCondition = new Map();
  items.forEach((item) => {
    const key = item.suggestion.condition;
    byCondition.set(key, [...(byCondition.get(key) || []), item]);
  });
  const rank = (item) => item.suggestion.confidence ?? 0;
  const sorted = [...byCondition.values()].map((group) => group.sort((a, b) => rank(b) - rank(a)));
  return sorted.sort((a, b) => rank(b[0]) - rank(a[0]));
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
