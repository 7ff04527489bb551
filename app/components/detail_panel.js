// One suggestion in full: what it is, what it rests on, why it ranks where it does, and the coder's decision.
const STATED = { active: "present", negated: "denied", history: "past" };
const MOST_OTHERWISE = 4;
const LETTER_NAMES = { M: "Monitored", E: "Evaluated", A: "Assessed", T: "Treated" };

class DetailPanel {
  constructor({ onDecide, onUndo, onAmend, onChange, onSpan, onStrike, onKeep, onDraft, onItem, otherwise, onDuplicates, sameYear, context }) {
    Object.assign(this, { onDecide, onUndo, onAmend, onChange, onSpan, onStrike, onKeep, onItem, otherwise, onDuplicates, sameYear, context });
    this.keeper = keeper(() => onDraft(this.item, this.rationale.value));
    this.drafts = new Map();
    this.guidance = {};
    this.rationale = h("input", {
      class: "field", placeholder: "Rationale, if one is worth keeping (t)", "aria-label": "Rationale", maxlength: "2000",
      oninput: () => { this.drafts.set(this.item.key, this.rationale.value); this.keeper.soon(); },
      onkeydown: (event) => { if (event.key === "Enter") this.rationale.blur(); },
      onblur: () => this.leaveRationale(),
    });
    this.facts = h("div", { class: "facts" });
    this.verdict = h("div", { class: "verdict" });
    this.acts = h("div", { class: "acts" });
    // The field stays where it is while all around it is drawn anew: what is being typed keeps its place.
    this.bar = h("div", { class: "bar" }, this.verdict, this.rationale, this.acts);
    this.whyOpen = true;
    this.weakerOpen = false;
    this.element = h("section", { class: "detail", "aria-label": "Suggestion" }, this.facts, this.bar);
  }

  /** Another chart: suggestions may have the names of the last one's. */
  load(guidance, drafts) {
    this.guidance = guidance;
    this.drafts = new Map(Object.entries(drafts));
    this.item = null;
    this.says = null;
  }

  /** The rationale as typed, for the decision that is about to be made. */
  draft() { return this.drafts.get(this.item?.key)?.trim() || null; }

  /** The suggestions that words were typed for. A page's own drafts have names of another kind ("answer 3"). */
  drafted() { return [...this.drafts].filter(([key, text]) => text.trim() && /^[^\s:]+:/.test(key)).map(([key]) => key); }

  /** The words for an item, given up with an undo. */
  forget(item) {
    this.drafts.delete(item.key);
    if (item.id === this.item?.id) this.keeper.drop();
  }

  leaveRationale() {
    this.keeper.now(); // a draft until the amendment is recorded
    const decision = this.item?.decision;
    const draft = this.draft() || "";
    if (decision && this.drafts.has(this.item.key) && draft !== (decision.rationale || "")) this.onAmend({ rationale: draft });
  }

  draw(item, reasons) {
    const moved = item !== this.item && item?.id !== this.item?.id;
    if (moved) this.keeper.now();
    this.item = item;
    if (!item) {
      fill(this.facts, h("p", { class: "quiet pad" }, "Choose a suggestion on the left."));
      this.bar.hidden = true;
      this.says = null;
      return;
    }
    this.bar.hidden = false;
    this.drawFacts(item, moved);
    this.drawBar(item, reasons);
    if (moved || document.activeElement !== this.rationale) {
      this.rationale.value = this.drafts.get(item.key) ?? item.decision?.rationale ?? "";
    }
  }

  /** Drawn anew only where something reads differently, so that words being copied stay selected. */
  drawFacts(item, moved) {
    const says = JSON.stringify([item.id, [item.spans, item.struckSpans].map((spans) => spans.map((x) => [x.letter, x.start, x.end, x === item.current]))]);
    if (says === this.says) return;
    this.says = says;
    const s = item.suggestion;
    const scroll = moved ? 0 : this.facts.scrollTop;
    refill(this.facts, this.head(item), s.highRisk ? h("div", { class: "banner risk", role: "note" }, h("b", {}, "⚠ High risk. "), s.highRisk) : null,
      s.tier !== "supported" && s.reason ? h("div", { class: "banner" }, h("b", {}, tierWord(s.tier)), s.reason) : null,
      this.encounter(item), this.conflict(item), this.evidence(item), this.guided(item), this.why(s));
    this.facts.scrollTop = scroll;
  }

  head(item) {
    const s = item.suggestion;
    return h("header", {}, h("h2", {}, s.name),
      s.tier === "suspect" ? null : h("div", { class: "coded" }, h("span", { class: "code big" }, s.code || "no code"), h("span", {}, s.description)),
      s.code && s.tier !== "earlier" ? h("div", { class: "models" }, s.hcc.length ? s.hcc.map((x) => h("div", {}, h("b", {}, `${x.model === "RxHCC" ? "RxHCC" : `${x.model} HCC`} ${x.category}`), ` ${x.label}`))
        : h("div", { class: "quiet" }, s.hccText || "No HCC in V28 or V24")) : null,
      s.confidence === null ? null : h("div", { class: "likely" }, h("b", {}, s.confidenceWords), ` to be accepted · ${s.percent}`));
  }

