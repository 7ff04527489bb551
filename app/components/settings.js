// How a coder likes it: kept in this browser alone and seen by nobody else.
const SETTINGS_KEY = "hccassist.view";
const DEFAULTS = { size: "14", density: "compact", font: "sans", advance: true, breaks: "off", list: "condition", letters: true };

function loadSettings() {
  try { return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(SETTINGS_KEY) || "{}") }; } catch { return { ...DEFAULTS }; }
}

class Settings {
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.values = loadSettings();
    this.worked = 0;
    this.timer = setInterval(() => this.minute(), 60000);
    this.reminder = h("div", { class: "reminder", role: "status", hidden: true });
    this.panel = h("div", { class: "popover settings", hidden: true, role: "dialog", "aria-label": "View settings" });
    this.draw();
    this.apply();
  }

  stop() { clearInterval(this.timer); }

  set(name, value) {
    this.values[name] = value;
    try { localStorage.setItem(SETTINGS_KEY, JSON.stringify(this.values)); } catch { /* a private window keeps nothing */ }
    this.apply();
    this.onChange();
  }

  apply() {
    this.root.style.setProperty("--size", `${this.values.size}px`);
    this.root.dataset.density = this.values.density;
    this.root.dataset.font = this.values.font;
  }

  toggle() { this.panel.hidden = !this.panel.hidden; }

  draw() {
    const choice = (label, name, options) => h("label", {}, h("span", {}, label),
      h("select", { onchange: (event) => this.set(name, event.target.value) },
        options.map(([value, text]) => h("option", { value, selected: this.values[name] === value }, text))));
    const check = (label, name) => h("label", {}, h("span", {}, label),
      h("input", { type: "checkbox", checked: this.values[name], onchange: (event) => this.set(name, event.target.checked) }));
    fill(this.panel,
      choice("Text size", "size", [["12", "Small"], ["14", "Medium"], ["16", "Large"], ["18", "Larger"], ["21", "Largest"]]),
      choice("Rows", "density", [["compact", "Compact"], ["roomy", "Roomy"]]),
      choice("Chart text", "font", [["sans", "Proportional"], ["mono", "Fixed width, for tables"]]),
      choice("Break reminders", "breaks",
        [["off", "Off"], ["eyes", "Eyes, every 20 minutes"], ["hour", "A pause every hour"], ["both", "Both"]]),
      check("Move on after a decision", "advance"),
      check("Letters are commands", "letters"),
      h("p", { class: "quiet" }, "Kept in this browser only. Dark mode: the ⋮ menu at the top right."));
  }

  minute() {
    const { breaks } = this.values;
    this.worked += 1;
    if ((breaks === "hour" || breaks === "both") && this.worked % 60 === 0) {
      this.remind("An hour has gone by. Stand up, drink something, look out of a window.");
    } else if ((breaks === "eyes" || breaks === "both") && this.worked % 20 === 0) {
      this.remind("For your eyes: look at something 20 feet away for 20 seconds.");
    }
  }

  remind(text) {
    fill(this.reminder, text, h("button", { class: "plain", onclick: () => { this.reminder.hidden = true; } }, "Done"));
    this.reminder.hidden = false;
  }
}
