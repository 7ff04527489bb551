"""Suspects: strong clues of a condition that nobody states. Never a code; a reason to ask the provider.

The rules are data (``knowledge/suspects.csv``): clues that must all stand in the encounter, as words, as a measured value
("A1c >= 6.5") or as two ("eGFR < 60 twice"). A clue that is denied, planned, stopped or about someone else is none.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hccassist.evidence.detect import SILENT_SECTIONS, is_refused, is_stopped
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.forms import read_layout
from hccassist.nlp.scope import cues_of
from hccassist.schema import Element, Evidence
from hccassist.terminology.groups import pattern_group, word_group
from hccassist.terminology.lexicon import Clue, Lexicon, SuspectRule
from hccassist.terminology.phrases import longest
from hccassist.terminology.rows import KIND_ELEMENT

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = re.compile(r"^\d+(?:\.\d+)?$")
_MINUS = "-–−"
_VALUE_REACH = 5
_TREND_REACH = 4
_IMPLAUSIBLE = 6
_CLUE_STRENGTH = 0.8
_NO_VALUE = word_group("no_value_behind")
_OVER = re.compile(
    rf"\W*(?:%|percent)?[\s,;(]*(?:{pattern_group('value_then')}"
    rf"|(?:[^.;]{{0,30}}\b)?(?:but |and )?(?:has |have |had |is |since )*(?:{pattern_group('value_recovered')}))",
    re.IGNORECASE,
)
_NOT_A_CLUE = frozenset({"negated", "family", "hypothetical", "uncertain"})


@dataclass(frozen=True, slots=True)
class Suspect:
    """A condition that the clues point at, the code a coder would look at if the provider confirms it, and the clues."""

    rule: SuspectRule
    clues: tuple[Evidence, ...]


def find_suspects(document: Document, lexicon: Lexicon, named: Iterable[str]) -> list[Suspect]:
    """Suspects of one encounter. ``named``: ICD-10-CM codes of conditions that the encounter names in whatever status; a
    rule whose ``unless`` prefixes match one of them asks nothing. One question per condition: the first rule's."""
    codes = tuple(named)
    hits: dict[int, dict[int, dict[str, Evidence]]] = defaultdict(lambda: defaultdict(dict))
    wanted: dict[tuple[int, int], int] = {}
    for held, starting in lexicon.clues.within(document.tokens, document.sentences):
        sentence = document.sentences[held]
        if sentence.section in SILENT_SECTIONS:
            continue
        for i, j, clues in longest(starting):
            denied: bool | None = None
            for clue in clues:
                found = hits[clue.rule][clue.number]
                end = _value_end(document, clue, j, sentence.j)
                if end is None or len(found) == clue.times:
                    continue
                if denied is None:
                    denied = _is_denied(document, lexicon, sentence, i, j)
                if not denied and (clue.compare or not _is_unmarked(document, sentence, i, j)):
                    start, stop = document.tokens.starts[i], document.tokens.ends[end - 1]
                    element: Element = "E" if clue.compare else _letter(document, lexicon, i, j)
                    wanted[clue.rule, clue.number] = clue.times
                    found.setdefault(
                        document.tokens.norms[end - 1], Evidence(element, "clue", start, stop, _CLUE_STRENGTH, clue.written)
                    )
    suspects: dict[str, Suspect] = {}
    for number, rule in enumerate(lexicon.suspects):
        by_clue = hits.get(number, {})
        complete = [n for n, found in by_clue.items() if found and len(found) == wanted[number, n]]
        if len(complete) == rule.clues and not any(code.startswith(rule.unless) for code in codes):
            evidence = tuple(e for n in sorted(complete) for e in by_clue[n].values())
            suspects.setdefault(rule.condition, Suspect(rule, evidence))
    return list(suspects.values())


def _letter(document: Document, lexicon: Lexicon, i: int, j: int) -> Element:
    """The letter of a clue of words: a treatment where they name one ("bolus insulin"), a symptom that is monitored, else a
    finding."""
    known = (word for _, _, words in lexicon.evidence.every(document.tokens, i, j) for word in words)
    letters = {KIND_ELEMENT[word.kind] for word in known if word.kind in KIND_ELEMENT}
    return "T" if "T" in letters else "M" if letters == {"M"} else "E"


def _value_end(document: Document, clue: Clue, j: int, stop: int) -> int | None:
    """The token behind the value that satisfies the clue; ``j`` for a clue of words alone; None when the value does not. Of a
    trend ("EF from 30 to 55 %") the last value counts; one that the sentence tells as past and follows by another ("35 then,
    back to 60") does not."""
    if not clue.compare:
        return j
    norms = document.tokens.norms
    for k in range(j, min(j + _VALUE_REACH, stop)):
        word = norms[k]
        if _NUMBER.match(word):
            behind = range(k + 1, min(k + 1 + _TREND_REACH, stop))
            trend = "to" in norms[k + 1 : k + _TREND_REACH]
            at = next((n for n in behind if _NUMBER.match(norms[n])), k) if trend else k
            value = _signed(document, at)
            if not trend and _is_past(document, at, stop):
                return None
            plausible = abs(clue.limit) / _IMPLAUSIBLE <= abs(value) <= abs(clue.limit) * _IMPLAUSIBLE
            return at + 1 if plausible and _OPERATORS[clue.compare](value, clue.limit) else None
        if word in _NO_VALUE or (word in ("<", ">") and word != clue.compare[0]):
            return None
    return None


def _is_past(document: Document, at: int, stop: int) -> bool:
    """Whether the words right behind the value of token ``at`` put it in the past, or say that it has recovered since."""
    ends, text = document.tokens.ends, document.text
    return bool(_OVER.match(text, ends[at], ends[stop - 1]))


def _signed(document: Document, k: int) -> float:
    """The number of token ``k``, with the minus sign written right before it ("T-score -2.8")."""
    at = document.tokens.starts[k]
    before = document.text[max(at - 2, 0) : at]
    minus = before[-1:] in _MINUS and not before[:1].isalnum()
    return -float(document.tokens.norms[k]) if before and minus else float(document.tokens.norms[k])


def _is_unmarked(document: Document, sentence: Sentence, i: int, j: int) -> bool:
    """Whether a form says that the words are not so: a box that is not checked, an answer "no"."""
    told = read_layout(document, sentence, document.tokens.starts[i], document.tokens.ends[j - 1])
    return told is not None and told.status in _NOT_A_CLUE


def _is_denied(document: Document, lexicon: Lexicon, sentence: Sentence, i: int, j: int) -> bool:
    """Whether the words before say that it is not so, not yet or someone else's, or its clause that it is not taken."""
    text, tokens = document.text, document.tokens
    if is_refused(text, sentence.start, sentence.end):
        return True
    if is_stopped(text, sentence.start, tokens.starts[i], tokens.ends[j - 1], sentence.end):
        return True
    return any(
        cue.j <= i
        and i - cue.j <= _VALUE_REACH
        and any(r.direction == "forward" and r.category in _NOT_A_CLUE for r in cue.rules)
        for cue in cues_of(document, sentence, lexicon)
    )
