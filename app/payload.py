"""What the workbench in the browser is given: a chart's text, suggestions and the decisions on them, as plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hccassist.review import REJECT_REASONS, OpenChart, Quote, SuggestionState
from hccassist.review.chart_file import ChartFile
from hccassist.review.claims import CLAIM
from hccassist.review.decisions import Decision
from hccassist.review.samples import Sampled
from hccassist.schema import ELEMENT_NAMES, Chart, EncounterSummary, EvidenceSpan, Span, Suggestion, unread_because

Json = dict[str, Any]
CONFIDENCE_WORDS = ((0.9, "Very likely"), (0.75, "Likely"), (0.5, "Could go either way"), (0.25, "Unlikely"))


def confidence_words(confidence: float) -> str:
    """How likely a coder is to accept, in words."""
    shown = round(confidence, 2)  # the words go with the figure beside them
    return next((words for limit, words in CONFIDENCE_WORDS if shown >= limit), "Very unlikely")


def chart_payload(opened: OpenChart, file: ChartFile) -> Json:
    """All of a chart that does not change while it is reviewed."""
    result, keys = opened.result, opened.keys
    return {
        "chart": {
            "id": opened.id,
            "name": result.chart,
            "text": file.chart.text if file.chart else None,
            "file": {"state": file.state, "message": file.message},
            "pages": _pages(opened, file.chart),
            "encounters": [_encounter(e) for e in result.encounters],
        },
        "suggestions": [{**_suggestion(s), "key": keys[s.id]} for s in result.suggestions],
        "reasons": list(REJECT_REASONS.items()),
        "letters": ELEMENT_NAMES,
    }


def _pages(opened: OpenChart, chart: Chart | None) -> list[Json]:
    bounds = {p.number: (p.start, p.end) for p in chart.pages} if chart else {}
    return [
        {
            "n": p.number,
            "start": bounds.get(p.number, (0, 0))[0],
            "end": bounds.get(p.number, (0, 0))[1],
            "source": p.source,
            "unread": unread_because(p.unread) if p.source == "unread" else None,
            "width": p.width,
            "height": p.height,
        }
        for p in opened.result.pages
    ]


def _encounter(e: EncounterSummary) -> Json:
    return {
        "id": e.id,
        "pages": e.pages,
        "date": e.date_of_service,
        "through": e.end if e.end != e.date_of_service else None,
        "provider": e.who,
        "setting": e.setting.replace("_", " "),
        "signed": e.signed,
        "valid": e.valid,
        "problems": e.problems,
    }


def _suggestion(s: Suggestion) -> Json:
    return {
        "id": s.id,
        "encounter": s.encounter,
        "condition": s.condition,
        "name": _plain_name(s),
        "code": s.icd10,
        "description": s.description,
        "alternatives": s.alternatives,
        "hcc": [{"model": m, "category": c.category, "label": c.label} for m, c in s.hcc.items()],
        "status": s.status,
        "tier": s.tier,
        "reason": s.reason,
        **_likely(s),
        "highRisk": s.high_risk,
        "mentions": [_span(m) for m in s.mentions],
        "evidence": [_evidence(e) for e in s.evidence],
        "moreEvidence": [_evidence(e) for e in s.more_evidence],
        "why": [{"text": r.text, "weight": round(r.weight, 3)} for r in s.why],
        "decided": s.decided,
    }


def _likely(s: Suggestion) -> Json:
    """How likely a coder is to accept it; of a suspect, which nobody can accept, nothing is said."""
    if s.tier == "suspect":
        return {"confidence": None, "percent": None, "confidenceWords": ""}
    words = confidence_words(s.confidence)
    return {"confidence": round(s.confidence, 3), "percent": f"{s.confidence:.0%}", "confidenceWords": words}


def _plain_name(s: Suggestion) -> str:
    name = s.condition.replace("_", " ").strip() or s.description
    return name[:1].upper() + name[1:]


def _span(s: Span) -> Json:
    return {"start": s.start, "end": s.end, "text": s.text, "page": s.page, "boxes": s.boxes}


def _evidence(e: EvidenceSpan) -> Json:
    return {**_span(e), "letter": e.element, "kind": e.kind.replace("_", " "), "why": e.why}


def state_payload(opened: OpenChart) -> Json:
    """The decisions on a chart: what changes while it is reviewed."""
    added = [s for s in opened.orphans if s.quote is not None and s.decision is not None]
    earlier = [s for s in opened.orphans if s.quote is None and not s.suggestion_id.startswith(CLAIM)]
    return {
        "states": {suggestion_id: _state(state) for suggestion_id, state in opened.states.items()},
        "added": [_state(s) for s in added],
        "earlier": [{**_state(s), "snapshot": _shown(s.decision)} for s in earlier if s.decision],
    }


def _state(state: SuggestionState) -> Json:
    return {
        "key": state.suggestion_id,
        "seq": state.last_seq,
        "decision": _decision(state.decision) if state.decision else None,
        "struck": [list(k) for k in state.struck],
        "evidence": [_quote(q) for q in state.evidence],
        "quote": _quote(state.quote) if state.quote else None,
        "encounter": state.encounter,
    }


def second_payload(opened: OpenChart, file: ChartFile, items: Sequence[Sampled]) -> Json:
    """A chart as a second reader is given it: the sampled suggestions alone, and nothing of what was decided on them."""
    whole = chart_payload(opened, file)
    by_id = {s["id"]: s for s in whole["suggestions"]}
    found = []
    for item in items:
        suggestion = opened.suggestion(item.suggestion_id)
        shown = by_id[suggestion.id] if suggestion else _from_record(opened, item.suggestion_id)
        if shown is not None:
            found.append({**shown, "id": item.suggestion_id, "section": "supported"})
    return {**whole, "suggestions": found}


def second_state_payload(opened: OpenChart, items: Sequence[Sampled]) -> Json:
    """A second reader's own verdicts on a chart."""
    states: Json = {
        item.suggestion_id: {
            "key": item.suggestion_id, "seq": 0, "decision": _decision(item.verdict) if item.verdict else None,
            "struck": [], "evidence": [], "quote": None, "encounter": None,
        }
        for item in items
        if item.chart_id == opened.id
    }  # fmt: skip
    return {"states": states, "added": [], "earlier": [], "others": [], "held": None}


