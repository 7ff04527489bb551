"""Words that can prove a MEAT element, found in an encounter before anyone asks whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from hccassist.nlp.document import Document, Sentence
from hccassist.patterns import Seldom
from hccassist.schema import Element
from hccassist.terminology.groups import pattern_group, said, word_group
from hccassist.terminology.lexicon import EvidenceWord, Lexicon
from hccassist.written_dates import YEAR

SILENT_SECTIONS = frozenset({"allergies", "legal", "family_history", "education", "past_medications"})
"""Sections in which no word is evidence of the patient's care."""

_RESULT_KINDS = frozenset({"lab", "vital", "imaging", "test"})
_CARE = frozenset({"drug", "referral"})
"""What a sentence may say is not taken, or nobody is seen for."""
_JUDGEMENT = "judgement"
_MEASURED = frozenset({"lab", "vital"})
_DRUG = "drug"
_HOLDING = frozenset({"exam", "symptom", "vital", "lab", "monitor", "imaging", "test", _DRUG})
_DRUG_FORMS = word_group("drug_forms")
PLANNED = said("planned_test", behind="")
_CELL_GAP = "  "
_NOT_TOLERATED = Seldom(said("not_tolerated"))
_STOPPED = Seldom(said("not_taken"))
_NOT_BEHIND = said("not_taken_behind")
"""Behind these words a drug is not taken, nor a specialist seen; what stands before is: "metformin without side effects"."""
_ENDED_FOR = Seldom(said("ended", behind=rf"\b.{{0,30}}?\b(?:{pattern_group('ended_why')})\b"))
_BLAMED = Seldom(
    said(
        "blamed",
        before=r"(?<!benefit )(?<!relief )(?<!improvement )(?<!help )(?<!response )\b",
        behind=r" (?:(?:the|his|her|their|prior) )?$",
    )
)
_VALUE = re.compile(
    rf"(?<![\w./])(?!\d{{1,2}}/(?:\d{{1,2}}/\d\d|{YEAR})|{YEAR}\b)\d+(?:[./]\d+)*(?![\w/])"
    rf"(?![ -]?(?:{pattern_group('not_a_result')})\b)",
    re.IGNORECASE,
)
"""A number that may be a result: not the one in "A1c" or "in 3 months", and no date or dose."""
_TITLED = re.compile(r"\b(?:Mrs?|Ms|Miss|Dr)\b\.? (?:[A-Z][\w'.-]* ){0,2}$")
_TITLE_REACH = 40
_CLAUSE_ENDS = frozenset(", . ; : / ) and or but at since for".split())
_PRESSURE = "BP"
_BEFORE_VITALS = frozenset({"vs", "vital", "vitals"})
_SYSTOLIC, _DIASTOLIC = range(70, 261), range(30, 151)
_NO_PRESSURE = frozenset("/ % mg mcg unit units x inhaler puff puffs".split())
_MOST_SENTENCES = 1024
"""As many as a record has: each is asked about for every condition of the record."""


@lru_cache(maxsize=_MOST_SENTENCES)
def is_planned(text: str) -> bool:
    """Whether a sentence speaks of a test to come."""
    return bool(PLANNED.search(text))


@lru_cache(maxsize=_MOST_SENTENCES)
def _holds_value(text: str) -> bool:
    return bool(_VALUE.search(text))


@lru_cache(maxsize=_MOST_SENTENCES)
def says_stopped(text: str) -> bool:
    """Whether a sentence says that something is no longer, or never was, taken."""
    return bool(_STOPPED.search(text) or _NOT_BEHIND.search(text))


def says_ended(text: str) -> bool:
    """Whether a sentence says that a treatment was stopped, and why."""
    return bool(_ENDED_FOR.search(text))


class Item(NamedTuple):
    """An evidence word in place: tokens [i, j) of sentence ``sentence``, what it is and the MEAT letters it proves here."""

    sentence: int
    i: int
    j: int
    word: EvidenceWord
    elements: tuple[Element, ...]

    @property
    def generic(self) -> bool:
        return not self.word.conditions

    @property
    def judges_any(self) -> bool:
        """Whether it judges whatever condition it is said of: "improving"."""
        return self.generic and self.word.kind == _JUDGEMENT


def _elements(word: EvidenceWord, sentence_text: str) -> tuple[Element, ...]:
    """The letters of a word in its sentence: a test that is ordered monitors, a test that is reported evaluates."""
    if word.kind in _RESULT_KINDS:
        planned, valued = is_planned(sentence_text), _holds_value(sentence_text)
        if planned and not valued:
            return ("M",)
        if planned:
            return ("E", "M")
    return word.elements


def is_refused(text: str, start: int, end: int) -> bool:
    """Whether a sentence says that what it names is not tolerated: an allergy is no treatment."""
    return bool(_NOT_TOLERATED.search(text, start, end))


def is_stopped(text: str, start: int, low: int, high: int, end: int) -> bool:
    """Whether the clause of a drug says that it is not taken: "Oxbryta stopped, on Adakveo" stops one of the two."""
    clause_start = max(text.rfind(mark, start, low) for mark in ",;") + 1 or start
    ends = [at for mark in ",;" if (at := text.find(mark, high, end)) >= 0]
    return bool(_STOPPED.search(text, clause_start, min(ends, default=end)) or _NOT_BEHIND.search(text, clause_start, low))


def is_blamed(text: str, start: int, low: int) -> bool:
    """Whether the words before a drug blame it: "hypothyroidism from lithium" tells no treatment of what lithium is for."""
    return bool(_BLAMED.search(text, start, low))


def _is_not_had(norms: Sequence[str], i: int, end: int, stop: int) -> bool:
    """Whether a drug is denied by the word before it: "no inhalers", not "no metformin side effects"."""
    return norms[i - 1 : i] == ["no"] and (end >= stop or norms[end] in _CLAUSE_ENDS)


