"""Which patterns can match a text at all, told from its words: one look at each word spares most searches.

A search by a regular expression costs as much as looking up thirty words, and most patterns match few texts. So each pattern
is read once for the words that every match of it holds ("\\bno\\b|denies": the word "no", or one that holds "denies"), and each
word, when it is first seen, for the needs that it meets. The gate may let too much through, never too little.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_RUN = re.compile(r"[a-z]+|\d+")
_LETTERS = re.compile(r"[a-z]+")
_UNKNOWN, _EDGE, _DIGIT = "?", "|", "#"
"""What may stand in a way to match beside plain letters and digits: anything at all, neither of them, any digit."""
_WHOLE_OR_PART = re.compile(r"(?<=[|#\d])([a-z]+)(?=[|#\d])|(?<=[|a-z])(\d+)(?=[|a-z])|([a-z]{2,}|\d{2,})")
_LETTER_OF_PATTERN = re.compile(r"\\.|\(\?P?<?\w*|[A-Z]")
_LITERAL_DIGIT = re.compile(r"\d")
_MOST_WAYS = 400
_MOST_CACHED = 50_000


def words_of(text: str) -> list[str]:
    """The words of a text that a gate looks at: its runs of (ASCII) letters, in lower case, and of digits."""
    return _RUN.findall(text.lower())


Need = str
"""Letters inside a word ("denie"), digits inside a number ("99"), either of them whole ("|no|"), or any number ("#")."""
_Opens = tuple[int, frozenset[Need]] | None


class _Met(dict[str, _Opens]):
    """Per word what it opens, filled when a text first holds it."""

    def __init__(self, look_at: Callable[[str], _Opens]) -> None:
        self._look_at = look_at

    def __missing__(self, word: str) -> _Opens:
        if len(self) >= _MOST_CACHED:
            self.clear()
        found = self[word] = self._look_at(word)
        return found


class Gate:
    """Patterns (read without regard to case, with these ``flags``) that are asked of many texts. ``open`` gives the numbers of
    those that a text with these words (``words_of``) may match, in order, ``matching`` of those that a text does."""

    def __init__(self, patterns: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> None:
        self._patterns = list(patterns)
        self._flags = flags
        self._compiled: dict[int, tuple[re.Pattern[str], bool]] = {}
        needed = [needs_of(pattern) for pattern in self._patterns]
        self._always = sum(1 << number for number, ways in enumerate(needed) if not ways)
        # A bit for each pattern: those that a need opens by itself; and by the longest need of a way that takes several, for
        # where that does not stand the way has not to be looked at, (all of them, what they open together).
        self._alone: dict[Need, int] = defaultdict(int)
        self._together: dict[Need, list[tuple[frozenset[Need], int]]] = defaultdict(list)
        for number, ways in enumerate(needed):
            for way in ways:
                if len(way) == 1:
                    self._alone[way[0]] |= 1 << number
                else:
                    self._together[max(way, key=len)].append((frozenset(way), 1 << number))
        self._shared = frozenset(need for ways in self._together.values() for way, _ in ways for need in way)
        self._inside = sorted(need for need in self._alone.keys() | self._shared if need[0] not in (_EDGE, _DIGIT))
        self._holds_any = re.compile("|".join(self._inside) or "(?!)").search
        self._met_by = _Met(self._look_at)

    def open(self, words: Iterable[str]) -> list[int]:
        opened = self._always
        met: set[Need] = set()
        # Most words open nothing.
        for alone, shared in filter(None, map(self._met_by.__getitem__, words)):
            opened |= alone
            met |= shared
        for need in met:
            for way, bit in self._together.get(need, ()):
                if not opened & bit and way <= met:
                    opened |= bit
        numbers = []
        while opened:
            first = opened & -opened
            numbers.append(first.bit_length() - 1)
            opened ^= first
        return numbers

    def matching(self, text: str) -> list[int]:
        lowered = text.lower()
        found = []
        for number in self.open(_RUN.findall(lowered)):
            pattern, cased = self._compiled.get(number) or self._compile(number)
            if pattern.search(text if cased else lowered):
                found.append(number)
        return found

    def _compile(self, number: int) -> tuple[re.Pattern[str], bool]:
        """A pattern for texts in lower case, half as slow as one that ignores case; for texts as they are where case counts in
        a part of it."""
        written = self._patterns[number]
        cased = "(?-i" in written
        compiled = re.compile(written, self._flags | re.IGNORECASE) if cased else re.compile(_lowered(written), self._flags)
        found = self._compiled[number] = compiled, cased
        return found

    def _look_at(self, word: str) -> _Opens:
        """What a word opens by itself, and which needs of several it meets; nothing where it does neither."""
        met = {f"{_EDGE}{word}{_EDGE}"}
        if word[0].isdigit():
            met.add(_DIGIT)
        if self._holds_any(word):
            met.update([need for need in self._inside if need in word])
        opened = 0
        for need in met & self._alone.keys():
            opened |= self._alone[need]
        shared = self._shared & met
        return (opened, shared) if opened or shared else None


def _lowered(pattern: str) -> str:
    """A pattern with its letters in lower case, its escapes (``\\W``) and what opens a group as they are."""
    return _LETTER_OF_PATTERN.sub(lambda m: m[0].lower() if len(m[0]) == 1 else m[0], pattern)


def needs_of(pattern: str) -> list[tuple[Need, ...]]:
    """The ways to match a pattern, each with what a match that goes this way holds, all of it. Empty where nothing can be
    told."""
    ways = _best(_ways(parser.parse(pattern, re.IGNORECASE)))
    return sorted(way for way in ways if ways.isdisjoint(_parts(way)))


def _parts(way: tuple[Need, ...]) -> Iterable[tuple[Need, ...]]:
    """The shorter ways that a way holds: where one of them is enough, it says nothing."""
    return itertools.chain.from_iterable(itertools.combinations(way, size) for size in range(1, len(way)))


def _best(choices: Sequence[Collection[str]]) -> set[tuple[Need, ...]]:
    """The needs of the choice that says most: that whose weakest way to match still needs the longest words. Empty where every
    choice has a way that needs nothing."""
    told = [{_needs(way) for way in ways} for ways in choices]
    return max((needs for needs in told if all(needs)), key=lambda needs: min(map(_weight, needs)), default=set())


def _weight(needs: tuple[Need, ...]) -> int:
    return sum(len(need) for need in needs)


def _needs(way: str) -> tuple[Need, ...]:
    """The words of one way to match: its runs of letters, whole where nothing can stand beside them."""
    found = {part or f"{_EDGE}{word or number}{_EDGE}" for word, number, part in _WHOLE_OR_PART.findall(way)}
    if not any(need.strip(_EDGE).isdigit() for need in found) and any(c == _DIGIT or c.isdigit() for c in way):
        found.add(_DIGIT)
    return tuple(sorted(found))


def _ways(items: Iterable[tuple[Any, Any]]) -> list[set[str]]:
    """Sets of ways to match a sequence; each match goes one of the ways of every set. Where there are too many, the next
    set forgets what came before."""
    choices: list[set[str]] = []
    ways = {""}
    for op, value in items:
        part = _ways_of(op, value)
        if len(ways) * len(part) > _MOST_WAYS:
            choices.append({way + _UNKNOWN for way in ways})
            ways = {_UNKNOWN}
        ways = {way + more for way, more in itertools.product(ways, part)}
    return [*choices, ways]


def _ways_of(op: Any, value: Any) -> set[str]:
    if op is ops.LITERAL:
        return {_of_character(chr(value))}
    if op is ops.IN:
        return _of_class(value)
    if op is ops.SUBPATTERN:
        return _joined(_ways(value[3]))
    if op is ops.BRANCH:
        return set().union(*(_joined(_ways(branch)) for branch in value[1]))
    if op is ops.AT:
        return {"" if value is ops.AT_NON_BOUNDARY else _EDGE}
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return {""}
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, repeated = value
        once = _joined(_ways(repeated))
        if not any(_LETTERS.search(way) or _UNKNOWN in way for way in once):
            # However often: signs and digits, beside which a word ends.
            once = {_LITERAL_DIGIT.sub(_DIGIT, way) for way in once} if most != 1 else once
            return once if least else {"", *once}
        if most == 1:
            return once if least else {"", *once}
        return {way + _UNKNOWN for way in once} if least else {_UNKNOWN}
    return {_UNKNOWN}


def _joined(choices: list[set[str]]) -> set[str]:
    """A part's ways as those of one set; of one with too many only what the best choice needs is kept."""
    if len(choices) == 1:
        return choices[0]
    best = _best(choices)
    return {_UNKNOWN + _UNKNOWN.join(needs) + _UNKNOWN for needs in best} if best else {_UNKNOWN}


def _of_character(character: str) -> str:
    if character.isalnum():
        return character.lower() if character.isascii() else _UNKNOWN
    return _EDGE


def _of_member(character: str) -> str:
    """A class holds a digit among others: which one is not told, so that its ways stay few."""
    return _DIGIT if character.isdigit() else _of_character(character)


def _of_class(members: Sequence[tuple[Any, Any]]) -> set[str]:
    """A class of characters: its members where they are few, no letter where it has none, else anything."""
    found: set[str] = set()
    for op, value in members:
        if op is ops.LITERAL:
            found.add(_of_member(chr(value)))
        elif op is ops.CATEGORY and value is ops.CATEGORY_DIGIT:
            found.add(_DIGIT)
        elif op is ops.CATEGORY and value in (ops.CATEGORY_SPACE, ops.CATEGORY_NOT_WORD):
            found.add(_EDGE)
        elif op is ops.RANGE and chr(value[0]).isdigit() and chr(value[1]).isdigit():
            found.add(_DIGIT)
        elif op is ops.RANGE and value[1] - value[0] < 8:
            found.update(_of_member(chr(code)) for code in range(value[0], value[1] + 1))
        else:
            return {_UNKNOWN}
    return found
