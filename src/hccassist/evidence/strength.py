"""How strongly a sentence proves a condition, and which MEAT letters: logistic models over plain clues (models/linker.json).

The strength is the probability that a careful reader would quote these words for that condition. A second model says, of a
quoted sentence, which letters it is quoted for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from hccassist.evidence.detect import PLANNED, Item
from hccassist.nlp.document import Sentence
from hccassist.patterns import Patterns
from hccassist.schema import Element
from hccassist.terminology.groups import sayings

ELEMENTS: tuple[Element, ...] = ("M", "E", "A", "T")
_SAYS = (*((f"says {name}", pattern) for name, pattern in sayings("says_")), ("says number", re.compile(r"\d")))
_CLUES = (*_SAYS, ("planned", PLANNED))
_CLUE_PATTERNS = Patterns(pattern.pattern for _, pattern in _CLUES)
_UNIT = 1 << 40
_SIZES = (4, 9, 18, 32)
_USES = (1, 2, 4, 8, 16)
_MOST_CACHED = 16_384
_SECTIONS = {
    "assessment_plan": "plan", "hospital_course": "plan", "hpi": "hpi", "exam": "exam", "vitals": "exam", "results": "results",
    "medications": "medications", "ros": "ros", "pmh": "list", "psh": "list", "problem_list": "list", "start": "start",
    "chief_complaint": "complaint", "social_history": "social", "instructions": "instructions",
}  # fmt: skip


def sentence_clues(sentence: Sentence, text: str) -> tuple[str, ...]:
    """What a sentence is by itself, whoever's it may be. The first is its section."""
    size = sentence.j - sentence.i
    names = [f"section {_SECTIONS.get(sentence.section, 'other')}"]
    names += [_CLUES[number][0] for number in _CLUE_PATTERNS.matching(text)]
    names.append(f"size {next((most for most in _SIZES if size <= most), 'more')}")
    return tuple(names)


def _few_or_many(conditions: int) -> str:
    """For how many conditions a word speaks: a drug of many uses proves less for each."""
    return next((str(most) for most in _USES if conditions <= most), "more")


@lru_cache(maxsize=_MOST_CACHED)
def _of_sentence(own: tuple[str, ...]) -> tuple[str, ...]:
    """The clues of a sentence, and its section together with each of the others."""
    return own + _beside(own[0], own[1:])


@lru_cache(maxsize=_MOST_CACHED)
def _of_course(course: str, section: str, tie: str) -> tuple[str, ...]:
    runs = f"course {course}"
    return (runs, *_beside(runs, (section, tie)))


@lru_cache(maxsize=_MOST_CACHED)
def _beside(clue: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """A clue together with each of others."""
    return tuple([f"{clue} & {name}" for name in names])


_Spoken = tuple[str, tuple[Element, ...], bool, int]
"""What an evidence word says for a condition, as far as it is a clue: its kind and letters, whether it is generic, and for how
many conditions it speaks, if it speaks for this one; else 0. Plain tuples, for there is one for each word and condition."""


@lru_cache(maxsize=_MOST_CACHED)
def _of_words(section: str, tie: str, spoken: frozenset[_Spoken], different: int) -> tuple[str, ...]:
    """The clues of a sentence's evidence words, ``different`` ones among them."""
    names = {f"words {min(different, 4)}"}.union(*[_of_word(section, tie, word) for word in spoken])
    uses = [uses for *_, uses in spoken if uses]
    if uses:
        fewest = _few_or_many(min(uses))
        names |= {f"at best for {fewest}", f"at best for {fewest} & {tie}"}
    elif not spoken:
        names.add("no word")
    names.update([f"{a} & {b}" for a, b in combinations((section, tie, "its own" if uses else "not its own"), 2)])
    return tuple(names)


@lru_cache(maxsize=_MOST_CACHED)
def _of_word(section: str, tie: str, spoken: _Spoken) -> tuple[str, ...]:
    """The clues of one evidence word, whatever stands beside it."""
    kind, elements, generic, uses = spoken
    proves = [f"proves {e}" for e in elements]
    if not uses:
        word = f"{'word' if generic else 'other'} {kind}"
        return (word, f"{section} & {word}", *proves)
    few, its = _few_or_many(uses), f"its {kind}"
    own = ("its own", f"for {few}", f"{kind} for {few}", *[f"its own {p}" for p in proves])
    return (its, f"{tie} & {its}", f"{section} & {its}", *own, *proves)


class Clues(NamedTuple):
    """What speaks for and against a sentence as evidence of a condition: the names of the clues that hold, each in one group.
    Most groups are the same for many sentences and conditions, so that what they weigh is known."""

    groups: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*self.groups)

    @classmethod
    def of(
        cls,
        own: tuple[str, ...],
        ties: Sequence[str],
        around: Sequence[tuple[str, ...]],
        items: Sequence[Item],
        condition: str,
        course: str,
    ) -> Clues:
        """``own``: the clues of the sentence; ``ties``: what ties it to the condition, the strongest first; ``around``: groups
        of what else the record says; ``items``: its evidence words; ``course``: how the condition runs (lifelong, curable...),
        for a state has other proof than an illness."""
        section, tie = own[0], ties[0]
        spoken = set()
        for item in items:
            word = item.word
            uses = len(word.conditions) if condition in word.conditions else 0
            spoken.add((word.kind, item.elements, not word.conditions, uses))
        words = _of_words(section, tie, frozenset(spoken), len({item.word.written.lower() for item in items}))
        return cls((_of_sentence(own), tuple(ties), _beside(tie, own[1:]), words, _of_course(course, section, tie), *around))


@dataclass(frozen=True, slots=True)
class Strength:
    """The trained weights of five logistic models: whether a sentence is quoted at all, and for each of ``ELEMENTS`` whether it
    is quoted for that letter if it is. ``weights`` holds the five of each clue, so that a clue is looked up once, as whole
    numbers of a tiny unit: their sum does not depend on the order of the clues, which is another in every process."""

    version: str
    intercepts: tuple[float, ...]
    weights: Mapping[str, tuple[int, ...]]
    _sums: dict[tuple[str, ...], tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, clues: Clues) -> tuple[float, dict[Element, float]]:
        """The probability that the sentence is quoted (two decimals), and per letter that it is quoted for that one."""
        known = self._sums
        sums = map(sum, zip(*[known.get(group) or self._add_up(group) for group in clues.groups], strict=True))
        quoted, *letters = [1 / (1 + math.exp(-i - s / _UNIT)) for i, s in zip(self.intercepts, sums, strict=True)]
        return round(quoted, 2), dict(zip(ELEMENTS, letters, strict=True))

    def _add_up(self, group: tuple[str, ...]) -> tuple[int, ...]:
        """The weights of a group's clues, added up for each model."""
        if len(self._sums) >= _MOST_CACHED:
            self._sums.clear()
        weights = list(filter(None, map(self.weights.get, group)))
        found = tuple(map(sum, zip(*weights, strict=True))) if weights else (0,) * len(self.intercepts)
        self._sums[group] = found
        return found


def load_strength(path: Path) -> Strength:
    """The linker's weights from JSON."""
    return strength_from(json.loads(path.read_text(encoding="utf-8")))


def strength_from(value: dict[str, Any]) -> Strength:
    """The linker's weights from their JSON value."""
    models = [value["quoted"], *(value["letters"][element] for element in ELEMENTS)]
    clues = {clue for model in models for clue in model["weights"]}
    weights = {clue: tuple(round(model["weights"].get(clue, 0.0) * _UNIT) for model in models) for clue in clues}
    return Strength(str(value["version"]), tuple(float(model["intercept"]) for model in models), weights)
