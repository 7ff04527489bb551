"""Conditions named in an encounter: found by the lexicon, told apart by context, with status and attributes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from hccassist.nlp.attributes import (
    answers_below,
    at_the_complaint,
    attributes_in,
    attributes_of,
    attributes_of_note,
    told_behind,
)
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import Assertion
from hccassist.nlp.hits import Hit, find_hits
from hccassist.nlp.readings import Support, resolve
from hccassist.nlp.scope import Cue, cues_of
from hccassist.nlp.sections import CONCLUSIONS, FINDINGS
from hccassist.nlp.status import Named, Stay, assert_status, may_conclude, relative_before, relative_of_row
from hccassist.patterns import Seldom
from hccassist.schema import Mention, Status
from hccassist.terminology.groups import pattern_group, said, word_group
from hccassist.terminology.lexicon import AttributeWord, Lexicon, Term
from hccassist.terminology.rows import Condition
from hccassist.written_dates import MONTH_NAME, YEAR

_PHASES = word_group("phases")
_ATTACK = "attack"
_CRISES = frozenset({"type=crisis", *(f"crisis={kind}" for kind in "yes acs sequestration cerebral dactylitis other".split())})
_PHASE = frozenset({"exacerbation=yes", "acuity=acute", "acuity=acute_on_chronic", *_CRISES})
_ESTABLISHED = word_group("established")
ONLY_ITS_PHASE = "its exacerbation is in doubt"
"""The cue of a mention that doubts an exacerbation, which leaves a disease that is told elsewhere as it is."""
AS_A_RESULT = "told as a result of imaging"
"""The cue of a mention that only says what an image or a tracing showed: no provider states it there."""
NAME_OF_A_CLINIC = "part of the name of a clinic or a service"
"""The cue of a mention that names who cares for it ("the MS center"), which says less than any other mention does."""
_CLINICS = word_group("clinics")
WORDED_AS_OVER = "worded as over"
"""The cue of a mention whose own words say that it is over ("HCV, cured")."""
_SHOWN = re.compile(
    rf"\b(?:{pattern_group('image')})\b[^.;]{{0,80}}?\b(?:{pattern_group('showed')})\b"
    rf"|^\W*(?:\w+ ){{0,3}}(?:{pattern_group('image_heads')})(?: \w+){{0,4}}: ",
    re.IGNORECASE,
)
"""Words of an image before what it showed: "the echo showed", "CT chest: "."""
_HEADED_BY_IMAGE = said("image_heads", before=r"\W*")
_THEN = rf"in (?:{MONTH_NAME}|{YEAR})"
_EARLIER = re.compile(rf"\b(?:{pattern_group('at_another_time')}|{_THEN})\b", re.IGNORECASE)
_STAYED_THEN = said("stayed", behind=rf"\b[^.;]{{0,20}}\b(?:ago|last|{_THEN})\b")
"""A stay that is over: what was acute then ("admitted in May for acute systolic heart failure") is the disease now."""
_HEAD = 2
"""A problem's name ends its line: at most a full stop or a colon stands behind it."""
_GONE = said("resolved_after", before=r"\W*(?:(?:medical )?(?:reasoning|assessment|status): )?")
_NOT_SO, _DOUBTED = Seldom(said("taken_back")), Seldom(said("doubted_after"))
"""A sentence that takes back, or doubts, what the one before it named."""
_NOT_SO_AT_ONCE = said("taken_back_at_once")
"""The same told without naming it again, in its own sentence too: "was told she has lupus, rheum says she does not"."""
_AGREES = re.compile(pattern_group("agrees_with"))
_TREATED_AS = said("treated_as", behind=r"(?: (?:the|his|her|their))? $")
"""Words right before a condition that the conclusion has settled: "start gabapentin for the neuropathy"."""
_CLAUSE_REACH = 60
_ESTABLISHED_REACH = 3
_PLAINLY = 2
"""A condition's plain name speaks for it as much as so many words of its care."""


@dataclass(frozen=True, slots=True)
class Located:
    """A mention with its place in the document: sentence index and tokens [i, j)."""

    mention: Mention
    sentence: int
    i: int
    j: int
    weak: bool = False

    def judged(self, status: Status, why: str) -> Located:
        """The mention with another status, and among its cues the reason for it."""
        return replace(self, mention=replace(self.mention, status=status, cues=(*self.mention.cues, why)))

    def with_attributes(self, *more: str) -> Located:
        """The mention with more ``name=value`` attributes."""
        return self.coded_by((*self.mention.attributes, *more), self.mention.code)

    def coded_by(self, attributes: tuple[str, ...], code: str | None) -> Located:
        """The mention with other ``name=value`` attributes, and with another code of which it is the title, or None."""
        return replace(self, mention=replace(self.mention, attributes=attributes, code=code))


