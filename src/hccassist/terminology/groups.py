"""Words and codes that a rule names as a group (``word_groups.csv``, ``code_groups.csv``), the team's own among them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from hccassist.terminology.rows import CodeGroupRow, WordGroupRow, knowledge_folders, valid_rows


def word_group(name: str) -> frozenset[str]:
    """The words of a group, as the tokens of a chart are normalized. Raises KeyError for a group that no file has."""
    return _kept()[name]


def code_group(name: str) -> tuple[str, ...]:
    """The code prefixes of a group, to be given to ``str.startswith``. Raises KeyError for a group that no file has."""
    return tuple(sorted(_kept()[name]))


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