  encounter(item) {
    const e = item.encounter;
    if (!e) return null;
    const word = { yes: "Valid record", no: "Not a valid record", unknown: "Validity not certain" }[e.valid];
    const mark = { yes: "✓", no: "✕", unknown: "?" }[e.valid];
    return h("div", { class: "encounter" },
      h("div", {}, h("b", {}, e.date || "No date of service"), e.through ? ` to ${e.through}` : "", ` · ${e.provider || "no provider found"}`),
      h("div", {}, e.setting && e.setting !== "unknown" ? `${e.setting} · ` : "",
        e.signed === true ? "signed · " : e.signed === false ? "not signed · " : "",
        pagesWord(e.pages), " · ", h("span", { class: `valid ${e.valid}` }, `${mark} ${word}`)),
      e.problems.map((problem) => h("div", { class: "issue" }, problem)));
  }

  /** What else the chart says of the condition, one click away: a coder who accepts or refuses it has seen both. */
  conflict(item) {
    const found = this.otherwise(item);
    if (!found.length) return null;
    const [first, ...rest] = found.slice(0, MOST_OTHERWISE).map((x) => h("button", { class: "plain", onclick: () => this.onItem(x.id) },
      `${STATED[x.suggestion.status]}, ${x.date || "no date"}`));
    const more = found.length - MOST_OTHERWISE;
    return h("div", { class: "banner conflict" }, h("b", {}, "The chart also says: "), first, rest.map((button) => [" ", button]), more > 0 ? ` and ${more} more` : null);
  }

  evidence(item) {
    if (!item.spans.length && !item.struckSpans.length) return h("p", { class: "quiet" }, "No words of the chart are tied to this.");
    // Words that speak for two letters are quoted once.
    const quoted = new Map();
    const said = (span) => {
      const place = `${span.start}:${span.end}`;
      if (quoted.has(place)) return h("span", { class: "said quiet" }, `the same words as ${quoted.get(place)}`);
      quoted.set(place, span.letter);
      return h("span", { class: "said" }, trimmed(span.text));
    };
    const line = (span, gone) => h("div", { class: `quote ${gone ? "struck" : ""} ${span === item.current ? "current" : ""}` },
      h("i", { class: span.letter ? `badge letter-${span.letter}` : "badge mention", title: span.letter ? LETTER_NAMES[span.letter] : "Names the condition" },
        span.letter || "“”"),
      h("button", { class: "words-link", onclick: () => this.onSpan(span) }, said(span), h("span", { class: "note" }, origin(span))),
      h("button", {
        class: "plain strike", onclick: () => this.onStrike(span, gone),
        title: gone ? "Restore this evidence" : "Strike: this does not support the code (x)", "aria-label": gone ? "Restore" : "Strike",
      }, gone ? "↺" : "✕"));
    const letters = ["M", "E", "A", "T"].filter((l) => !item.spans.some((span) => span.letter === l));
    const named = item.spans.filter((span) => !span.letter);
    return h("div", { class: "evidence" }, named.length ? this.named(item, named) : null,
      item.spans.filter((span) => span.letter).map((span) => line(span, false)),
      item.struckSpans.map((span) => line(span, true)),
      letters.length && letters.length < 4 && item.section !== "suspect" ? h("div", { class: "quiet none-found" }, `Not found here: ${letters.map((l) => LETTER_NAMES[l].toLowerCase()).join(", ")}`) : null,
      this.weaker(item));
  }

  /** Words that may support it too, weaker than what is shown: on demand, and kept by the coder's hand alone. */
  weaker(item) {
    if (!item.weaker?.length) return null;
    const remember = () => { this.weakerOpen = !this.weakerOpen; };
    return h("details", { class: "weaker", open: this.weakerOpen },
      h("summary", { onclick: remember }, `Weaker words (${item.weaker.length})`),
      item.weaker.map((span) => h("div", { class: `quote ${span === item.current ? "current" : ""}` },
        h("i", { class: `badge letter-${span.letter}`, title: LETTER_NAMES[span.letter] }, span.letter),
        h("button", { class: "words-link", onclick: () => this.onSpan(span) },
          h("span", { class: "said" }, trimmed(span.text)),
          h("span", { class: "note" }, origin(span))),
        h("button", {
          class: "plain strike", onclick: () => this.onKeep(span),
          title: "Keep as evidence", "aria-label": "Keep as evidence",
        }, "+"))));
  }

