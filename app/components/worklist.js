// The charts of a results folder: searched, filtered and sorted here; a click or Enter opens one.
const FIRST_ROWS = 200;
const COLUMNS = [
  { key: "chart", title: "Chart", value: (r) => r.chart },
  { key: "status", title: "Status", value: (r) => ["in progress", "not started", "done", "error"].indexOf(r.progress) },
  { key: "score", title: "Complexity", number: true, value: (r) => r.score, hint: "pages / 10 + encounters + candidates / 2 + 2 × conflicts + unread pages / 2" },
  { key: "pages", title: "Pages", number: true, value: (r) => r.pages },
  { key: "encounters", title: "Encounters", number: true, value: (r) => r.encounters },
  { key: "supported", title: "To review", number: true, value: (r) => r.tiers.supported },
  { key: "mention_only", title: "Named only", number: true, value: (r) => r.tiers.mention_only },
  { key: "suspect", title: "Suspects", number: true, value: (r) => r.tiers.suspect },
  { key: "suppressed", title: "Held back", number: true, value: (r) => r.tiers.suppressed },
  { key: "highRisk", title: "High risk", number: true, value: (r) => r.highRisk },
  { key: "unread", title: "Unread pages", number: true, value: (r) => r.unread },
];
const STATUSES = [["all", "All"], ["not started", "Not started"], ["in progress", "In progress"], ["done", "Done"], ["escalated", "Escalated"], ["error", "Errors"]];
const tables = new WeakMap();

class Worklist {
  constructor(parent) {
    this.status = "all";
    this.query = "";
    this.sort = { key: "chart", down: false };
    this.shown = FIRST_ROWS;
    this.search = h("input", {
      type: "search", class: "field", placeholder: "Search charts", "aria-label": "Search charts", autocomplete: "off",
      oninput: () => { this.query = this.search.value.toLowerCase(); this.shown = FIRST_ROWS; this.body(); },
    });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Status" });
    this.summary = h("div", { class: "quiet" });
    this.resume = h("span", {});
    this.head = h("thead", {});
    this.rows = h("tbody", {});
    this.more = h("div", { class: "more" });
    this.root = h("div", { class: "hcca worklist" },
      h("div", { class: "filters" }, this.search, this.chips, this.resume, this.summary), h("table", {}, this.head, this.rows), this.more);
    parent.append(this.root);
  }

  update(data, open) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.open = open;
    this.data = data.rows;
    this.draw();
  }

  draw() {
    const is = (status) => (r) => status === "all" || (status === "escalated" ? r.escalated > 0 : r.progress === status);
    fill(this.chips, STATUSES.map(([status, title]) => {
      const count = this.data.filter(is(status)).length;
      return count || status === this.status ? h("button", {
        class: "chip", "aria-pressed": String(this.status === status), onclick: () => { this.status = status; this.shown = FIRST_ROWS; this.draw(); },
      }, `${title} ${count}`) : null;
    }));
    const last = this.data.find((r) => r.resume && r.progress !== "done");
    fill(this.resume, last ? h("button", { class: "plain", onclick: () => this.open(last.id) }, `Resume ${last.chart}`) : null);
    fill(this.head, h("tr", {}, COLUMNS.map((c) => {
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
    const found = this.data.filter(this.matches).filter((r) => r.chart.toLowerCase().includes(this.query)).sort(compare);
    fill(this.summary, `${plural(found.length, "chart")}${found.length === this.data.length ? "" : ` of ${this.data.length}`}`);
    fill(this.rows, found.slice(0, this.shown).map((r) => this.row(r)));
    fill(this.more, found.length > this.shown ? h("button", { class: "plain", onclick: () => { this.shown += 1000; this.body(); } }, `Show more (${found.length - this.shown} left)`) : null);
  }

  row(r) {
    if (r.progress === "error") {
      return h("tr", { class: "error" }, h("td", { class: "chart-name" }, r.chart), h("td", { class: "status" }, "Not read"),
        h("td", { class: "why-not", colspan: COLUMNS.length - 2 }, r.error || "This file could not be screened."));
    }
    const total = r.tiers.supported;
    const number = (value, title) => h("td", { class: `number ${value ? "" : "none"}`, title }, value);
    const parts = `${r.pages} pages, ${r.encounters} encounters, ${r.candidates} candidates, ${r.conflicts} conflicts, ${r.unread} unread`;
    return h("tr", {
      tabindex: "0", "data-chart": r.id, onclick: () => this.open(r.id),
      onkeydown: (event) => { if (event.key === "Enter") this.open(r.id); },
    },
      h("td", { class: "chart-name" }, r.chart, r.openBy.length ? h("span", { class: "tag alert" }, ` open: ${r.openBy.join(", ")}`) : null),
      h("td", { class: "status" }, h("span", { class: `meter ${total ? "" : "empty"}`, "aria-hidden": "true" }, h("i", { style: `width:${total ? (r.decided / total) * 100 : 0}%` })),
        statusWord(r), r.queries ? h("span", { class: "quiet" }, ` · ${plural(r.queries, "query", "queries")}`) : null,
        r.escalated ? h("span", { class: "quiet" }, ` · ${r.escalated} escalated`) : null),
      h("td", { class: "number", title: parts }, h("span", { class: "parts" }, r.conflicts ? `${plural(r.conflicts, "conflict")} · ` : "", `${r.complexity} `), r.score.toFixed(1)),
      number(r.pages), number(r.encounters), number(total), number(r.tiers.mention_only), number(r.tiers.suspect), number(r.tiers.suppressed),
      number(r.highRisk), number(r.unread));
  }

  stop() { this.root.remove(); }
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
