// What the workbench lists, made of what Python sends: suggestions of today, those added by hand, and what was decided on or begun
// earlier.
function sameChart(a, b) {
  return a.chart.id === b.chart.id && a.chart.text === b.chart.text && a.chart.file.state === b.chart.file.state
    && JSON.stringify(a.suggestions.map((s) => s.id)) === JSON.stringify(b.suggestions.map((s) => s.id));
}

function sortedByLetter(spans) {
  return [...spans].sort((a, b) => "MEAT".indexOf(a.letter) - "MEAT".indexOf(b.letter) || a.start - b.start);
}

/** A visit by what stays when a new screening numbers the visits anew. */
function visitOf({ encounter }) { return encounter ? { date_of_service: encounter.date, pages: encounter.pages } : null; }

function quoteOf(span) {
  return { start: span.start, end: span.end, text: span.text, page: span.page, letter: span.letter ?? null, kind: span.kind || "" };
}

const BLANK = {
  alternatives: [], hcc: [], evidence: [], mentions: [], why: [], decided: [], highRisk: null, reason: "", confidence: null,
};

function addedSuggestion(state) {
  const { code } = state.decision;
  return {
    ...BLANK, id: state.key, condition: state.key, name: code.description, code: code.code, description: code.description, tier: "added",
    hccText: code.hcc || "No HCC in V28 or V24", mentions: state.quote ? [state.quote] : [],
  };
}

function earlierSuggestion(state) {
  const { snapshot } = state;
  return { ...BLANK, id: state.key, condition: state.key, name: snapshot.description || "Earlier suggestion", code: snapshot.code, description: snapshot.description || "", tier: "earlier" };
}

/** What is not suggested any more, though words were typed for it: they stay to be read. */
function draftedSuggestion(key) {
  const [code] = key.split(":").slice(1).join(":").split("@");
  return { ...BLANK, id: key, condition: key, name: "Not suggested any more", code, description: "Your rationale was not kept with a decision.", tier: "earlier" };
}
