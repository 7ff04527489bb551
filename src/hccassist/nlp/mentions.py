"""Conditions named in an encounter: found by the lexicon, told apart by context, with status and attributes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.status import Cue, assert_status, cues_of, is_dropped
from hccassist.schema import Mention
from hccassist.terminology.lexicon import AttributeWord, Lexicon, Reading, Term

_NEAR = 8
_CUE_WINDOW = 25


@dataclass(frozen=True, slots=True)
class Located:
    """A mention with its place in the document: sentence index and tokens [i, j)."""

    mention: Mention
    sentence: int
    i: int
    j: int
    weak: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    sentence: int
    i: int
    j: int
    terms: tuple[Term, ...]


def _accept(term: Term, document: Document, i: int, j: int) -> bool:
    if not term.cased:
        return True
    raw = document.text[document.tokens.starts[i] : document.tokens.ends[j - 1]]
    return raw == term.written or raw in (term.written + "s", term.written + "'s", term.written + "’s")


def _hits(document: Document, lexicon: Lexicon) -> list[_Hit]:
    hits: list[_Hit] = []
    tokens, terms = document.tokens, lexicon.terms
    root_has = terms.starts_with
    for number, sentence in enumerate(document.sentences):
        if is_dropped(sentence.section):
            continue
        i, stop = sentence.i, sentence.j
        while i < stop:
            taken = i + 1
            if root_has(tokens.norms[i]):
                for end, values in reversed(terms.at(tokens, i, stop)):
                    kept = tuple(t for t in values if _accept(t, document, i, end))
                    if kept:
                        hits.append(_Hit(number, i, end, kept))
                        taken = end
                        break
            i = taken
    return hits


def _score(reading: Reading, document: Document, i: int, j: int, sentence: Sentence, support: dict[str, int]) -> int:
    """How much the surroundings speak for a reading: its cues in the sentence count three, near it two, elsewhere one; a
    condition named plainly in the encounter, or whose drugs and tests are, counts too."""
    score = 0
    tokens = document.tokens
    for a, b, _ in reading.cues.find(tokens, 0, len(tokens)):
        if a < j and i < b:
            continue
        gap = a - j if a >= j else i - b
        inside = sentence.i <= a and b <= sentence.j
        score += 3 if inside and gap <= 3 else 2 if inside or gap <= _CUE_WINDOW else 1
    if reading.condition:
        score += min(support.get(reading.condition, 0), 4)
    return score


def _resolve(
    hit: _Hit, document: Document, lexicon: Lexicon, support: dict[str, int]
) -> tuple[Term | None, tuple[str, ...]]:
    """The term that the words mean here and, where they are ambiguous, why; None when another reading wins."""
    plain = [t for t in hit.terms if not t.ambiguous]
    word = " ".join(document.tokens.norms[hit.i : hit.j])
    readings = lexicon.readings.get(word)
    if plain and not readings:
        return plain[0], ()
    sentence = document.sentences[hit.sentence]
    if not readings:
        best = max(hit.terms, key=lambda t: support.get(t.condition, 0))
        if support.get(best.condition, 0) > 0:
            return best, ("short form, confirmed by the rest of the note",)
        return None, ()
    scores = [(_score(r, document, hit.i, hit.j, sentence, support), r) for r in readings]
    top, reading = max(scores, key=lambda s: (s[0], bool(s[1].condition)))
    others = ", ".join(r.name for _, r in sorted(scores, key=lambda s: -s[0]) if r is not reading)
    if not reading.condition or top <= 0:
        return None, ()
    match = next((t for t in hit.terms if t.condition == reading.condition), None)
    if match is None:
        match = Term(reading.condition, (), word) if reading.condition in lexicon.conditions else None
    return match, (f"read as {reading.name}, not {others}",) if others else ()


def _attribute_hits(document: Document, lexicon: Lexicon, sentence: Sentence) -> list[tuple[int, int, AttributeWord]]:
    return [
        (i, j, word)
        for i, j, words in lexicon.attributes.find(document.tokens, sentence.i, sentence.j)
        for word in words
    ]


def _attributes(
    hit: _Hit, term: Term, around: list[tuple[int, int, AttributeWord]], others: list[tuple[int, int]]
) -> tuple[str, ...]:
    """What the words around a mention add: attribute words in it or near it with no other condition in between."""
    found = dict(pair.split("=", 1) for pair in term.attributes)
    ranked: list[tuple[int, str, str]] = []
    for i, j, word in around:
        if term.condition not in word.conditions or word.name in found:
            continue
        gap = 0 if hit.i <= i < hit.j else (i - hit.j if i >= hit.j else hit.i - j)
        blocked = any(min(hit.j, j) <= a and b <= max(hit.i, i) for a, b in others)
        if word.everywhere or (gap <= _NEAR and not blocked):
            ranked.append((gap, word.name, word.value))
    for _, name, value in sorted(ranked):
        found.setdefault(name, value)
    return tuple(f"{name}={value}" for name, value in sorted(found.items()))


def find_mentions(document: Document, lexicon: Lexicon, inpatient: bool, support: dict[str, int]) -> list[Located]:
    """Every condition named in the document with its status, in reading order.

    ``support`` counts, per condition, the unambiguous words of the document that speak for it (its drugs, tests, findings);
    it settles abbreviations with several meanings.
    """
    hits = _hits(document, lexicon)
    support = dict(support)
    for hit in hits:
        for condition in {t.condition for t in hit.terms if not t.ambiguous}:
            support[condition] = support.get(condition, 0) + 2
    by_sentence: dict[int, list[_Hit]] = defaultdict(list)
    for hit in hits:
        by_sentence[hit.sentence].append(hit)
    located: list[Located] = []
    for number, group in by_sentence.items():
        sentence = document.sentences[number]
        cues = cues_of(document, sentence, lexicon)
        around = _attribute_hits(document, lexicon, sentence)
        for hit in group:
            term, why = _resolve(hit, document, lexicon, support)
            if term is None:
                continue
            others = [(h.i, h.j) for h in group if h is not hit]
            located.append(_locate(hit, term, why, document, sentence, cues, around, others, lexicon, inpatient))
    return located


def _locate(
    hit: _Hit,
    term: Term,
    why: tuple[str, ...],
    document: Document,
    sentence: Sentence,
    cues: tuple[Cue, ...],
    around: list[tuple[int, int, AttributeWord]],
    others: list[tuple[int, int]],
    lexicon: Lexicon,
    inpatient: bool,
) -> Located:
    attributes = _attributes(hit, term, around, others)
    condition = lexicon.conditions[term.condition]
    assertion = assert_status(document, sentence, cues, hit.i, hit.j, condition, inpatient, attributes)
    mention = Mention(
        condition=term.condition,
        start=document.tokens.starts[hit.i],
        end=document.tokens.ends[hit.j - 1],
        status=assertion.status,
        section=sentence.section,
        attributes=attributes,
        code=term.code,
        ambiguous=bool(why),
        cues=(*assertion.cues, *why),
    )
    if "status=history" in attributes and mention.status == "active":
        mention = replace(mention, status="history")
    return Located(mention, hit.sentence, hit.i, hit.j, term.weak)
