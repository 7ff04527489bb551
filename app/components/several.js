// Any number of a list, which may be long: a search leaves those that fit, and what is chosen stands first.
const IN_SIGHT = 100;
const SEARCHED = 8; // options, from which on there is a search

class SeveralField extends PageField {
  constructor(parent) {
    const legend = h("legend", {});
    const search = h("input", { type: "search", class: "field", placeholder: "Search", autocomplete: "off", oninput: () => this.list() });
    const list = h("div", { class: "options" });
    super(parent, h("fieldset", { class: "hcca draft-field several-field" }, legend, search, list));
    Object.assign(this, { legend, search, options: list, chosen: [] });
  }

  get value() { return JSON.stringify(this.chosen); }

  set value(text) {
    this.chosen = JSON.parse(text);
    this.list();
  }

  toggle(option, on) {
    this.chosen = on ? [...this.chosen, option] : this.chosen.filter((x) => x !== option);
    this.say();
    this.stay();
    this.leave();
  }

  say() { fill(this.legend, this.data.label, this.chosen.length ? h("b", {}, ` ${this.chosen.length} chosen`) : null); }

  draw() {
    this.search.setAttribute("aria-label", `Search: ${this.data.label}`);
    this.search.hidden = this.data.options.length < SEARCHED;
    this.list();
  }

  list() {
    this.say();
    const query = this.search.value.trim().toLowerCase();
    const { options } = this.data;
    const found = options.filter((x) => this.chosen.includes(x)).concat(options.filter((x) => !this.chosen.includes(x)))
      .filter((x) => x.toLowerCase().includes(query));
    const more = found.length - IN_SIGHT;
    refresh(this.options, found.slice(0, IN_SIGHT).map((x) => h("label", { class: "option" },
      h("input", { type: "checkbox", value: x, onchange: (event) => this.toggle(x, event.target.checked) }), x)),
    more > 0 ? h("span", { class: "quiet" }, `${more} more: search for them`) : null, found.length ? null : h("span", { class: "quiet" }, "None fits."));
    this.options.querySelectorAll("input").forEach((box) => { box.checked = this.chosen.includes(box.value); });
  }
}

export default fieldsOf(SeveralField);
