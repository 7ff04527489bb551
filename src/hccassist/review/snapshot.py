"""What a decision rested on, kept with it, and where it belongs after the chart is screened again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
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
        keys = self.keys
        return next((s for s in self.result.suggestions if keys[s.id] == key), None)

    @property
    def keys(self) -> dict[str, str]:
        """What decisions on each suggestion stand under, by its id."""
        return keys_of(self.result, self.states, self.orphans)

    @property
    def visits(self) -> dict[str, EncounterSummary]:
        """The visits by their ids, which number them anew at each screening."""
        return {e.id: e for e in self.result.encounters}


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
    """Put decisions where they belong after a new screening: by the suggestion's id where that is the same visit still, else
    by date of service and code. Returns them keyed by the suggestion's id of today, and those that no suggestion of today
    answers to, or more than one: a decision on one visit must never stand at another."""
    visits = {e.id: e for e in result.encounters}
    today = {s.id: s for s in result.suggestions}
    by_visit: dict[tuple[Any, Any], list[str]] = defaultdict(list)
    for s in result.suggestions:
        visit = visits.get(s.encounter)
        by_visit[visit.date_of_service if visit else None, s.icd10 or s.condition].append(s.id)
    placed = {
        k: state for k, state in states.items() if k in today and same_visit(_decided_at(state), visits.get(today[k].encounter))
    }
    orphans = []
    for key, state in states.items():
        if key in placed:
            continue
        if state.quote is not None or state.decision is None:
            orphans.append(state)
            continue
        before: Any = state.decision.snapshot
        suggested, encounter = before.get("suggestion", {}), before.get("encounter", {})
        homes = by_visit[encounter.get("date_of_service"), suggested.get("icd10") or suggested.get("condition")]
        homes = [home for home in homes if home not in placed]
        if len(homes) > 1:  # several records of one day
            homes = [home for home in homes if list(visits[today[home].encounter].pages) == encounter.get("pages")]
        if len(homes) == 1:
            placed[homes[0]] = state
        else:
            orphans.append(state)
    return placed, tuple(orphans)


def _decided_at(state: SuggestionState) -> Mapping[str, Any] | None:
    content: Any = state.decision.snapshot.get("encounter") if state.decision else None
    return content if isinstance(content, dict) else None


def same_visit(before: Mapping[str, Any] | None, visit: EncounterSummary | None) -> bool:
    """Whether a visit as it was seen (its ``date_of_service`` and ``pages``) is this one: by its date, or by its pages where it
    had none. Where one of the two is not known nothing says otherwise."""
    if before is None or visit is None:
        return True
    date: str | None = before.get("date_of_service")
    return bool(date == visit.date_of_service if date else before.get("pages") == list(visit.pages))


def keys_of(result: ChartResult, placed: Mapping[str, SuggestionState], orphans: Sequence[SuggestionState]) -> dict[str, str]:
    """What decisions on each suggestion of today stand under: where it was decided on before, the id that it had then; else
    its own, or one made from it where that of today was another visit's before."""
    taken = {state.suggestion_id for state in (*placed.values(), *orphans)}
    return {s.id: placed[s.id].suggestion_id if s.id in placed else free_key(s.id, taken) for s in result.suggestions}


def free_key(key: str, taken: Container[str]) -> str:
    """The key, or one made from it where it is another's."""
    return key if key not in taken else next(other for n in count(2) if (other := f"{key}@{n}") not in taken)
