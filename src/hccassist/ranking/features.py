"""What a candidate looks like, in numbers that mean something to a coder. The names are those of the training table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hccassist.schema import Encounter, Evidence, Mention, Status

PLAN = frozenset({"assessment_plan", "hospital_course"})
LISTS = frozenset({"pmh", "psh", "problem_list"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A condition of one encounter, coded, before anyone says how likely it is. ``mentions`` of every status; ``status``
    is the one that counts; ``weak``: all its wordings name it only loosely; ``excluded_by``: the code beside it that an
    Excludes1 note keeps it from being reported with; ``passing``: of weeks or months, and not called chronic or recurrent."""

    encounter: Encounter
    condition: str
    icd10: str
    alternatives: tuple[str, ...]
    status: Status
    mentions: tuple[Mention, ...]
    evidence: tuple[Evidence, ...]
    course: str
    pays: bool
    weak: bool
    combined: bool
    decided: tuple[str, ...]
    excluded_by: str = ""
    passing: bool = False


FEATURES: dict[str, tuple[str, str]] = {
    # name: (what a coder reads when it raised the confidence, when it lowered it)
    "active": ("stated as present", "not stated as present"),
    "in_plan": ("named in the assessment and plan", "not named in the assessment and plan"),
    "in_hpi": ("named in the history of present illness", "not in the history of present illness"),
    "only_list": ("stands in a history or problem list only", "named outside history and problem lists"),
    "ros": ("named in a review of systems", "not only in a review of systems"),
    "mentions": ("named more than once", "named once"),
    "agreement": ("every mention agrees", "mentions disagree (denied, past or uncertain elsewhere)"),
    "ambiguous": ("the abbreviation is settled by context", "the abbreviation has other meanings"),
    "weak": ("worded exactly", "worded loosely"),
    "exact_title": ("worded as the code's own title", "not the code's own title"),
    "long_name": ("written out", "written as a short form"),
    "letters": ("several MEAT elements", "few MEAT elements"),
    "strength": ("evidence in its own sentence or plan", "evidence tied only loosely"),
    "treated": ("a treatment known for it", "no treatment known for it"),
    "tested": ("a test or finding known for it", "no test or finding known for it"),
    "spans": ("much evidence", "little evidence"),
    "pays": ("a payment category", "no payment category"),
    "acute": ("an acute event, described", "an acute event: it counts only in its episode"),
    "cancer": ("a cancer under treatment", "a cancer: active only while present or treated"),
    "curable": ("a condition that may be over", "a condition that may be over"),
    "state": ("a lasting state", "a lasting state"),
    "combined": ("follows from two documented conditions", "documented itself"),
    "past_cue": ("no words of the past around it", "words of the past around it"),
}


def features(candidate: Candidate) -> dict[str, float]:
    """The numbers of ``FEATURES`` for one candidate, each between 0 and about 1."""
    mentions, evidence = candidate.mentions, candidate.evidence
    mine: Sequence[Mention] = [m for m in mentions if m.status == candidate.status] or mentions
    sections = {m.section for m in mine}
    letters = {e.element for e in evidence}
    kinds = {e.kind for e in evidence}
    return {
        "active": float(candidate.status == "active"),
        "in_plan": float(bool(sections & PLAN)),
        "in_hpi": float("hpi" in sections or "chief_complaint" in sections or "start" in sections),
        "only_list": float(bool(sections) and sections <= LISTS),
        "ros": float(bool(sections) and sections <= {"ros"}),
        "mentions": min(len(mine), 4) / 4,
        "agreement": len(mine) / max(len(mentions), 1),
        "ambiguous": float(any(m.ambiguous for m in mine)),
        "weak": float(candidate.weak),
        "exact_title": float(any(m.code == candidate.icd10 for m in mine)),
        "long_name": min(max((m.end - m.start for m in mine), default=0), 24) / 24,
        "letters": len(letters) / 4,
        "strength": max((e.strength for e in evidence), default=0.0),
        "treated": float(bool(kinds & {"drug", "procedure", "therapy", "device"})),
        "tested": float(bool(kinds & {"lab", "test", "imaging", "exam", "vital"})),
        "spans": min(len({(e.start, e.end) for e in evidence}), 8) / 8,
        "pays": float(candidate.pays),
        "acute": float(candidate.course == "acute"),
        "cancer": float(candidate.course == "cancer"),
        "curable": float(candidate.course in ("curable", "passing")),
        "state": float(candidate.course == "status"),
        "combined": float(candidate.combined),
        "past_cue": float(any("history" in c or "past" in c for m in mine for c in m.cues)),
    }
