"""Which drugs are given now: named, not stopped, and not told as those of an earlier time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache

from hccassist.evidence.detect import Item
from hccassist.evidence.when import last_named_year
from hccassist.nlp.document import Document
from hccassist.terminology.groups import pattern_group, said
from hccassist.terminology.lexicon import Lexicon
from hccassist.written_dates import YEAR

_GIVEN_BEFORE = said("given_before", behind=rf"\b(?!.*\b(?:{pattern_group('still')})\b)")
_SPAN_BEFORE = said(
    "treatment_spans", before=r"\b(?:\d+|two|three|four|five|six|eight|ten|twelve) ?", behind=r" (?:of |course of )?$"
)
_NOT_GIVEN = said("not_given", behind=r" (?:(?!missed|issue|problem|trouble)\w+ )?$")
_OPERATED_THEN = said("operation", before=rf"\b{YEAR}\b(?!.*\b(?:now|current\w*|continu\w+|on|today)\b).*\b")
"""A year with an operation behind it: the drug that was given with it, "2011 TURBT + BCG"."""
_TREATED_THEN = said("had_treatment", behind=rf"\b[^.;]*\b{YEAR}\b(?!.*\b(?:now|current\w*|continu\w+|on|today|since)\b)")
"""A course of treatment with its year: the drug behind it is that of then, "had chemo in 2016, oxaliplatin"."""
_GIVEN_UNTIL = said("given_until")
_BLAMED = said("blamed", behind=r" (?:(?:the|her|his|their|prior) )?$")
"""A drug that is blamed ("neuropathy from the Taxol") is not thereby given."""
_HARMED_BY_IT = said("harm", before=r"[- ]?(?:induced|related|associated)?[- ]?(?:\w+ )?")
"""What a drug that is blamed did, behind its name: "oxaliplatin neuropathy"."""
_KINDS_OF_TREATMENT = said("kind_of_treatment", behind="")
_SAID_PAST = said("history_of", behind=rf"\b.*\b{YEAR}\b")
"""Behind it a kind of treatment without a name is that of then: "history of lymphoma, 1994, chemo and radiation"."""
_THEN_ENDED = said("then_ended", before="[,;] ")
_GIVEN_TODAY = said("given_today")
_IN_COURSES = said("course_drug")
"""A drug that is given in courses of weeks or months: with an earlier year it is that of then, "2014: colectomy, FOLFOX"."""
_NOW, _OVER, _SURELY_OVER, _LONG_AGO = said("present"), said("over"), said("surely_over"), said("long_ago")
_DOSED = re.compile(
    rf"\d ?(?:{pattern_group('dose_unit')})\b|\b(?:{pattern_group('how_often')}|{pattern_group('still')})\b", re.IGNORECASE
)
_OF_A_LIST = frozenset(", / + & and (".split())
_FOLLOWING = 2
"""So many sentences behind that of a drug may tell that what it treated is over."""
_CLAUSE_MARKS = ",;."
_MOST_TARGETS = 20


def given_now(
    document: Document, items: Sequence[Item], lexicon: Lexicon, this_year: int | None
) -> Callable[[str], frozenset[int]]:
    """For a condition the sentences in which a drug for it is given now: named, not stopped, not told as completed. A drug that
    goes with very many conditions (an antiemetic, a growth factor) treats none of them, unless all of them are cancers. Few
    conditions are ever asked for. ``this_year``: the encounter's, if known."""
    drugs = [item for item in items if item.word.kind == "drug"]

    def is_of_few(targets: Collection[str]) -> bool:
        return len(targets) <= _MOST_TARGETS or all(lexicon.conditions[c].course == "cancer" for c in targets)

    @cache
    def given(condition: str) -> frozenset[int]:
        mine = [item for item in drugs if condition in item.word.conditions and is_of_few(item.word.conditions)]
        cancer = lexicon.conditions[condition].course == "cancer"
        kept: set[int] = set()
        over: Item | None = None
        for item in sorted(mine, key=lambda item: -item.i):
            if _given_once(document, item, this_year) or (over and _is_listed_with(document, item, over)):
                over = item
            elif not _given_then(document, item, cancer, bool(over and over.sentence == item.sentence), this_year):
                kept.add(item.sentence)
        return frozenset(kept)

    return given


def _given_once(document: Document, item: Item, this_year: int | None) -> bool:
    """Whether the clause of a drug says that it is over: "completed 5 years of tamoxifen", "tamoxifen x 5 y"; not "on
    anastrozole until" a year that has not passed."""
    sentence, text = document.sentences[item.sentence], document.text
    start, end = document.tokens.starts[item.i], document.tokens.ends[item.j - 1]
    low = max([text.rfind(mark, sentence.start, start) + 1 for mark in _CLAUSE_MARKS] + [sentence.start])
    high = min([at for mark in _CLAUSE_MARKS if (at := text.find(mark, end, sentence.end)) >= 0] + [sentence.end])
    before = text[low:start]
    ended = _THEN_ENDED.match(text, high, sentence.end)
    to_come = this_year is not None and (last_named_year(text[end:high]) or 0) >= this_year
    goes_on = to_come or _GIVEN_TODAY.search(text, start, high)
    until = (ended or _GIVEN_UNTIL.search(text, end, high)) and not goes_on
    course = _TREATED_THEN.search(text, sentence.start, start)
    then = _KINDS_OF_TREATMENT.search(text, start, end) and _SAID_PAST.search(text, sentence.start, start)
    return bool(
        until
        or then
        or course
        or _HARMED_BY_IT.match(text, end, high)
        or any(past.search(before) for past in (_GIVEN_BEFORE, _SPAN_BEFORE, _BLAMED, _OPERATED_THEN, _NOT_GIVEN))
    )


def _is_listed_with(document: Document, item: Item, over: Item) -> bool:
    """Whether a drug is listed right before one that is over: "(bicalutamide, leuprolide) finished 2016"."""
    between = document.tokens.norms[item.j : over.i]
    return item.sentence == over.sentence and item.j <= over.i and _OF_A_LIST.issuperset(between)


def _given_then(document: Document, item: Item, cancer: bool, before_another: bool, this_year: int | None) -> bool:
    """Whether a drug that is given in courses is told with an earlier year and nothing of today. Of a cancer the words around
    must say that it is over, too, that the drug behind it was stopped ("AC-T, tamoxifen until 2015"), or that it was operated
    then ("2019: thyroidectomy, 2/6 nodes, RAI")."""
    sentences, text = document.sentences, document.text
    sentence = sentences[item.sentence]
    start, end = document.tokens.starts[item.i], document.tokens.ends[item.j - 1]
    if not _IN_COURSES.search(text, start, end) or _NOW.search(text, sentence.start, sentence.end):
        return False
    low = max([text.rfind(mark, sentence.start, start) + 1 for mark in _CLAUSE_MARKS] + [sentence.start])
    high = min([at for mark in _CLAUSE_MARKS if (at := text.find(mark, end, sentence.end)) >= 0] + [sentence.end])
    if _DOSED.search(text, low, high):
        return False
    told = text[sentence.start : sentence.end]
    year = last_named_year(told)
    if not (_LONG_AGO.search(told) or (year is not None and year < (this_year or year + 1))):
        return False
    if not cancer or before_another or _OPERATED_THEN.search(text, sentence.start, start) or _OVER.search(told):
        return True
    last = sentences[min(item.sentence + _FOLLOWING, len(sentences) - 1)]
    return bool(_SURELY_OVER.search(text, sentence.start, last.end))
