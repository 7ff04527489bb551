"""The status that counts for a condition where the mentions of an encounter differ."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hccassist.nlp.mentions import NAME_OF_A_CLINIC, ONLY_ITS_PHASE
from hccassist.nlp.sections import CONCLUSIONS, LISTS
from hccassist.nlp.status import ONLY_AS_CAUSE
from hccassist.schema import Mention, Status
from hccassist.terminology.groups import pattern_group

_NARRATIVE = frozenset({"hpi", "chief_complaint", "start", "results"})
_RULED_OUT = re.compile(pattern_group("ruled_out"))
_UNDOES = re.compile(pattern_group("undone_cue"))
_ENDED = re.compile(pattern_group("ended_cue"))
_ITS_SIGNS = re.compile(r"\bsigns?\b")
_KINDS = ("site=", "organ=", "with=", "manifestation=")
_SAYS_NOTHING_OF_IT = frozenset({ONLY_ITS_PHASE, NAME_OF_A_CLINIC, f"“{ONLY_AS_CAUSE}”"})
_STRONGEST: tuple[Status, ...] = ("uncertain", "history", "negated", "hypothetical", "family")
"""Of statuses that are not present the one that counts, the first that is told."""


def overall_status(mentions: Sequence[Mention], course: str = "") -> Status:
    """The status that counts among ``mentions`` of one condition of an encounter, at least one.

    Present anywhere means present, unless the note takes it back (guideline IV.J: conditions that exist at the visit): see
    ``_taken_back``. ``course``: of the condition; where it is lifelong, a doubt may be of its kind alone.
    """
    if course == "lifelong":
        mentions = _without_denied_signs(_without_doubted_kinds(mentions))
    mentions = [m for m in mentions if _SAYS_NOTHING_OF_IT.isdisjoint(m.cues)] or mentions
    statuses = {m.status for m in mentions}
    if len(statuses) == 1:
        return next(iter(statuses))
    if "active" in statuses:
        return _taken_back(mentions, course == "status") or "active"
    return next(s for s in _STRONGEST if s in statuses)


def _taken_back(mentions: Sequence[Mention], state: bool) -> Status | None:
    """What becomes of a condition that some mention tells as present, if the note takes that back: a later mention is ruled out
    outright, or the conclusion (assessment, hospital course) denies or doubts what only the narrative said, denies what only
    the problem list carried along, says that it is over, or doubts it where it first names it. A ``state`` is over that is
    undone behind all that tells it: "LVAD 2017, LVAD explanted 2019". None: it is present."""
    last = max(m.start for m in mentions if m.status == "active")
    if state and any(m.status == "history" and m.start > last and _UNDOES.search(" ".join(m.cues)) for m in mentions):
        return "history"
    if any(m.status == "negated" and m.start > last and _RULED_OUT.search(" ".join(m.cues)) for m in mentions):
        return "negated"
    concluding = [m for m in mentions if m.section in CONCLUSIONS]
    concluded = {m.status for m in concluding}
    told = {m.section for m in mentions if m.status == "active"}
    if "active" not in concluded and told <= _NARRATIVE and concluded & {"negated", "uncertain"}:
        return "negated" if "negated" in concluded else "uncertain"
    if "active" not in concluded and told <= {*_NARRATIVE, "problem_list"} and "negated" in concluded:
        return "negated"
    ended = any(_ENDED.search(" ".join(m.cues)) for m in concluding)
    if ended and concluded == {"history"} and told <= _NARRATIVE | LISTS:
        return "history"
    first = min(concluding, key=lambda m: m.start, default=None)
    return "uncertain" if first and first.status == "uncertain" and told <= CONCLUSIONS else None


def _without_denied_signs(mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Without mentions that deny the signs of what is told as present: "history of CHF ... no sign of heart failure today"."""
    if not any(m.status == "active" for m in mentions):
        return mentions
    return [m for m in mentions if m.status != "negated" or not any(_ITS_SIGNS.search(c) for c in m.cues)]


def _without_doubted_kinds(mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Without mentions that doubt only a kind of what is told as present: "history of sarcoidosis ... sarcoid arthropathy was
    considered"."""
    told = {a for m in mentions if m.status == "active" for a in m.attributes}
    if not any(m.status == "active" for m in mentions):
        return mentions
    return [m for m in mentions if m.status != "uncertain" or not any(a.startswith(_KINDS) for a in {*m.attributes} - told)]
