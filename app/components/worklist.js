// The charts of a results folder: searched, filtered and sorted here; a click or Enter opens one, arrows go from one to the next.
const FIRST_ROWS = 200;
const COLUMNS = [
  { key: "place", title: "Order", value: (r) => r.place, hint: "What was begun, then charts of one kind; after two hard ones an easier one" },
  { key: "chart", title: "Chart", value: (r) => r.chart },
  { key: "status", title: "Status", value: (r) => ["in progress", "not started", "done", "error"].indexOf(r.progress) },
  { key: "assigned", title: "Whose", value: (r) => r.assigned || "" },
  { key: "priority", title: "Priority", number: true, value: (r) => r.priority, hint: "Which charts come first, by the rules of priority.toml; point at a number to see what made it" },
  { key: "score", title: "Complexity", number: true, value: (r) => r.score, hint: "pages / 10 + encounters + candidates / 2 + 2 × conflicts + unread pages / 2. A conflict: the chart says different things of one condition" },
  { key: "supported", title: "To review", number: true, value: (r) => r.tiers.supported },
  { key: "mention_only", title: "Named only", number: true, value: (r) => r.tiers.mention_only, hint: "Stated, but nothing in its record supports it" },
  { key: "suspect", title: "Suspects", number: true, value: (r) => r.tiers.suspect, hint: "Clues without a stated diagnosis: to ask about, never a code" },
  { key: "suppressed", title: "Held back", number: true, value: (r) => r.tiers.suppressed, hint: "Denied, past, uncertain, a record that does not count...: each with its reason" },
  { key: "highRisk", title: "High risk", number: true, value: (r) => r.highRisk },
  { key: "unread", title: "Unread pages", number: true, value: (r) => r.unread },
];
const STATUSES = [
  ["all", "All"], ["mine", "Mine"], ["nobody", "Nobody’s"], ["not started", "Not started"], ["in progress", "In progress"], ["done", "Done"],
  ["escalated", "Escalated"], ["queries", "Queries"], ["error", "Errors"],
];
const MATCHES = {
  all: () => true, mine: (r) => r.mine, nobody: (r) => !r.assigned && r.progress !== "error", escalated: (r) => r.escalated > 0, queries: (r) => r.queries > 0,
};
const tables = new WeakMap();

class Worklist {
  constructor(parent) {
    this.status = "all";
    this.query = "";
    this.sort = { key: "place", down: false };
    this.shown = FIRST_ROWS;
    this.search = h("input", {
      type: "search", class: "field", placeholder: "Chart, condition group or name (/)", "aria-label": "Search charts", autocomplete: "off",
      oninput: () => { this.query = this.search.value.toLowerCase(); this.shown = FIRST_ROWS; this.body(); },
    });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Status" });
    this.summary = h("div", { class: "quiet" });
    this.resume = h("span", {});
    this.head = h("thead", {});
    this.rows = h("tbody", {});
    this.more = h("div", { class: "more" });
    this.filters = h("div", { class: "filters" }, this.search, this.chips, this.resume, this.summary);
    this.table = h("table", {}, this.head, this.rows);
    this.root = h("div", { class: "hcca worklist" }, this.filters, this.table, this.more);
    parent.append(this.root);
    this.keys = (event) => this.key(event);
    window.addEventListener("keydown", this.keys);
  }

  /** Arrows (or j and k) go from chart to chart, Enter opens one; "/" goes to the search. */
  key(event) {
    const searching = event.composedPath()[0] === this.search;
    if (!this.root.isConnected || event.ctrlKey || event.metaKey || event.altKey || (isTyping(event) && !(searching && event.key === "ArrowDown"))) return;
    if (event.key === "/") { event.preventDefault(); this.search.focus(); return; }
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    const rows = [...this.rows.querySelectorAll("tr[data-chart]")];
    const at = rows.indexOf(document.activeElement);
    if (at < 0 && step < 0) return;
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
  }

