"""What an ambiguous wording means here, and whether it names a condition at all: told by its surroundings."""

from __future__ import annotations

import re
from collections.abc import Callable

from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.hits import SHORT_FORM, Hit
from hccassist.terminology.lexicon import Lexicon, Reading, Term
from hccassist.terminology.words import FILLERS

_DONE = ("status ", "post ")
_CUE_WINDOW = 25
_BESIDE = 3
_MOST_FAR = 2
_SHOUTED = 4
_CONFIRMED = 2
_MOST_RIVALS = 4
"""Readings that an explanation names beside the one taken."""
_SMALL_WORDS = frozenset("of on for and the in to & -".split())
"""Words that leave no letter in a short form."""
_PRESSURES = frozenset({"BP", "SBP", "DBP"})
_PRESSURE = re.compile(r"[\s:=]{0,4}\d{2,3}\s?/\s?\d{2,3}\b")
_NUMBER_REACH = 8
_UNITS, _NUMBER_BEFORE = frozenset({"CM", "PM"}), re.compile(r"(?<![\d/.])\d{1,3}(?:\.\d+)? ?$")
_TITLE, _TITLE_REACH = re.compile(r"\b(?:Mrs?|Ms|Miss|Dr)\.?\s+$"), 8
_FAMILY_NAME = re.compile(r" (?:[A-Z]\. )?[A-Z][a-z]+\b")
_STATE = 2
Support = Callable[[str], int]
"""How many words of the document speak for a condition."""
_ADDRESS = re.compile(r"[^\n]{0,60}\baddr(?:ess)?\b\W[^\n]{3,80}[A-Za-z], ?\Z", re.IGNORECASE)
_POSTAL_CODE = re.compile(r"[ -]+\d{5}(?:-\d{4})?\b(?![.,]?\d)")


def resolve(
    hit: Hit, group: list[Hit], document: Document, lexicon: Lexicon, support: Support
) -> tuple[Term | None, tuple[str, ...]]:
    """The term that the words mean here and, where they are ambiguous, why; None when another reading wins, or when they name
    no condition at all. ``group``: the hits of the sentence."""
    term, why = _read(hit, document, lexicon, support)
    if term is None or _is_heading(hit, document, lexicon) or _is_likened(hit, document):
        return None, ()
    if _marks_another(hit, term, group, document, lexicon) or _explained(hit, group, document):
        return None, ()
    if _in_address(hit, document) or _is_measured(hit, document) or _is_joined(hit, document) or _is_name(hit, document):
        return None, ()
    return term, why


def _read(hit: Hit, document: Document, lexicon: Lexicon, support: Support) -> tuple[Term | None, tuple[str, ...]]:
    """The term that wins, and why; None when a reading wins that is no condition."""
    plain = sorted((t for t in hit.terms if not t.ambiguous), key=lambda t: not t.also)
    words = [n for n in document.tokens.norms[hit.i : hit.j] if n not in ",(){}"]
    word = " ".join(words)
    bare = " ".join(n for n in words if n not in FILLERS)
    # "s/p BMT" has the readings of "BMT".
    rest = bare.removeprefix(_DONE[0]).removeprefix(_DONE[1])
    # In "hepatitis B and C serologies" the wording is longer than the words that stand for it.
    whole = (t.written.lower() for t in hit.terms if t.ambiguous)
    readings = next((r for w in (word, bare, rest, *whole) if (r := lexicon.readings.get(w))), ())
    if plain and not readings:
        # The same words may stand in several rows of a condition: the one that says most.
        return max((t for t in plain if t.condition == plain[0].condition), key=lambda t: len(t.attributes)), ()
    sentence = document.sentences[hit.sentence]
    if not readings:
        best = max(hit.terms, key=lambda t: support(t.condition))
        if support(best.condition) >= _CONFIRMED:
            return best, ("short form, confirmed by the rest of the note",)
        return None, ()
    scores = [(_score(r, document, hit.i, hit.j, sentence, support), r) for r in readings]
    top, reading = max(scores, key=lambda s: (s[0], not s[1].condition))
    rivals = dict.fromkeys(r.name for _, r in sorted(scores, key=lambda s: -s[0]) if r.condition != reading.condition)
    others = ", ".join(list(rivals)[:_MOST_RIVALS])
    shouted = len(word) <= SHORT_FORM and _is_shouted(document, sentence)
    if not any(score for score, _ in scores) and plain and not shouted:
        return plain[0], ()
    if not reading.condition or top < (_SHOUTED if shouted else 1):
        # In a text all in capitals AN, OR and ALL are words again, unless something beside them says otherwise.
        return None, ()
    match = next((t for t in hit.terms if t.condition == reading.condition), None)
    if match is None:
        match = Term(reading.condition, (), word) if reading.condition in lexicon.conditions else None
    return match, (f"read as {reading.name}, not {others}",) if others else ()