def find_mentions(document: Document, lexicon: Lexicon, inpatient: bool, support: Support) -> list[Located]:
    """Every condition named in the document with its status, in reading order.

    ``support`` counts the unambiguous words of the document that speak for a condition (its drugs, tests, findings); it settles
    abbreviations with several meanings.
    """
    hits = find_hits(document, lexicon)
    plainly: Counter[str] = Counter()
    for hit in hits:
        if " ".join(document.tokens.norms[hit.i : hit.j]) not in lexicon.readings:
            plainly.update({t.condition for t in hit.terms if not t.ambiguous})

    def told(condition: str) -> int:
        return support(condition) + _PLAINLY * plainly[condition]

    by_sentence: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_sentence[hit.sentence].append(hit)
    everywhere = attributes_of_note(document, lexicon) if hits else []
    located: list[Located] = []
    stay = Stay(inpatient, inpatient and may_conclude(document))
    for number, group in by_sentence.items():
        sentence = document.sentences[number]
        cues = cues_of(document, sentence, lexicon)
        relative = relative_of_row(document, number, lexicon) or relative_before(document, number, lexicon)
        last = max(hit.j for hit in group)
        free = number + 1 not in by_sentence
        below = [*answers_below(document, lexicon, number), *told_behind(document, lexicon, number, last)] if free else []
        around = [*attributes_in(document, lexicon, sentence), *below, *everywhere]
        here = _Here(document, lexicon, stay, sentence, cues, around, relative)
        for hit in group:
            term, why = resolve(hit, group, document, lexicon, told)
            if term is None:
                continue
            others = [(h.i, h.j) for h in group if h is not hit]
            for named in (term, *(replace(term, condition=c, attributes=a, code=None) for c, a in term.also)):
                located.append(_locate(hit, named, why, others, here))
    return _taken_back(document, _accepted(document, located), lexicon, inpatient)


def _accepted(document: Document, located: list[Located]) -> list[Located]:
    """Findings that are "consistent with" a condition establish it where the conclusion goes on to treat it, or tells the
    patient of it, by its name: "start gabapentin for the neuropathy"."""
    doubted = [m for m in located if m.mention.status == "uncertain" and any(_AGREES.search(c) for c in m.mention.cues)]
    if not doubted:
        return located
    treated = {
        m.mention.condition: m.i
        for m in located
        if m.mention.status == "active"
        and m.mention.section in CONCLUSIONS
        and _TREATED_AS.search(document.text, document.sentences[m.sentence].start, m.mention.start)
    }
    agreed = {(m.i, m.j) for m in doubted if treated.get(m.mention.condition, -1) > m.i}
    return [m.judged("active", "the record treats it") if (m.i, m.j) in agreed else m for m in located]


def _taken_back(document: Document, located: list[Located], lexicon: Lexicon, inpatient: bool) -> list[Located]:
    """What the next sentence takes back: "The list carries atrial fibrillation. This was an artifact; he does not have it." It
    speaks of the last condition before it, and of none that it names itself as present. Under the name of a problem that may
    be one word, "Resolved, off medication"; of a stay's own summary that is still a diagnosis of the stay."""
    last = {m.sentence: m for m in located if not lexicon.conditions[m.mention.condition].default_code.startswith("Z")}
    present = {m.sentence for m in located if m.mention.status == "active"}
    sentences, text = document.sentences, document.text
    gone: dict[tuple[int, int], Status] = {}
    for number, m in last.items():
        if m.mention.status != "active":
            continue
        if _NOT_SO_AT_ONCE.search(text, m.mention.end, sentences[number].end):
            gone[m.i, m.j] = "negated"
        after = number + 1
        if after >= len(sentences) or after in present:
            continue
        following = sentences[after]
        if following.paragraph == sentences[number].paragraph and not following.bullet:
            if any(takes_back.search(text, following.start, following.end) for takes_back in (_NOT_SO, _NOT_SO_AT_ONCE)):
                gone[m.i, m.j] = "negated"
            elif _DOUBTED.search(text, following.start, following.end):
                gone[m.i, m.j] = "uncertain"
        heads = sentences[number].section in CONCLUSIONS and sentences[number].j - m.j <= _HEAD
        if heads and not inpatient and _GONE.match(text, following.start, following.end):
            gone.setdefault((m.i, m.j), "history")
    if not gone:
        return located
    why = "taken back behind it"
    return [m.judged(gone[m.i, m.j], why) if (m.i, m.j) in gone else m for m in located]


def _is_result(document: Document, sentence: Sentence, hit: Hit) -> bool:
    """Whether the words before a mention, in its sentence, are an image's: "the echo showed mild mitral regurgitation"."""
    if not _ESTABLISHED.isdisjoint(document.tokens.norms[max(hit.i - _ESTABLISHED_REACH, sentence.i) : hit.i]):
        return False
    if sentence.section in FINDINGS and _HEADED_BY_IMAGE.match(document.text, sentence.start, sentence.end):
        return True
    return bool(_SHOWN.search(document.text, sentence.start, document.tokens.starts[hit.i]))