def _from_record(opened: OpenChart, key: str) -> Json | None:
    """A suggestion that screening does not make (any more), from what the decision on it rested on."""
    state = next((s for s in opened.orphans if s.suggestion_id == key), None)
    if state is None or state.decision is None:
        return None
    suggestion, encounter = state.decision.suggestion, state.decision.encounter
    code = state.decision.code if state.quote else None
    quotes = [_quote(Quote(**q)) for q in suggestion.get("quotes", [])] + ([_quote(state.quote)] if state.quote else [])
    return {
        "encounter": encounter.get("id") or state.encounter, "condition": suggestion.get("condition") or key,
        "name": code.description if code else suggestion.get("description", ""), "alternatives": [],
        "code": code.icd10 if code else suggestion.get("icd10"), "tier": "supported", "reason": "", "confidence": None,
        "description": code.description if code else suggestion.get("description", ""), "hcc": [], "status": "active",
        "hccText": code.hcc if code else "", "confidenceWords": "", "highRisk": suggestion.get("high_risk"),
        "mentions": [q for q in quotes if not q["letter"]], "evidence": [q for q in quotes if q["letter"]],
        "why": [], "decided": [],
    }  # fmt: skip


def _quote(q: Quote) -> Json:
    return {
        "start": q.start, "end": q.end, "text": q.text, "page": q.page, "letter": q.element, "kind": q.kind,
        "why": "added by hand", "boxes": [],
    }  # fmt: skip


def _decision(d: Decision) -> Json:
    code = {"code": d.code.icd10, "description": d.code.description, "hcc": d.code.hcc} if d.code else None
    return {
        "kind": d.kind, "seq": d.seq, "who": d.who, "at": d.at, "code": code, "reason": d.reason,
        "rationale": d.rationale,
    }  # fmt: skip


def _shown(decision: Decision) -> Json:
    return {
        "code": decision.suggestion.get("icd10"),
        "description": decision.suggestion.get("description"),
        "date": decision.encounter.get("date_of_service"),
    }