def _score(reading: Reading, document: Document, i: int, j: int, sentence: Sentence, support: Support) -> int:
    """How much the surroundings speak for a reading: a cue beside it counts four, in its sentence two, near it one; cues
    elsewhere count at most two in all, and so does a condition named plainly in the encounter or treated there."""
    near = far = 0
    tokens = document.tokens
    for a, b, _ in reading.cues.find(tokens, 0, len(tokens)):
        if a < j and i < b:
            # A cue stands beside the word, not over it: in "BP 180/95" there is no BP180.
            continue
        gap = a - j if a >= j else max(i - b, 0)
        if sentence.i <= a and b <= sentence.j:
            near += 4 if gap <= _BESIDE else 2
        elif gap <= _CUE_WINDOW:
            near += 1
        else:
            far += 1
    if reading.condition:
        far += support(reading.condition)
    return near + min(far, _MOST_FAR)


def _is_shouted(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence is prose all in capitals, not a line of abbreviations."""
    written = document.said(sentence)
    return written.isupper() and sum(len(w) > SHORT_FORM for w in document.tokens.norms[sentence.i : sentence.j]) > SHORT_FORM


def _is_likened(hit: Hit, document: Document) -> bool:
    """Whether something is only likened to the condition: "celiac-like enteropathy"."""
    return document.text.startswith("-like", document.tokens.ends[hit.j - 1])


def _is_heading(hit: Hit, document: Document, lexicon: Lexicon) -> bool:
    """Whether an ambiguous short form is the heading of a section: "PE: lungs clear"."""
    norms = document.tokens.norms
    if (
        hit.i != document.sentences[hit.sentence].i
        or norms[hit.j : hit.j + 1] != [":"]
        or not any(t.ambiguous for t in hit.terms)
    ):
        return False
    written = document.written(hit.i, hit.j)
    return written.lower() in lexicon.sections


def _marks_another(hit: Hit, term: Term, group: list[Hit], document: Document, lexicon: Lexicon) -> bool:
    """Whether an ambiguous short form alone in parentheses stands behind the name of an unlike condition: the mark of a payment
    category, "COPD (HCC)", not a disease. Behind its own name, or one of the same code category, it only repeats it."""
    norms = document.tokens.norms
    if not all(t.ambiguous for t in hit.terms) or norms[max(hit.i - 1, 0)] != "(" or norms[hit.j : hit.j + 1] != [")"]:
        return False
    category = lexicon.conditions[term.condition].default_code[:3]
    before = [t.condition for o in group if o.j == hit.i - 1 for t in o.terms]
    return bool(before) and all(lexicon.conditions[c].default_code[:3] != category for c in before)


def _explained(hit: Hit, group: list[Hit], document: Document) -> bool:
    """Whether the note itself spells a short form out: as something that is no condition, "CLL (contact lens left)", "AAA (area
    agency on aging)", or, in words that speak for themselves, "HF = hay fever"."""
    norms = document.tokens.norms
    word = document.written(hit.i, hit.j)
    opened = norms[hit.j : hit.j + 1]
    if hit.j - hit.i > 1 or not word.isupper() or opened not in (["="], ["("]):
        return False
    for small in (_SMALL_WORDS, frozenset[str]()):
        first = last = hit.j + 1
        initials = ""
        while last < len(norms) and len(initials) < len(word) and norms[last] != ")":
            initials += "" if norms[last] in small else norms[last][0]
            last += 1
        if initials == word.lower() and (
            opened == ["="] or (norms[last : last + 1] == [")"] and not any(first < h.j and h.i < last for h in group))
        ):
            return True
    return False


def _is_measured(hit: Hit, document: Document) -> bool:
    """Whether "BP" is a blood pressure: two numbers with a slash stand behind it; "CM" behind a number is a length, "PM" a time
    of day."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    word = document.text[start:end]
    if word in _UNITS:
        return bool(_NUMBER_BEFORE.search(document.text, max(start - _NUMBER_REACH, 0), start))
    return word in _PRESSURES and bool(_PRESSURE.match(document.text, end))


def _is_joined(hit: Hit, document: Document) -> bool:
    """Whether a short form is part of a longer one, joined with "&": "PM&R", "H&P"."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    text = document.text
    return (
        end - start <= SHORT_FORM
        and text[start:end].isupper()
        and "&" in (text[end : end + 1], text[max(start - 1, 0) : start])
    )


def _is_name(hit: Hit, document: Document) -> bool:
    """Whether a short form in the letters of a name stands behind a title or before another name: "Mrs. Ida Crane"."""
    if hit.j - hit.i > 1 or not all(t.ambiguous for t in hit.terms) or not document.written(hit.i, hit.j).istitle():
        return False
    before = document.text[: document.tokens.starts[hit.i]]
    return bool(_TITLE.search(before, max(len(before) - _TITLE_REACH, 0))) or bool(
        _FAMILY_NAME.match(document.text, document.tokens.ends[hit.j - 1])
    )


def _in_address(hit: Hit, document: Document) -> bool:
    """Whether two capitals are a state: before a postal code, "Colebrook, VT 05576", or at the end of a place in a line that is
    labelled as an address, "Address: 12 Mill Rd, Colebrook, VT"."""
    start, end = document.tokens.starts[hit.i], document.tokens.ends[hit.j - 1]
    text = document.text
    if end - start != _STATE or not text[start:end].isupper():
        return False
    return bool(_POSTAL_CODE.match(text, end)) or bool(_ADDRESS.match(text, text.rfind("\n", 0, start) + 1, start))
