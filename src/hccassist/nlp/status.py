"""Whether the patient has it now: ConText (Harkema et al. 2009) with sections, check boxes and a condition's course.

The rules are data (``context.csv``): a phrase, its category, its direction, its reach. The algorithm is ConText's as
medSpaCy implements it: a cue modifies the conditions in its direction within the sentence, up to a terminating phrase; the
longest phrase wins, so "no change in" (a pseudo-cue) hides "no". It is our own because only sentences with a condition need
it and medSpaCy's costs more than all else here together (docs/architecture.md has the measurement).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hccassist.nlp.document import Document, Sentence
from hccassist.schema import Status
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.rows import Condition, ContextRow

_UNCHECKED = re.compile(r"(?:\[\s?\]|☐|□|\(\s\)|__+)\s*$")
_CHECKED = re.compile(r"(?:\[\s?[xX✓✔]\s?\]|☑|☒|✓|✔|\([xX]\))\s*$")
_UNCHECKED_AFTER = re.compile(r"^\s*(?:\[\s?\]|☐|□|\(\s\))")
_ANSWER_NO = re.compile(r"^\s*(?::|\?|-|=)?\s*(?:\bno\b|\bnone\b|\bneg(?:ative)?\b|\bN\b|\bdenies\b|\bdenied\b|\(-\)|\bnever\b|\babsent\b)(?!\s*(?:change|new|recent|longer|issues|flare))", re.IGNORECASE)
_ANSWER_YES = re.compile(r"^\s*(?::|\?|=)\s*(?:yes|y|positive|present|\+)\b", re.IGNORECASE)
_QUESTION_BEFORE = re.compile(r"\?\s?$")
_QUESTION_AFTER = re.compile(r"^\s?\?(?!\s*(?:yes|y\b))")
_MINUS_BEFORE = re.compile(r"(?:^|[\s,;(])(?:\(-\)|-|–|∅|Ø|0)\s?$")
_REACH = 14
_ADJACENT = 2

_DROPPED_SECTIONS = frozenset({"allergies", "legal"})
_SECTION_STATUS: dict[str, Status] = {
    "family_history": "family",
    "education": "hypothetical",
    "screening": "hypothetical",
    "instructions": "hypothetical",
}
_PAST_SECTIONS = frozenset({"pmh", "psh"})
_OPEN_COURSES = frozenset({"lifelong", "status"})
_RANK: dict[str, int] = {"family": 5, "negated": 4, "hypothetical": 3, "uncertain": 2, "history": 1}


@dataclass(frozen=True, slots=True)
class Cue:
    """A ConText phrase found in a sentence: tokens [i, j) and its rules."""

    i: int
    j: int
    rules: tuple[ContextRow, ...]


@dataclass(frozen=True, slots=True)
class Assertion:
    """A status and the words or rules that decided it, strongest first."""

    status: Status
    cues: tuple[str, ...]


def cues_of(document: Document, sentence: Sentence, lexicon: Lexicon) -> tuple[Cue, ...]:
    """All context phrases of a sentence, longest first at each place."""
    found = lexicon.context.find(document.tokens, sentence.i, sentence.j)
    return tuple(Cue(i, j, tuple(rules)) for i, j, rules in found)


def _terminated(category: str, low: int, high: int, cues: tuple[Cue, ...], document: Document) -> bool:
    """Whether a phrase between tokens ``low`` and ``high`` ends the scope. One that touches the cue belongs to it
    ("denies any history of"), unless a comma stands between."""
    norms = document.tokens.norms
    if ";" in norms[low:high]:
        return True
    for cue in cues:
        if low <= cue.i and cue.j <= high and any(r.direction == "terminate" and r.category == category for r in cue.rules):
            touches = cue.i - low <= _ADJACENT and "," not in norms[low : cue.i]
            if not touches:
                return True
    return False


def _clause_ends(rule: ContextRow, between: list[str]) -> bool:
    """Whether a comma keeps a following cue from reaching back: "CKD 3a, likely from age" doubts the cause, not the disease.
    A denial with a verb of its own ("HTN, DM, CHF were ruled out") reaches back over a list."""
    return "," in between and (rule.category in ("hypothetical", "uncertain", "history") or " " not in rule.phrase)


def _in_scope(rule: ContextRow, cue: Cue, i: int, j: int, cues: tuple[Cue, ...], document: Document) -> bool:
    reach = rule.scope or _REACH * (3 if rule.category in ("negated", "family") else 1)
    if cue.j <= i and rule.direction in ("forward", "both"):
        return i - cue.j <= reach and not _terminated(rule.category, cue.j, i, cues, document)
    if cue.i >= j and rule.direction in ("backward", "both"):
        if _clause_ends(rule, document.tokens.norms[j : cue.i]):
            return False
        return cue.i - j <= min(reach, _REACH) and not _terminated(rule.category, j, cue.i, cues, document)
    return False


def _layout(document: Document, sentence: Sentence, start: int, end: int) -> Assertion | None:
    """Check boxes, yes/no answers, question and minus marks around the words."""
    text = document.text
    before, after = text[max(sentence.start - 6, start - 8, 0) : start], text[end : min(end + 14, sentence.end)]
    if _CHECKED.search(before):
        return Assertion("active", ("checked box",))
    if _UNCHECKED.search(before) or _UNCHECKED_AFTER.match(after) and "[" not in text[sentence.start : start]:
        return Assertion("negated", ("box not checked",))
    if _ANSWER_YES.match(after):
        return Assertion("active", ("answered yes",))
    if _ANSWER_NO.match(after) and (after.lstrip()[:1] in ":?-=" or after.lstrip()[:3] in ("(-)",)):
        return Assertion("negated", ("answered no",))
    if _QUESTION_BEFORE.search(before) or _QUESTION_AFTER.match(after):
        return Assertion("uncertain", ("question mark",))
    if _MINUS_BEFORE.search(before) and sentence.section == "ros" and start - sentence.start > 2:
        return Assertion("negated", ("minus sign",))
    return None


def assert_status(
    document: Document,
    sentence: Sentence,
    cues: tuple[Cue, ...],
    i: int,
    j: int,
    condition: Condition,
    inpatient: bool,
    attributes: tuple[str, ...] = (),
) -> Assertion:
    """The status of the condition at tokens [i, j) of ``document`` in ``sentence``.

    Rules: ICD-10-CM guidelines IV.H (outpatient: uncertain is not coded), II.H (inpatient: coded as if present), I.C.2
    (cancer), I.C.9.d (stroke); "history of" a lifelong disease is that disease.
    """
    start, end = document.tokens.starts[i], document.tokens.ends[j - 1]
    if layout := _layout(document, sentence, start, end):
        return layout
    found: dict[str, str] = {}
    for cue in cues:
        if cue.i < j and i < cue.j:
            continue
        for rule in cue.rules:
            if rule.direction in ("terminate", "pseudo") or rule.category in ("none", "affirmed"):
                continue
            if _in_scope(rule, cue, i, j, cues, document):
                found.setdefault(rule.category, rule.phrase)
    resolved = found.pop("resolved", None)
    if resolved and condition.course != "status":
        found.setdefault("history", resolved)
    elif condition.course in _OPEN_COURSES:
        found.pop("history", None)
    if inpatient:
        found.pop("uncertain", None)
    if found:
        best = max(found, key=lambda c: _RANK[c])
        return Assertion(best, tuple(f"“{found[c]}”" for c in sorted(found, key=lambda c: -_RANK[c])))  # type: ignore[arg-type]
    if sentence.section in _SECTION_STATUS:
        return Assertion(_SECTION_STATUS[sentence.section], (f"stands under {sentence.section.replace('_', ' ')}",))
    if sentence.section in _PAST_SECTIONS and condition.course in ("cancer", "acute", "curable") and "status=current" not in attributes:
        return Assertion("history", ("listed as past history",))
    return Assertion("active", ())


def is_dropped(section: str) -> bool:
    """Sections whose words name no condition of the patient (allergies, legal and billing text)."""
    return section in _DROPPED_SECTIONS
