// A plain table of values, searched here. Rows come ready to read; every cell is text.
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
    this.root = h("div", { class: "hcca worklist plain-table" }, h("div", { class: "filters" }, this.search, this.count), h("table", {}, this.head, this.body), this.more);
    parent.append(this.root);
  }

  update(data) {
    this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
    this.data = data;
    this.search.hidden = Boolean(data.plain);
    fill(this.head, h("tr", {}, data.columns.map((title) => h("th", { scope: "col" }, title))));
    this.draw();
  }

  draw() {
    const query = this.search.value.toLowerCase();
    const found = this.data.rows.filter((row) => row.some((value) => String(value ?? "").toLowerCase().includes(query)));
    fill(this.count, plural(found.length, "row"));
    fill(this.body, found.slice(0, this.shown).map((row) => h("tr", {}, row.map((value) => h("td", {}, value ?? "")))));
    fill(this.more, found.length > this.shown ? h("button", { class: "plain", onclick: () => { this.shown += 1000; this.draw(); } }, `Show more (${found.length - this.shown} left)`) : null);
  }
}

export default function ({ data, parentElement }) {
  if (!plainTables.has(parentElement)) plainTables.set(parentElement, new PlainTable(parentElement));
  const table = plainTables.get(parentElement);
  if (data) table.update(data);
  return () => {
    table.root.remove();
    plainTables.delete(parentElement);
  };
}