  update(data, open) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.open = open;
    if (!this.data && data.rows.some((r) => r.mine)) this.status = "mine";
    const says = JSON.stringify(data.rows);
    if (says === this.says) return; // the page was drawn for another reason: a row that is being clicked stays where it is
    this.says = says;
    this.data = data.rows;
    this.draw();
  }

  draw() {
    [this.filters.hidden, this.table.hidden] = Array(2).fill(!this.data.length);
    const is = (status) => MATCHES[status] || ((r) => r.progress === status);
    const anybodys = this.data.some((r) => r.assigned);
    fill(this.chips, STATUSES.map(([status, title]) => {
      const count = this.data.filter(is(status)).length;
      if (status === "nobody" && !anybodys) return null;
      return count || status === this.status ? h("button", {
        class: "chip", "aria-pressed": String(this.status === status), onclick: () => { this.status = status; this.shown = FIRST_ROWS; this.draw(); },
      }, `${title} ${count}`) : null;
    }));
    const last = this.data.find((r) => r.resume && r.progress !== "done");
    fill(this.resume, last ? h("button", { class: "plain", onclick: () => this.open(last.id) }, `Resume ${last.chart}`) : null);
    const empty = { assigned: !anybodys, unread: !this.data.some((r) => r.unread) };
    this.columns = COLUMNS.filter((c) => !empty[c.key]);
    fill(this.head, h("tr", {}, this.columns.map((c) => {
      const here = this.sort.key === c.key;
      return h("th", { class: c.number ? "number" : "", scope: "col", title: c.hint, "aria-sort": here ? (this.sort.down ? "descending" : "ascending") : null },
        h("button", { onclick: () => { this.sort = { key: c.key, down: here ? !this.sort.down : Boolean(c.number) }; this.draw(); } },
          c.title, here ? (this.sort.down ? " ↓" : " ↑") : ""));
    })));
    this.matches = is(this.status);
    this.body();
  }

  body() {
    const column = COLUMNS.find((c) => c.key === this.sort.key);
    const compare = (a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      const by = typeof x === "string" ? x.localeCompare(y, undefined, { numeric: true }) : x - y;
      return (this.sort.down ? -by : by) || a.id - b.id;
    };
    const found = this.data.filter(this.matches).filter((r) => `${r.chart} ${r.mostly} ${r.assigned || ""}`.toLowerCase().includes(this.query)).sort(compare);
    fill(this.summary, `${plural(found.length, "chart")}${found.length === this.data.length ? "" : ` of ${this.data.length}`}`);
    const focused = document.activeElement?.dataset.chart;
    fill(this.rows, found.slice(0, this.shown).map((r) => this.row(r)));
    if (focused) this.rows.querySelector(`[data-chart="${focused}"]`)?.focus({ preventScroll: true });
    const none = this.data.length ? "No chart fits the search and the status above." : "The results hold no charts yet. Screen some into this folder (hccassist screen CHARTS --out RESULTS), then load the page again.";
    if (!found.length) { fill(this.more, h("p", { class: "quiet" }, none)); return; }
    fill(this.more, found.length > this.shown ? h("button", { class: "plain", onclick: () => { this.shown += 1000; this.body(); } }, `Show more (${found.length - this.shown} left)`) : null);
  }

  row(r) {
    if (r.progress === "error") {
      return h("tr", { class: "error" }, h("td", { class: "place" }), h("td", { class: "chart-name" }, r.chart), h("td", { class: "status" }, "Not read"),
        h("td", { class: "why-not", colspan: this.columns.length - 3 }, r.error || "This file could not be screened."));
    }
    const total = r.tiers.supported;
    const number = (value, title) => h("td", { class: `number ${value ? "" : "none"}`, title }, value);
    const parts = [plural(r.pages, "page"), plural(r.encounters, "encounter"), plural(r.candidates, "candidate"), r.conflicts ? plural(r.conflicts, "conflict") : null]
      .filter(Boolean).map((part) => part.replace(" ", "\u00a0")).join(" · "); // no line ends between a number and its word
    return h("tr", {
      tabindex: "0", "data-chart": r.id, onclick: () => this.open(r.id),
      onkeydown: (event) => { if (event.key === "Enter") this.open(r.id); },
    },
      h("td", { class: "place none" }, r.place),
      h("td", { class: "chart-name" }, r.chart, r.openBy.length ? h("span", { class: "tag alert" }, `open: ${r.openBy.join(", ")}`) : null,
        h("div", { class: "parts" }, r.mostly ? `mostly ${r.mostly}` : "no payment category")),
      h("td", { class: "status" }, h("span", { class: `meter ${total ? "" : "empty"}`, "aria-hidden": "true" }, h("i", { style: `width:${total ? (r.decided / total) * 100 : 0}%` })),
        statusWord(r), r.queries || r.escalated ? h("div", { class: "parts" }, [r.queries ? plural(r.queries, "query", "queries") : null,
          r.escalated ? `${r.escalated} escalated` : null].filter(Boolean).join(" · ")) : null),
      this.columns.some((c) => c.key === "assigned") ? h("td", { class: `whose ${r.assigned ? "" : "none"}` }, r.mine ? "mine" : r.assigned || "nobody’s") : null,
      number(r.priority, r.priorityWhy),
      h("td", { class: "number" }, h("span", {}, `${r.complexity} `), h("b", {}, r.score.toFixed(1)), h("div", { class: "parts" }, parts)),
      number(total), number(r.tiers.mention_only), number(r.tiers.suspect), number(r.tiers.suppressed),
      number(r.highRisk), this.columns.some((c) => c.key === "unread") ? number(r.unread) : null);
  }

  stop() {
    window.removeEventListener("keydown", this.keys);
    this.root.remove();
  }
}

function statusWord(r) {
  if (!r.tiers.supported) return "Nothing to review";
  const word = { "not started": "Not started", "in progress": "In progress", done: "Done" }[r.progress];
  return r.progress === "not started" ? word : `${word}, ${r.decided} of ${r.tiers.supported}`;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let table = tables.get(parentElement);
  if (!table) {
    table = new Worklist(parentElement);
    tables.set(parentElement, table);
  }
  if (data) table.update(data, (id) => setTriggerValue("open", id));
  return () => {
    table.stop();
    tables.delete(parentElement);
  };
}
