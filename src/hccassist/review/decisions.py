"""What a coder can decide, and what a row of decisions amounts to. Pure: no database, no clock.

A decision is an event. Nothing is overwritten: the state of a suggestion is ``fold`` over its events in their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from hccassist.schema import Element

DecisionKind = Literal["accept", "reject", "change", "query", "escalate", "add"]
ActionKind = Literal[
    "accept", "reject", "change", "query", "escalate", "add", "amend", "undo", "strike", "unstrike", "evidence", "second",
    "take_over",
]  # fmt: skip
DECISION_KINDS: frozenset[str] = frozenset(get_args(DecisionKind))
WHOLE_CHART = "chart"
"""What a take-over stands under in the record: it is about no suggestion."""
RECORDED_ELSEWHERE: dict[ActionKind, str] = {
    "second": "A second review is recorded from its sample.",
    "take_over": "A chart is taken over by its own command.",
}
"""Kinds of events that say something of a decision or a chart and decide nothing, and what somebody is told who sends one
as a decision."""
ACTION_KINDS: frozenset[str] = frozenset(get_args(ActionKind))
ACCEPTED: frozenset[str] = frozenset({"accept", "change", "add"})
"""The decisions that make a code reportable: accepted as suggested, changed to another code, or added by the coder."""

REJECT_REASONS: dict[str, str] = {
    "no_meat": "No MEAT",
    "not_current": "Not current",
    "wrong_patient": "Wrong patient",
    "uncertain": "Uncertain",
    "history_of": "History of",
    "wrong_code": "Wrong code",
    "duplicate": "Duplicate",
    "invalid_record": "Invalid record",
    "other": "Other",
}
"""Why a suggestion was refused, in the words of the trade, in the order of their number keys."""


class DecisionError(ValueError):
    """An action that cannot be recorded. The message is one plain sentence, free of chart text."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the chart that a decision points at; ``element`` is None for words that name a condition."""

    start: int
    end: int
    text: str
    page: int
    element: Element | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A code a coder chose, as it was shown to them: ``hcc`` is the text of its categories, empty for none."""

    icd10: str
    description: str = ""
    hcc: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What a coder asks to be recorded. ``action_id`` is made where they clicked: sent twice, it is recorded once.

    ``seen`` is the last event about this suggestion they had on screen; a later one by somebody else refuses the
    action. ``target`` is the decision that an undo takes back, or that a second review judged anew with ``verdict``."""

    action_id: str
    kind: ActionKind
    suggestion_id: str
    code: Code | None = None
    reason: str | None = None
    rationale: str | None = None
    quote: Quote | None = None
    encounter: str | None = None
    target: int | None = None
    seen: int | None = None
    verdict: DecisionKind | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded action; ``snapshot`` is what it rested on (``snapshot.snapshot``: file, suggestion, encounter, versions)."""

    seq: int
    at: str
    who: str
    chart_id: int
    chart_sha256: str
    action: Action
    snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in force, with the amendments made to it since."""

    kind: DecisionKind
    seq: int
    who: str
    at: str
    code: Code | None
    reason: str | None
    rationale: str | None
    snapshot: dict[str, Any]

    @property
    def suggestion(self) -> dict[str, Any]:
        """The suggestion as it stood on the screen; empty where there was none."""
        return self.snapshot.get("suggestion") or {}

    @property
    def encounter(self) -> dict[str, Any]:
        """The visit as it stood on the screen; empty where there was none."""
        return self.snapshot.get("encounter") or {}

    @property
    def chosen(self) -> Code | None:
        """The code that the coder put in place of the suggested one, or added."""
        return None if self.kind == "accept" else self.code

    @property
    def icd10(self) -> str:
        """The code that it is about: the chosen one, else the suggested; blank where there is neither."""
        return self.chosen.icd10 if self.chosen else self.suggestion.get("icd10") or ""

    @property
    def description(self) -> str:
        """The title of ``icd10``, as it was shown."""
        return self.chosen.description if self.chosen else self.suggestion.get("description") or ""