  /** Where the condition is named: its best place in its sentence, and all places one click away. */
  named(item, spans) {
    const [best] = spans;
    const around = this.context(best);
    return h("div", { class: `quote ${spans.includes(item.current) ? "current" : ""}` },
      h("i", { class: "badge mention", title: "Names the condition" }, "“”"),
      h("div", {}, h("button", { class: "words-link", onclick: () => this.onSpan(best) },
        h("span", { class: "said" }, around.before, h("b", {}, trimmed(best.text)), around.after)),
        h("div", { class: "places" }, spans.map((span) => h("button", {
          class: `place ${span === item.current ? "current" : ""}`, onclick: () => this.onSpan(span), title: trimmed(span.text),
        }, `p. ${span.page}`)))));
  }

  /** What the team answered before, when the same condition was escalated. */
  guided(item) {
    const known = this.guidance[item.suggestion.condition] || [];
    return known.map((g) => h("div", { class: "banner guidance" }, h("b", {}, "Team guidance. "), g.answer,
      h("div", { class: "quiet" }, [g.question && `Asked: ${trimmed(g.question)}`, g.who, localTime(g.at)].filter(Boolean).join(" · "))));
  }

  why(s) {
    if (!s.why.length && !s.decided.length) return null;
    const remember = () => { this.whyOpen = !this.whyOpen; };
    return h("details", { class: "why", open: this.whyOpen }, h("summary", { onclick: remember }, "Why it ranks here"),
      [...s.why].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).map((r) => h("div", { class: r.weight < 0 ? "lowered" : "raised" },
        h("span", { class: "arrow", "aria-label": r.weight < 0 ? "lowers" : "raises" }, r.weight < 0 ? "▼" : "▲"), r.text)),
      s.decided.map((text) => h("div", { class: "quiet" }, text)));
  }

  drawBar(item, reasons) {
    const d = item.decision;
    const button = (kind, key, label, act) => h("button", {
      class: `act ${kind}`, onclick: act, "aria-pressed": d ? String(d.kind === kind) : "false",
    }, h("kbd", {}, key), label);
    const earlier = item.section === "earlier";
    const added = item.section === "added";
    const suspect = item.section === "suspect";
    const same = this.sameYear(item);
    refresh(this.verdict,
      d ? h("div", { class: "decision", role: "status" }, h("span", { class: `mark ${d.kind}` }, MARKS[d.kind][0]),
        h("span", {}, h("b", {}, MARKS[d.kind][1]), d.code ? ` ${d.code.code}` : "", reasonWord(d, reasons),
          ` · ${d.who || ""}${d.at ? `, ${localTime(d.at)}` : ""}`, item.saving ? " · saving…" : ""),
        h("button", { class: "plain", onclick: () => this.onUndo(this.item) }, "Undo (u)")) : null,
      d && d.kind === "reject" ? h("div", { class: "reasons", role: "group", "aria-label": "Reason" },
        reasons.map(([key, label], i) => h("button", {
          class: "chip", "aria-pressed": String(d.reason === key), onclick: () => this.onAmend({ reason: key }),
        }, h("kbd", {}, i + 1), label))) : null,
      same ? h("button", {
        class: "plain", onclick: () => this.onDuplicates(),
        title: `Accepted on ${same.accepted}. Each of the others is rejected as a duplicate, with a row of its own in the record.`,
      }, `Mark ${plural(same.others.length, "other date")} of ${same.year} as duplicates (d)`) : null);
    refresh(this.acts, earlier || added ? null : [
      item.suggestion.code && !suspect ? button("accept", "A", "Accept", () => this.onDecide("accept")) : null,
      button("reject", "R", "Reject", () => this.onDecide("reject")),
      suspect ? null : button("change", "C", item.suggestion.code ? "Change code" : "Choose code", () => this.onChange()),
      button("query", "Q", "Query", () => this.onDecide("query")),
      button("escalate", "E", "Escalate", () => this.onDecide("escalate")),
    ]);
  }
}

/** Where words stand and why they count; "words" is what they are called that are no drug, test or finding. */
function origin(span) { return [`p. ${span.page}`, span.kind === "words" ? "" : span.kind, span.why].filter(Boolean).join(" · "); }

function tierWord(tier) {
  return { mention_only: "Named only: ", suspect: "Suspect, never a code by itself: ", suppressed: "Held back: " }[tier] || "";
}

function reasonWord(decision, reasons) {
  const found = reasons.find(([key]) => key === decision.reason);
  return found ? `: ${found[1]}` : "";
}

function pagesWord(pages) {
  if (!pages.length) return "no pages";
  const [first, last] = [pages[0], pages.at(-1)];
  return first === last ? `page ${first}` : `pages ${first}–${last}`;
}

function trimmed(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 220 ? `${line.slice(0, 217)}…` : line;
}

function localTime(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
