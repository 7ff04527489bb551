"""One encounter, as the settling of time and course looks at it: what stands around a mention, and when it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hccassist.evidence.when import last_named_year
from hccassist.nlp.document import Document
from hccassist.nlp.mentions import Located
from hccassist.patterns import Seldom
from hccassist.terminology.groups import said
from hccassist.written_dates import YEAR

_DISCHARGED = Seldom(said("discharged"))
_SUMMARY = said("stay_summary", "", "")
_TITLE_REACH = 500
_IN_THE_STAY = said("in_the_stay")
"""The words of a stay that is over: its acute events ("was hospitalized for sepsis") are past at the visit that follows it."""
_FOLLOW_UP = said("followed_up")
_APART = re.compile(r"[,;|]|\band\b|\s/\s")
REACH = 70
_FOLLOWING = 2
_NO_YEAR = 9999
"""Of an encounter without a year every year that is named is an earlier one."""
_RIGHT_BEHIND = 24
_YEAR_BEFORE = re.compile(rf"(?:\b{YEAR}|['’]\d\d) \([^()]{{0,12}}$")
"""A year before the parentheses in which a mention stands."""


@dataclass(frozen=True)
class Story:
    """What the settling of one encounter looks at. What few encounters need is looked up when it is asked for."""

    document: Document
    located: Sequence[Located]
    given: Callable[[str], frozenset[int]]
    """For a condition the sentences in which a drug for it is given now."""
    day: date | None
    """The first day of the encounter, where it is known."""
    this_year: int | None
    """The year of the encounter; where its day is not known the latest year of a full date in it, or None."""
    late_effects: bool
    """The encounter tells what a stroke left behind: the stroke is over (``evidence.sequelae``)."""
    cancers: frozenset[str]
    grafts: Sequence[tuple[Located, tuple[str, ...]]]
    """The transplants that the patient has, each with the codes of the diseases that leave with the organ it replaces."""
    inpatient: bool

    def around(self, m: Located) -> tuple[int, int]:
        """The sentence of a mention, and those that follow in its paragraph until another condition is named."""
        sentences = self.document.sentences
        first = sentences[m.sentence]
        taken = {o.sentence for o in self.located if o.mention.condition != m.mention.condition}
        last = first
        for following in sentences[m.sentence + 1 : m.sentence + 1 + _FOLLOWING]:
            number = m.sentence + 1 + (0 if last is first else 1)
            if following.paragraph != first.paragraph or following.section != first.section or number in taken:
                break
            last = following
        return first.start, last.end

    def treated(self, group: Sequence[Located]) -> set[int]:
        """The sentences in which a drug treats a cancer. A drug that is given for another cancer of the record too counts for
        the one beside which it stands, or right behind which where that sentence names nothing else; one that stands so beside
        another illness that it treats ("osteoporosis, on denosumab") is that one's."""
        mine = group[0].mention.condition
        taken = {m.sentence for m in self.located if m.mention.condition != mine}
        beside = {m.sentence for m in group} | {m.sentence + 1 for m in group} - taken
        given = self.given(mine)
        if given <= beside:
            return set(given)
        shared = {n for c in self.cancers if c != mine for n in self.given(c)} | self._given_for_others(mine)
        return {n for n in given if n in beside or n not in shared}

    def _given_for_others(self, mine: str) -> set[int]:
        """The sentences with a drug for an illness that they, or the sentence before, name."""
        others = {(m.mention.condition, m.sentence) for m in self.located if m.mention.status == "active"}
        return {n for c, at in others if c != mine for n in self.given(c) if at in (n, n - 1)}

    def in_earlier_year(self, words: str) -> bool:
        """Whether words name a year, and none later than the one before the encounter's."""
        year = last_named_year(words)
        return year is not None and year < (self.this_year or _NO_YEAR)

    @cached_property
    def after_a_stay(self) -> bool:
        return not self.inpatient and _after_a_stay(self.document)

    def stayed_with(self, m: Located) -> bool:
        """Whether the sentence of a mention tells of a hospital stay."""
        sentence = self.document.sentences[m.sentence]
        return bool(_IN_THE_STAY.search(self.document.text, sentence.start, sentence.end))

    def followed_up(self, m: Located) -> bool:
        """Whether the sentence of a mention only says that it is followed up."""
        sentence = self.document.sentences[m.sentence]
        return bool(_FOLLOW_UP.search(self.document.text, sentence.start, sentence.end))

    def before(self, m: Located) -> str:
        """The words of its sentence before a mention."""
        return self.document.text[self.document.sentences[m.sentence].start : m.mention.start]

    def after(self, m: Located) -> str:
        """The words of its sentence after a mention."""
        return self.document.text[m.mention.end : max(self.document.sentences[m.sentence].end, m.mention.end)]

    def until_next(self, m: Located) -> str:
        """The words behind a mention to the end of the next sentence of its paragraph, or up to the next mention."""
        sentences, text = self.document.sentences, self.document.text
        own = sentences[m.sentence]
        after = sentences[m.sentence + 1] if m.sentence + 1 < len(sentences) else own
        stop = after.end if after.paragraph == own.paragraph else own.end
        return text[m.mention.end : min([stop, *(o.mention.start for o in self.located if o.i >= m.j)])]

    def behind(self, m: Located) -> str:
        """The few words right behind a mention, where its year stands: "DVT 2017"."""
        return self.document.text[m.mention.end : m.mention.end + _RIGHT_BEHIND]

    def clause(self, m: Located) -> str:
        """The words that date a mention: behind it up to the next one, and before it when it is the sentence's first."""
        sentence, text = self.document.sentences[m.sentence], self.document.text
        here = [o for o in self.located if o.sentence == m.sentence and o is not m]
        apart = [o.mention.start for o in here if o.i >= m.j and _APART.search(text, m.mention.end, o.mention.start)]
        after = min([*apart, sentence.end, m.mention.end + REACH])
        behind = text[m.mention.end : max(after, m.mention.end)].split(";")[0]
        before = "" if any(o.j <= m.i for o in here) else text[max(sentence.start, m.mention.start - REACH) : m.mention.start]
        if not before and (year := _YEAR_BEFORE.search(text, sentence.start, m.mention.start)):
            # "Cardiac arrest 2019 (STEMI)"
            before = year[0]
        return before.split(";")[-1] + text[m.mention.start : m.mention.end] + behind


def _after_a_stay(document: Document) -> bool:
    """Whether a record looks back on a hospital stay: a visit after discharge, not the stay's own summary."""
    if not document.sentences:
        return False
    start, end = document.sentences[0].start, document.sentences[-1].end
    if _SUMMARY.search(document.text, start, min(start + _TITLE_REACH, end)):
        return False
    return bool(_DISCHARGED.search(document.text, start, end))
