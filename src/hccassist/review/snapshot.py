"""What a decision rested on, kept with it, and where it belongs after the chart is screened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hccassist.review.decisions import Action, Quote, SuggestionState
from hccassist.schema import ChartResult, EncounterSummary, Suggestion


@dataclass(frozen=True, slots=True)
class OpenChart:
    """A chart with its result, the roots its file lies under, its results ``folder``, and what was decided. ``states``
    is keyed by suggestion;
    a decision on a suggestion that a later screening no longer makes stands in ``orphans``."""

    id: int
    result: ChartResult
    roots: tuple[str, ...]
    folder: Path
    states: dict[str, SuggestionState]
    orphans: tuple[SuggestionState, ...]

    def suggestion(self, key: str) -> Suggestion | None:
        """The suggestion that events under ``key`` are about, also where a later screening gave it another id."""
        ids = {key} | {new for new, state in self.states.items() if state.suggestion_id == key}
        return next((s for s in self.result.suggestions if s.id in ids), None)


def snapshot(chart: OpenChart, action: Action) -> dict[str, object]:
    """What the decision rested on, as it stood on the screen: enough to read the record when nothing else is left."""
    suggestion = chart.suggestion(action.suggestion_id)
    encounter_id = suggestion.encounter if suggestion else action.encounter
    encounter = next((e for e in chart.result.encounters if e.id == encounter_id), None)
    content: dict[str, object] = {
        "chart": chart.result.chart,
        "sha256": chart.result.sha256,
        "versions": chart.result.versions or {},
    }
    if encounter is not None:
        content["encounter"] = _encounter(encounter)
    if suggestion is not None:
        content["suggestion"] = _suggestion(suggestion)
    return content


def _encounter(e: EncounterSummary) -> dict[str, object]:
    return {
        "id": e.id, "date_of_service": e.date_of_service, "start": e.start, "end": e.end, "provider": e.provider,
        "credential": e.credential, "specialty": e.specialty, "setting": e.setting, "valid": e.valid, "pages": list(e.pages),
        "problems": list(e.problems), "signed": e.signed, "patient": e.patient,
    }  # fmt: skip


def _suggestion(s: Suggestion) -> dict[str, object]:
    quotes: list[Quote] = [Quote(m.start, m.end, m.text, m.page) for m in s.mentions]
    quotes += [Quote(e.start, e.end, e.text, e.page, e.element, e.kind) for e in s.evidence]
    return {
        "condition": s.condition, "icd10": s.icd10, "description": s.description, "status": s.status, "tier": s.tier,
        "reason": s.reason, "confidence": s.confidence, "high_risk": s.high_risk, "features": s.features,
        "sections": list(s.sections), "rule": s.rule, "decided": list(s.decided),
        "hcc": {model: asdict(category) for model, category in s.hcc.items()},
        "quotes": [asdict(q) for q in quotes],
    }  # fmt: skip


def place(
    states: Mapping[str, SuggestionState], result: ChartResult
) -> tuple[dict[str, SuggestionState], tuple[SuggestionState, ...]]:
    """Put decisions where they belong after a new screening: by the suggestion's id, else by date of service and code.
    Returns them keyed by the suggestion's id of today, and those that no suggestion of today answers to."""
    ids = {s.id for s in result.suggestions}
    dates = {e.id: e.date_of_service for e in result.encounters}
    by_key = {(dates.get(s.encounter), s.icd10): s.id for s in result.suggestions}
    placed = {key: state for key, state in states.items() if key in ids}
    orphans = []
    for key, state in states.items():
        if key in ids:
            continue
        if state.quote is not None or state.decision is None:
            orphans.append(state)
            continue
        before: Any = state.decision.snapshot
        date, code = before.get("encounter", {}).get("date_of_service"), before.get("suggestion", {}).get("icd10")
        home = by_key.get((date, code))
        if home is None or home in placed:
            orphans.append(state)
        else:
            placed[home] = state
    return placed, tuple(orphans)