def _clause_around(document: Document, sentence: Sentence, hit: Hit) -> str:
    """The words of its sentence around a mention, as far as a date or a time of it may stand."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    return document.text[max(sentence.start, start - _CLAUSE_REACH) : min(sentence.end, end + _CLAUSE_REACH)]


def _phase_is_over(phased: bool, condition: Condition, attributes: tuple[str, ...], around: str) -> bool:
    """Whether the acute phase that words or attributes tell of a lifelong disease was that of an earlier time."""
    acute = condition.course == "lifelong" and not _PHASE.isdisjoint(attributes)
    return (phased and bool(_EARLIER.search(around))) or (acute and bool(_STAYED_THEN.search(around)))


def _names_phase(hit: Hit, term: Term, document: Document, lexicon: Lexicon) -> bool:
    """Whether a mention names a turn for the worse of its condition. An attack is one only of a disease that is named beside
    it: "asthma attack", not "panic attack"."""
    words = document.tokens.norms[hit.i : hit.j]
    if _PHASES.isdisjoint(words):
        return False
    if _ATTACK not in words:
        return True
    named = lexicon.terms.at(document.tokens, hit.i, hit.i + words.index(_ATTACK))
    return any(t.condition == term.condition for _, terms in named for t in terms)


@dataclass(frozen=True, slots=True)
class _Here:
    """A sentence that names conditions, and what is said there: its cues, the attribute words that may belong to them, and the
    relative of whom it is told, or blank."""

    document: Document
    lexicon: Lexicon
    stay: Stay
    sentence: Sentence
    cues: tuple[Cue, ...]
    around: list[tuple[int, int, AttributeWord]]
    relative: str


def _locate(hit: Hit, term: Term, why: tuple[str, ...], others: list[tuple[int, int]], here: _Here) -> Located:
    """A hit as a mention. ``why``: how an ambiguous wording was read; ``others``: tokens [i, j) of the conditions beside it."""
    document, sentence = here.document, here.sentence
    condition = here.lexicon.conditions[term.condition]
    attributes = attributes_of(hit, term, here.around, others, document.tokens.norms)
    if not any(a.startswith("site=") for a in attributes):
        attributes += at_the_complaint(document, hit.sentence, condition, here.lexicon)
    assertion = assert_status(Named(document, sentence, hit.i, hit.j, condition, attributes, here.cues, others), here.stay)
    if here.relative and assertion.status != "negated":
        assertion = Assertion("family", (f"“{here.relative}” in the same row or before it",))
    code = term.code
    if without := _without_its_phase(hit, term, condition, attributes, assertion, here):
        assertion, code = without, None
        attributes = tuple(a for a in attributes if a not in _PHASE)
    status, cues = assertion.status, (*assertion.cues, *why)
    if status == "active" and sentence.section not in CONCLUSIONS and _is_result(document, sentence, hit):
        cues = (*cues, AS_A_RESULT)
    if status == "active" and document.tokens.norms[hit.j : hit.j + 1] and document.tokens.norms[hit.j] in _CLINICS:
        cues = (*cues, NAME_OF_A_CLINIC)
    if status == "active" and "status=history" in attributes:
        status, cues = "history", (*cues, WORDED_AS_OVER)
    mention = Mention(
        condition=term.condition,
        start=document.tokens.starts[hit.i],
        end=document.tokens.ends[hit.j - 1],
        status=status,
        section=sentence.section,
        attributes=attributes,
        code=code,
        ambiguous=bool(why),
        cues=cues,
    )
    return Located(mention, hit.sentence, hit.i, hit.j, term.weak)


def _without_its_phase(
    hit: Hit, term: Term, condition: Condition, attributes: tuple[str, ...], assertion: Assertion, here: _Here
) -> Assertion | None:
    """What holds of a lifelong disease where its turn for the worse is denied, in doubt or over; None where it is not."""
    crisis = not _CRISES.isdisjoint(attributes)
    phased = condition.course == "lifelong" and (crisis or _names_phase(hit, term, here.document, here.lexicon))
    if phased and assertion.status in ("negated", "history"):
        # "No CHF exacerbation", "COPD flare resolved": the phase is over or absent, the disease is not.
        return Assertion("active", ("only its exacerbation is denied",))
    if phased and assertion.status == "uncertain":
        # "Possible COPD flare": so is the phase; whether the disease is there the rest of the record says.
        return Assertion("uncertain", (*assertion.cues, ONLY_ITS_PHASE))
    if here.stay.inpatient:
        return None
    around = _clause_around(here.document, here.sentence, hit)
    return assertion if _phase_is_over(phased, condition, attributes, around) else None
