// The keys, listed with "?".
const KEYS = [
  ["j  ↓", "next suggestion"], ["k  ↑", "previous suggestion"], ["s  S", "next, previous condition or visit"], ["o", "list by condition or by date of service"], ["n", "next evidence"], ["p", "previous evidence"],
  ["M  E  A  T", "next evidence of one letter (with Shift)"], ["g", "go to the next undecided"],
  ["a", "accept"], ["r", "reject, then 1–9 for the reason"], ["c", "change the code"], ["q", "query the provider"],
  ["e", "escalate"], ["d", "one date is accepted: the others of its year are duplicates"], ["u", "undo"], ["t", "type a rationale"], ["x", "strike or restore this evidence"],
  ["f", "filter the suggestions"], ["h", "what is held back, with the reasons"],
  ["m", "add a condition from selected words"], ["/", "search in the chart, Enter for the next place"],
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
