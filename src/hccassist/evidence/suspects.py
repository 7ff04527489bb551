"""Suspects: strong clues of a condition that nobody states. Never a code; a reason to ask the provider.

The rules are data (``knowledge/suspects.csv``): clues that must all stand in the encounter, as words or as a measured value
("A1c >= 6.5"). A clue that is denied, planned or about someone else is none.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hccassist.evidence.detect import SILENT_SECTIONS
from hccassist.nlp.document import Document, Sentence
from hccassist.nlp.status import cues_of
from hccassist.schema import Element, Evidence
from hccassist.terminology.lexicon import Clue, Lexicon, SuspectRule

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = re.compile(r"^\d+(?:\.\d+)?$")
_VALUE_REACH = 5
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
    hits: dict[int, dict[int, Evidence]] = defaultdict(dict)
    for sentence in document.sentences:
        if sentence.section in SILENT_SECTIONS:
            continue
        for i, j, clues in lexicon.clues.find(document.tokens, sentence.i, sentence.j):
            for clue in clues:
                if clue.number in hits[clue.rule]:
                    continue
                end = _value_end(document, clue, j, sentence.j)
                if end is not None and not _is_denied(document, lexicon, sentence, i):
                    start = document.tokens.starts[i]
                    element: Element = "E" if clue.compare else "T"
                    hits[clue.rule][clue.number] = Evidence(
                        element, "clue", start, document.tokens.ends[end - 1], 0.8, clue.written
                    )
    found: dict[str, Suspect] = {}
    for number, rule in enumerate(lexicon.suspects):
        clues_found = hits.get(number, {})
        if len(clues_found) == rule.clues and not any(code.startswith(rule.unless) for code in codes):
            found.setdefault(rule.condition, Suspect(rule, tuple(clues_found[n] for n in sorted(clues_found))))
    return list(found.values())


def _value_end(document: Document, clue: Clue, j: int, stop: int) -> int | None:
    """The token behind the value that satisfies the clue; ``j`` for a clue of words alone; None when the value does not."""
    if not clue.compare:
        return j
    for k in range(j, min(j + _VALUE_REACH, stop)):
        word = document.tokens.norms[k]
        if _NUMBER.match(word):
            plausible = clue.limit / 6 <= float(word) <= clue.limit * 6
            return k + 1 if plausible and _OPERATORS[clue.compare](float(word), clue.limit) else None
        if word in ("<", ">", ";", "goal", "target"):
            return None
    return None


def _is_denied(document: Document, lexicon: Lexicon, sentence: Sentence, i: int) -> bool:
    return any(
        cue.j <= i
        and i - cue.j <= _VALUE_REACH
        and any(r.direction == "forward" and r.category in _NOT_A_CLUE for r in cue.rules)
        for cue in cues_of(document, sentence, lexicon)
    )