@dataclass(frozen=True, slots=True)
class SuggestionState:
    """What the events about one suggestion amount to. ``struck`` holds (element, start, end), element None for a
    mention."""

    suggestion_id: str
    decision: Decision | None = None
    struck: frozenset[tuple[str | None, int, int]] = frozenset()
    evidence: tuple[Quote, ...] = ()
    quote: Quote | None = None
    encounter: str | None = None
    last_seq: int = 0
    last_who: str = ""

    @property
    def accepted(self) -> bool:
        """Whether a person made this a reportable code."""
        return self.decision is not None and self.decision.kind in ACCEPTED


def check(action: Action) -> None:
    """Raise DecisionError where an action is not complete enough to stand in the record."""
    if not action.action_id or not action.suggestion_id:
        raise DecisionError("The action names no suggestion.")
    if action.kind not in ACTION_KINDS:
        raise DecisionError("This is not something that can be recorded.")
    if action.reason is not None and action.reason not in REJECT_REASONS:
        raise DecisionError("This is not one of the reasons for a rejection.")
    if action.kind in {"change", "add"} and (action.code is None or not action.code.icd10):
        raise DecisionError("Choose a code first.")
    if action.kind in {"add", "strike", "unstrike", "evidence"} and action.quote is None:
        raise DecisionError("Select the words in the chart first.")
    if action.kind == "evidence" and action.quote is not None and action.quote.element is None:
        raise DecisionError("Say which MEAT letter the words stand for.")
    if action.kind == "undo" and action.target is None:
        raise DecisionError("The undo names no decision.")
    if action.kind == "second" and (action.target is None or action.verdict not in DECISION_KINDS):
        raise DecisionError("The second review names no decision, or none of its own.")
    if action.verdict == "change" and (action.code is None or not action.code.icd10):
        raise DecisionError("Choose a code first.")


def fold(suggestion_id: str, events: Iterable[Event]) -> SuggestionState:
    """The state that events (in the order of their numbers) leave: the last decision that was not taken back, with its
    amendments, and the evidence struck or added. A second review or a take-over changes nothing of it."""
    state = SuggestionState(suggestion_id)
    standing: list[Decision] = []
    for event in events:
        action = event.action
        if action.kind in RECORDED_ELSEWHERE:
            continue
        if action.kind == "undo":
            standing = [d for d in standing if d.seq != action.target]
        elif action.kind == "amend":
            if standing:
                standing[-1] = _amended(standing[-1], action)
        elif action.kind in DECISION_KINDS:
            standing.append(_decision(event))
            if action.kind == "add":
                state = replace(state, quote=action.quote, encounter=action.encounter)
        else:
            state = _evidence(state, action)
        state = replace(state, last_seq=event.seq, last_who=event.who)
    return replace(state, decision=standing[-1] if standing else None)


def second_decision(event: Event) -> Decision:
    """What a second review decided, in the shape of a first decision."""
    return _decision(replace(event, action=replace(event.action, kind=event.action.verdict or "escalate")))


def decision_at(seq: int, events: Iterable[Event]) -> Decision | None:
    """The decision that an event made, with the amendments made to it, whatever was decided later. ``events`` are those
    about one suggestion, in the order of their numbers."""
    later = [e for e in events if e.seq >= seq]
    own = [e for e in later[:1] if e.action.kind in DECISION_KINDS]
    for event in later[1:]:
        if event.action.kind in DECISION_KINDS or event.action.kind == "undo":
            break
        own.append(event)
    return fold("", own).decision


def _decision(event: Event) -> Decision:
    action = event.action
    kind: DecisionKind = action.kind  # type: ignore[assignment]  # the caller asked DECISION_KINDS
    return Decision(kind, event.seq, event.who, event.at, action.code, action.reason, action.rationale, event.snapshot)


def _amended(decision: Decision, action: Action) -> Decision:
    return replace(
        decision,
        reason=decision.reason if action.reason is None else action.reason,
        rationale=decision.rationale if action.rationale is None else action.rationale,
    )


def _evidence(state: SuggestionState, action: Action) -> SuggestionState:
    quote = action.quote
    if quote is None:
        return state
    key = (quote.element, quote.start, quote.end)
    if action.kind == "strike":
        return replace(state, struck=state.struck | {key})
    if action.kind == "unstrike":
        return replace(state, struck=state.struck - {key})
    if quote in state.evidence:
        return state
    return replace(state, evidence=(*state.evidence, quote))
