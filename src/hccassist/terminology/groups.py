"""Words, patterns and codes that a rule names as a group (``word_groups.csv``, ``course.csv``, ``sayings.csv``,
``code_groups.csv``), the team's own among them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from hccassist.terminology.rows import CodeGroupRow, PatternRow, WordGroupRow, knowledge_folders, valid_rows


def word_group(name: str) -> frozenset[str]:
    """The words of a group, as the tokens of a chart are normalized. Raises KeyError for a group that no file has."""
    return _kept()[name]


def code_group(name: str) -> tuple[str, ...]:
    """The code prefixes of a group, to be given to ``str.startswith``. Raises KeyError for a group that no file has."""
    return tuple(sorted(_kept()[name]))


def pattern_group(name: str) -> str:
    """The alternatives of a group as one regular expression, to be put in parentheses. Raises KeyError for a group that no file
    has."""
    return "|".join(_patterns()[name])


def said(group: str, before: str = r"\b", behind: str = r"\b") -> re.Pattern[str]:
    """The ways to say something (``pattern_group``), between what stands before and behind them; case is ignored."""
    return re.compile(f"{before}(?:{pattern_group(group)}){behind}", re.IGNORECASE)


def sayings(prefix: str, before: str = r"\b", behind: str = r"\b") -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every group whose name begins with ``prefix``, in the file's order: the rest of its name as words, and its ways to say it
    as one pattern, between what stands before and behind them. A way that begins with ``^`` opens a sentence."""
    found = []
    for group, ways in _patterns().items():
        if group.startswith(prefix):
            opening = [way + behind for way in ways if way[0] == "^"]
            inside = [way for way in ways if way[0] != "^"]
            alternatives = [rf"{before}(?:{'|'.join(inside)}){behind}"] * bool(inside) + opening
            found.append((group.removeprefix(prefix).replace("_", " "), re.compile("|".join(alternatives), re.IGNORECASE)))
    return tuple(found)


def read() -> dict[str, frozenset[str]]:
    """Every group of the shipped knowledge and of the team's."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for folder in knowledge_folders():
        for words in valid_rows(folder / "word_groups.csv", WordGroupRow):
            found[words.group] |= frozenset(words.words)
        for codes in valid_rows(folder / "code_groups.csv", CodeGroupRow):
            found[codes.group] |= frozenset(codes.codes)
    return dict(found)


_kept = cache(read)


@cache
def _patterns() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for folder in knowledge_folders():
        for file in ("course.csv", "sayings.csv"):
            for row in valid_rows(folder / file, PatternRow):
                found[row.group].append(row.pattern)
    return dict(found)
