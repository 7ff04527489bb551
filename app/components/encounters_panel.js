// The records of a chart in the order of their dates: a strip to jump by, and a table with what speaks against each.
const VALID = { yes: ["✓", "valid record"], no: ["✕", "not a valid record"], unknown: ["?", "validity not certain"] };

class EncountersPanel {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.strip = h("div", { class: "strip", role: "group", tabindex: "0", "aria-label": "Encounters by date" });
    this.element = h("div", { class: "encounters", hidden: true, tabindex: "0", "aria-label": "Encounters" });
  }

  load(chart, suggestions) {
    const counts = new Map();
    suggestions.filter((s) => (s.section || s.tier) === "supported").forEach((s) => counts.set(s.encounter, (counts.get(s.encounter) || 0) + 1));
    this.order = [...chart.encounters].sort((a, b) => (a.date || "9").localeCompare(b.date || "9") || (a.pages[0] || 0) - (b.pages[0] || 0));
    this.now = null;
    this.strip.hidden = this.order.length < 2;
    this.chips = new Map(this.order.map((e) => [e.id, h("button", {
      class: `visit ${e.valid}`, tabindex: "-1", onclick: () => this.onPick(e),
      title: [encounterLine(e), pagesWord(e.pages), VALID[e.valid][1], ...e.problems].join("\n"),
    }, h("span", { class: "valid", "aria-hidden": "true" }, VALID[e.valid][0]), ` ${shortDate(e)}`,
      counts.get(e.id) ? h("b", {}, ` ${counts.get(e.id)}`) : null)]));
    let year = null;
    fill(this.strip, this.order.map((e) => {
      const own = e.date ? e.date.slice(0, 4) : "no date";
      const mark = own === year ? null : h("span", { class: "year" }, own);
      year = own;
      return [mark, this.chips.get(e.id)];
    }));
    const unread = chart.pages.filter((page) => page.source === "unread");
    const reasons = [...new Set(unread.map((page) => page.unread))].map((why) => [why, unread.filter((page) => page.unread === why).map((page) => page.n)]);
    fill(this.element, unread.length ? h("p", { class: "problem" }, "Not read: ", reasons.map(([why, numbers]) => `${numbers.length === 1 ? "page" : "pages"} ${numbers.join(", ")}: ${why}. `), "Look at the image or the file itself.") : null,
      h("table", {}, h("thead", {}, h("tr", {}, ["Date", "Kind", "Provider", "Pages", "Record", "To review"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, this.order.map((e) => h("tr", { tabindex: "0", onclick: () => this.onPick(e), onkeydown: (event) => { if (event.key === "Enter") this.onPick(e); } },
          h("td", {}, e.date || "no date", e.through ? ` to ${e.through}` : ""), h("td", {}, e.setting), h("td", {}, e.provider || "not found"),
          h("td", {}, pagesWord(e.pages)),
          h("td", {}, h("span", { class: `valid ${e.valid}` }, `${VALID[e.valid][0]} ${VALID[e.valid][1]}`), e.problems.map((text) => h("div", { class: "issue" }, text))),
          h("td", { class: "number" }, counts.get(e.id) || ""))))));
  }

  /** Marks the record that is being looked at. */
  mark(id) {
    if (id === this.now) return;
    this.chips?.get(this.now)?.removeAttribute("aria-current");
    this.now = id;
    const chip = this.chips?.get(id);
    if (!chip) return;
    chip.setAttribute("aria-current", "true");
    chip.scrollIntoView({ block: "nearest", inline: "center" });
  }

  /** The record before or after the one being looked at, by date. */
  neighbor(by) {
    const at = this.order.findIndex((e) => e.id === this.now);
    return this.order[Math.max(0, Math.min(this.order.length - 1, at < 0 ? 0 : at + by))];
  }
}

/** Month and day; the year stands before the first of its visits. */
function shortDate(e) { return e.date ? e.date.slice(5) : pagesWord(e.pages).replace("pages", "p.").replace("page", "p."); }