def detect(document: Document, lexicon: Lexicon) -> list[Item]:
    """Every evidence word of the document, longest match first, outside the sections that prove nothing."""
    items: list[Item] = []
    for number, starting in lexicon.evidence.within(document.tokens, document.sentences):
        sentence = document.sentences[number]
        if sentence.section in SILENT_SECTIONS:
            continue
        words, taken = document.said(sentence), sentence.i
        for i, hits in starting:
            if i < taken:
                continue
            for j, values in reversed(hits):
                found = _meant(values, document, i, j)
                if found and not _is_label(document, sentence, i, j, found) and not _is_surname(document, i):
                    asked = any(v.kind in _CARE for v in found)
                    said_taken = asked and _is_taken(document, sentence, i, j)
                    found = [v for v in found if v.kind not in _CARE or said_taken]
                    items += [Item(number, i, j, v, _elements(v, words)) for v in found]
                    items += _inside(document, lexicon, number, i, j, found)
                    taken = j
                    break
        if (at := _bare_pressure(document.tokens.norms, sentence)) is not None:
            items += [Item(number, at, at + 3, v, _elements(v, words)) for v in _named_pressure(lexicon)]
    return items


def _bare_pressure(norms: Sequence[str], sentence: Sentence) -> int | None:
    """The token at which a sentence gives a blood pressure without naming it, as quick examinations begin ("138/76, 72, 98 %",
    "VS 134/84"); None where none does."""
    at = sentence.i + (norms[sentence.i] in _BEFORE_VITALS)
    if at + 2 >= sentence.j or norms[at + 1] != "/" or not (norms[at].isdigit() and norms[at + 2].isdigit()):
        return None
    behind = norms[at + 3] if at + 3 < sentence.j else ""
    high, low = int(norms[at]), int(norms[at + 2])
    measured = high in _SYSTOLIC and low in _DIASTOLIC and low < high and behind not in _NO_PRESSURE
    return at if measured else None


def _named_pressure(lexicon: Lexicon) -> list[EvidenceWord]:
    """What a blood pressure that is called so speaks for."""
    name = lexicon.normalizer.tokens(_PRESSURE, 0, len(_PRESSURE))
    return [v for _, hits in lexicon.evidence.starting(name, 0, 1) for _, values in hits for v in values if v.cased]


def _meant(values: list[EvidenceWord], document: Document, i: int, j: int) -> list[EvidenceWord]:
    """What tokens [i, j) mean as they are written: something specific, else what speaks for any condition; a judgement is both,
    for "improving" is said of an ulcer and of anything else."""
    kept = [v for v in values if not v.cased or document.written(i, j) == v.written]
    return [v for v in kept if v.conditions or v.kind == _JUDGEMENT] or kept


def _is_label(document: Document, sentence: Sentence, i: int, j: int, words: list[EvidenceWord]) -> bool:
    """Whether words that judge any condition only head a list: "Chronic: hypertension, gout"."""
    label = i == sentence.i and document.tokens.norms[j : j + 1] == [":"]
    return label and all(not word.conditions and word.kind == _JUDGEMENT for word in words)


def _is_surname(document: Document, i: int) -> bool:
    """Whether the word at token ``i`` is somebody's name: "Mr. Leon Walker" has no walker."""
    start = document.tokens.starts[i]
    return document.text[start].isupper() and bool(_TITLED.search(document.text, max(start - _TITLE_REACH, 0), start))


def _is_taken(document: Document, sentence: Sentence, i: int, j: int) -> bool:
    """Whether its sentence leaves a drug at tokens [i, j) a treatment: not denied, refused, stopped or blamed for something."""
    text, low, high = document.text, document.tokens.starts[i], document.tokens.ends[j - 1]
    # "Gout  yes  no  allopurinol": the answer in the cell before denies no drug.
    if _is_not_had(document.tokens.norms, i, j, sentence.j) and _CELL_GAP not in text[document.tokens.ends[i - 1] : low]:
        return False
    if is_refused(text, sentence.start, sentence.end) or is_blamed(text, sentence.start, low):
        return False
    return not is_stopped(text, sentence.start, low, high, sentence.end)


def _inside(document: Document, lexicon: Lexicon, number: int, i: int, end: int, longest: list[EvidenceWord]) -> list[Item]:
    """The findings and values that a longer one holds: "fine crackles" speak for what "crackles" speak for too, "BMI 14.8" for
    what "BMI" does. A longer drug is another one or another use of it, unless it only adds a form or a dose ("Depakote ER");
    and "Hgb A1c" is no Hgb."""
    if end - i < 2 or not (kinds := {v.kind for v in longest} & _HOLDING):
        return []
    found: list[Item] = []
    sentence, known = document.sentences[number], {c for v in longest for c in v.conditions}
    for k, hits in lexicon.evidence.starting(document.tokens, i, end):
        for stop, values in hits:
            if (k, stop) == (i, end):
                continue
            more = document.tokens.norms[stop:end]
            measured = bool(more) and more[0].isalpha()
            a_form = k == i and all(word in _DRUG_FORMS or word[0].isdigit() for word in more)
            for value in values:
                other = measured and value.kind in _MEASURED
                other = other or (value.kind == _DRUG and not a_form)
                if value.kind in kinds and not other and not value.cased and not value.conditions <= known:
                    text = document.said(sentence)
                    found.append(Item(number, k, stop, value, _elements(value, text)))
    return found


def support_of(items: list[Item]) -> Callable[[str], int]:
    """For a condition the number of different specific words that speak for it. Few are ever asked for."""

    @cache
    def support(condition: str) -> int:
        return len({item.word.written for item in items if condition in item.word.conditions})

    return support
