"""Which words a regular expression cannot match without: one quick look for them spares most searches.

A search by a pattern costs a hundred times a look for a plain word, and most cues are in few charts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LEAST = 3


def needed_words(pattern: str) -> tuple[str, ...]:
    """Lower-case texts of which every match of ``pattern`` holds one, whatever its case; empty where there are none of some
    length to be told."""
    words = _of_sequence(parser.parse(pattern, re.IGNORECASE))
    return tuple(sorted(words)) if words and min(map(len, words)) >= _LEAST else ()


def any_in(words: Sequence[str], lowered: str) -> bool:
    """Whether a text may match a pattern that needs one of ``words``; ``lowered`` is that text in lower case."""
    for word in words:
        if word in lowered:
            return True
    return not words


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> set[str]:
    """The best choice among the parts of a sequence, all of which a match holds: that with the longest shortest word."""
    choices: list[set[str]] = []
    run = ""
    for op, value in items:
        if op is ops.LITERAL and chr(value).isascii():
            run += chr(value).lower()
            continue
        if run:
            choices.append({run})
            run = ""
        choices.append(_of_part(op, value))
    choices.append({run} if run else set())
    return max((c for c in choices if c), key=lambda words: min(map(len, words)), default=set())


def _of_part(op: Any, value: Any) -> set[str]:
    if op is ops.SUBPATTERN:
        return _of_sequence(value[3])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT) and value[0] >= 1:
        return _of_sequence(value[2])
    if op is ops.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        return set().union(*branches) if all(branches) else set()
    return set()
