"""Which evidence a coder sees first: one to three passages a letter, the strongest; the rest on demand.

A letter is shown when, over all the sentences that may prove it, it is likely enough to be proven at all (a drug of a bare
list proves it); its second and third passage must be stronger than its first had to be. Neighbouring sentences of one letter
are one passage.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from hccassist.evidence.strength import ELEMENTS
from hccassist.schema import Element, Evidence

_PER_LETTER = 3
_DRUG = "drug"
_LETTER_PROVEN: dict[Element, float] = {"M": 0.22, "E": 0.2, "A": 0.3, "T": 0.2}
"""A sentence that names a condition makes a weak assessment, one that follows it a weak monitoring: these must be likelier."""
_FIRST, _FIRST_OTHER = 0.1, 0.12
"""The least strength of a letter's first passage: of one that holds a word known for the condition, and of any other."""
_FURTHER = 0.46
_JOINED = 0.06
_LONGEST = 280
_GAP = 2
_WORTH_UNFOLDING = 0.1
_MOST_UNFOLDED = 12


def choose(evidence: Sequence[Evidence], text: str) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """What is shown and what is kept for whoever asks for more; ``evidence`` and both answers strongest first;
    ``text``: the chart's, which tells whether two sentences stand on one line."""
    by_letter = _by_letter(evidence)
    shown: list[Evidence] = []
    for letter in ELEMENTS:
        shown.extend(_of_letter(by_letter[letter], text))
    shown.sort(key=lambda e: (-e.strength, e.start))
    return tuple(shown), _rest(evidence, shown)


def shows_any(evidence: Sequence[Evidence]) -> bool:
    """Whether a coder would see any of ``evidence``, strongest first: what is only there for whoever asks proves nothing."""
    return any(_is_proven(group) and group[0].strength >= _least(group[0]) for group in _by_letter(evidence).values())


def _by_letter(evidence: Sequence[Evidence]) -> dict[Element, list[Evidence]]:
    groups: dict[Element, list[Evidence]] = defaultdict(list)
    for e in evidence:
        groups[e.element].append(e)
    return groups


def _is_proven(group: Sequence[Evidence]) -> bool:
    proven = 1 - math.prod((1 - e.strength for e in group), start=1.0)
    return any((e.kind == _DRUG and e.own) or proven >= _LETTER_PROVEN[e.element] for e in group)


def _least(first: Evidence) -> float:
    return _FIRST if first.own else _FIRST_OTHER


def _of_letter(group: Sequence[Evidence], text: str) -> list[Evidence]:
    """The passages of one letter."""
    if not _is_proven(group):
        return []
    passages: list[Evidence] = []
    for e in group:
        if e.strength < (_FURTHER if passages else _least(e)) or len(passages) == _PER_LETTER:
            break
        if not any(p.start <= e.start and e.end <= p.end for p in passages):
            passages.append(_with_neighbours(e, group, text))
    return passages


def _with_neighbours(passage: Evidence, group: Sequence[Evidence], text: str) -> Evidence:
    """A passage grown by the sentences beside it on its line that speak for the same letter, while it stays a glance long."""
    grown = True
    while grown:
        grown = False
        for e in group:
            start, end = min(passage.start, e.start), max(passage.end, e.end)
            low, high = min(passage.end, e.end), max(passage.start, e.start)
            beside = low <= high <= low + _GAP and "\n" not in text[low:high]
            if beside and e.strength >= _JOINED and end - start <= _LONGEST:
                passage, grown = replace(passage, start=start, end=end), True
    return passage


def _rest(evidence: Sequence[Evidence], shown: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Weaker passages, each sentence once, under its strongest letter."""
    rest: list[Evidence] = []
    seen: set[int] = set()
    for e in evidence:
        covered = e.start in seen or any(s.start <= e.start and e.end <= s.end for s in shown)
        if e.strength >= _WORTH_UNFOLDING and not covered and len(rest) < _MOST_UNFOLDED:
            seen.add(e.start)
            rest.append(e)
    return tuple(rest)
