// The keys: what each does, and the list of them ("?").
const KEYS = [
  ["j  ↓", "next suggestion"], ["k  ↑", "previous suggestion"], ["s  S", "next, previous condition or visit"], ["o", "list by condition or by date of service"], ["n", "next evidence"], ["p", "previous evidence"],
  ["M  E  A  T", "next evidence of one letter (with Shift)"], ["g", "go to the next undecided"],
  ["a", "accept"], ["r", "reject, then 1–9 for the reason"], ["c", "change the code"], ["q", "query the provider"],
  ["e", "escalate"], ["d", "one date is accepted: the others of its year are duplicates"], ["u", "undo"], ["t", "type a rationale"], ["x", "strike or restore this evidence"],
  ["f", "filter the suggestions"], ["h", "what is held back, with the reasons"],
  ["/", "search in the chart, Enter for the next place, Esc to go on from it"], ["m", "add a condition from words that are selected, or found"],
  ["i", "text or page image"], ["b", "both side by side"], ["[  ]", "previous, next page"], [",  .", "previous, next encounter by date"],
  ["v", "all encounters"], ["J", "next chart"], ["?", "these keys"], ["Esc", "close, leave a field"],
];

function createHelp() {
  const element = h("div", { class: "overlay", hidden: true, role: "dialog", tabindex: "-1", "aria-label": "Keys" },
    h("div", { class: "card" }, h("h2", {}, "Keys"),
      h("dl", {}, KEYS.map(([key, what]) => [h("dt", {}, key.split(/\s+/).map((k) => h("kbd", {}, k))), h("dd", {}, what)])),
      h("p", { class: "quiet" }, "Letters are commands only while you are not typing in a field; View turns them off.")));
  element.addEventListener("click", () => { element.hidden = true; });
  return element;
}

/** What each key does in a workbench; `chosen`: the item at hand. */
function commandsOf(bench, chosen) {
  return {
    j: () => bench.step(1), ArrowDown: () => bench.step(1), k: () => bench.step(-1), ArrowUp: () => bench.step(-1),
    n: () => bench.stepSpan(1), p: () => bench.stepSpan(-1), a: () => bench.decide("accept"), r: () => bench.decide("reject"),
    c: () => bench.changeCode(), q: () => bench.decide("query"), e: () => bench.decide("escalate"), d: () => bench.duplicates(), u: () => bench.undo(),
    t: () => bench.detail.rationale.focus(), x: () => { if (bench.currentSpan) bench.strike(bench.currentSpan, chosen?.struckSpans.includes(bench.currentSpan)); },
    m: () => bench.addCondition(), i: () => bench.setView(bench.view === "image" ? "text" : "image"), b: () => bench.setView(bench.view === "both" ? "text" : "both"),
    v: () => bench.setView(bench.view === "visits" ? "text" : "visits"), g: () => bench.advance(), "/": () => bench.finder.open(),
    f: () => bench.list.filter.select(), h: () => bench.list.toggle("suppressed"),
    o: () => bench.settings.set("list", bench.settings.values.list === "date" ? "condition" : "date"),
    s: () => bench.stepGroup(1), S: () => bench.stepGroup(-1),
    "[": () => bench.goToPage(bench.pageNow() - 1), "]": () => bench.goToPage(bench.pageNow() + 1),
    ",": () => bench.goToEncounter(bench.visits.neighbor(-1)), ".": () => bench.goToEncounter(bench.visits.neighbor(1)),
    M: () => bench.stepLetter("M"), E: () => bench.stepLetter("E"), A: () => bench.stepLetter("A"), T: () => bench.stepLetter("T"),
    J: () => bench.nextChart(), "?": () => { if (bench.help.hidden) bench.showHelp(); else bench.help.hidden = true; },
  };
}
