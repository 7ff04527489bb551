// A plain table of values, searched here. Rows come ready to read; every cell is text. Where rows can be opened, a click or
// Enter does.
const SHOWN = 300;
const plainTables = new WeakMap();

class PlainTable {
  constructor(parent) {
    this.shown = SHOWN;
    this.search = h("input", {
      type: "search", class: "field", placeholder: "Search", "aria-label": "Search the table", autocomplete: "off",
      oninput: () => { this.shown = SHOWN; this.draw(); },
    });
    this.count = h("span", { class: "quiet" });
    this.head = h("thead", {});
    this.body = h("tbody", {});
    this.more = h("div", { class: "more" });
    this.filters = h("div", { class: "filters" }, this.search, this.count);
    this.table = h("table", {}, this.head, this.body);
    this.empty = h("p", { class: "quiet" });
    this.root = h("div", { class: "hcca worklist plain-table" }, this.filters, this.table, this.more, this.empty);
    parent.append(this.root);
  }

  update(data, open) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.open = open;
    const says = JSON.stringify(data);
    if (says === this.says) return; // drawn for another reason: a row that is being clicked stays where it is
    this.says = says;
    this.data = data;
    const none = !data.rows.length;
    [this.filters.hidden, this.table.hidden, this.empty.hidden] = [none || Boolean(data.plain), none, !none];
    fill(this.empty, data.empty || "Nothing yet.");
    fill(this.head, h("tr", {}, data.columns.map((title) => h("th", { scope: "col" }, title))));
    this.draw();
  }

  row(row, place) {
    const opens = (this.data.opens?.[place] ?? null) !== null ? {
      class: "opens", tabindex: "0", onclick: () => { if (!String(getSelection())) this.open(this.data.opens[place]); },
      onkeydown: (event) => { if (event.key === "Enter") this.open(this.data.opens[place]); },
    } : {};
    return h("tr", opens, row.map((value) => h("td", {}, value ?? "")));
  }

  draw() {
    const query = this.search.value.toLowerCase();
    const found = this.data.rows.map((row, place) => [row, place])
      .filter(([row]) => row.some((value) => String(value ?? "").toLowerCase().includes(query)));
    fill(this.count, plural(found.length, "row"));
    fill(this.body, found.slice(0, this.shown).map(([row, place]) => this.row(row, place)));
    fill(this.more, found.length > this.shown ? h("button", { class: "plain", onclick: () => { this.shown += 1000; this.draw(); } }, `Show more (${found.length - this.shown} left)`) : null);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!plainTables.has(parentElement)) plainTables.set(parentElement, new PlainTable(parentElement));
  const table = plainTables.get(parentElement);
  if (data) table.update(data, (key) => setTriggerValue("open", key));
  return () => {
    table.root.remove();
    plainTables.delete(parentElement);
  };
}
