"""What a coder reads beside an evidence word: a measurement's value, unit, flag and date; a drug's dose and what is done with
it. Only what is written in the word's own sentence."""

from __future__ import annotations

import re

from hccassist.evidence.detect import Item, says_stopped
from hccassist.nlp.document import Document
from hccassist.patterns import Patterns
from hccassist.terminology.groups import pattern_group, sayings
from hccassist.written_dates import YEAR

_MEASURED = frozenset({"lab", "vital", "test", "imaging", "monitor"})
_REACH = 45
_BEFORE = 70
_VALUE = re.compile(
    r"^[^\d;.\n]{0,28}?"
    rf"(?P<value>[<>]? ?-?(?!\d{{1,2}}/{YEAR}\b)\d{{1,4}}(?:\.\d+)?(?: ?(?:/|-|–|to) ?\d{{1,4}}(?:\.\d+)?)?)(?![/\d]|\.\d)"
    rf"(?! ?-?(?:{pattern_group('time_unit')})\b)(?: ?(?P<unit>{pattern_group('unit')})(?![a-z]))?"
)
"""No span of time is a value ("repeat A1c in 3 months"), nor a month ("eye exam 01/2025")."""
_YEAR = re.compile(YEAR)
_WITH_YEARS = frozenset({"test", "imaging"})
"""What is dated by a bare year ("DEXA 2025") and has no value of four digits."""
_NEXT = re.compile(r"[;\n]|, (?=[A-Z])|(?:,| and) (?=[a-z][\w -]{0,25} (?:of |was |is |at )?\d)(?![a-z ]+\d+[/-]\d)")
"""Where the next measurement begins: its value and flag are not this one's."""
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}/\d{{1,2}}/(?:{YEAR}|\d\d)|\d{{1,2}}/{YEAR}|{YEAR}-\d\d-\d\d"
    r"|(?:in |on )?(?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{1,2})?"
    rf"(?:,? {YEAR})?|today|yesterday|last (?:week|month|year|visit))\b"
)
_FLAGS = sayings("flag_", behind=r"\b(?!-)")
"""Not the beginning of a compound: "a low-salt diet"."""
_DOSE = re.compile(
    r"^(?:(?!\band\b)[^\d;.,\n]|,(?= ?\d)){0,20}?"
    rf"(?P<dose>\d+(?:\.\d+)?(?:[/-]\d+(?:\.\d+)?)? ?(?:{pattern_group('dose_unit')})\b"
    rf"(?:[ ,]*(?:once|twice|three times)?[ ,]*(?:{pattern_group('how_often')}))?)",
    re.IGNORECASE,
)
_TAKEN = "taken"
_ACTIONS = sayings("act_")
_FLAG_PATTERNS = Patterns(pattern.pattern for _, pattern in _FLAGS)
_ACTION_PATTERNS = Patterns(pattern.pattern for _, pattern in _ACTIONS)


def fact_of(document: Document, item: Item) -> str:
    """The fact as one short phrase ("8.2 %, high, 03/2021"; "increased, 40 mg daily"); blank where none is written."""
    sentence, tokens = document.sentences[item.sentence], document.tokens
    start, end = tokens.starts[item.i], tokens.ends[item.j - 1]
    behind = document.text[end : min(end + _REACH, sentence.end)]
    if item.word.kind == "drug":
        if says_stopped(item.word.written):
            # "Stay on losartan, avoid NSAIDs": what is avoided goes on being avoided, not taken.
            return ""
        return _drug(document.text[max(sentence.start, start - _BEFORE) : start], behind)
    if item.word.kind in _MEASURED:
        value = _VALUE.match(behind)
        dated = value and item.word.kind in _WITH_YEARS and _YEAR.fullmatch(value["value"].strip())
        return _measurement(None if dated else value, document.text[start : sentence.end])
    return ""


def _drug(before: str, behind: str) -> str:
    clause = re.split(r"[;.]|, (?=\w+ (?:on|with))", before)[-1]
    # "Started on": the act says more than that it is taken.
    acts = map(_ACTIONS.__getitem__, _ACTION_PATTERNS.possible(clause))
    found = [((name != _TAKEN, m.end()), name) for name, pattern in acts for m in pattern.finditer(clause)]
    dose = _DOSE.match(behind)
    return ", ".join([*([max(found)[1]] if found else []), *([dose["dose"]] if dose else [])])


def _measurement(value: re.Match[str] | None, said: str) -> str:
    clause = _NEXT.split(said)[0]
    parts = [" ".join(filter(None, (value["value"].strip(), value["unit"])))] if value else []
    parts += [_FLAGS[number][0] for number in _FLAG_PATTERNS.matching(clause)][:1]
    date = _DATE.search(clause)
    return ", ".join([*parts, *([date[0]] if date and parts else [])])
