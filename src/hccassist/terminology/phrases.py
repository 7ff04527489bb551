"""Many phrases found in one pass: a trie over normalized words, longest match first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from hccassist.terminology.words import FILLERS, Tokens

V = TypeVar("V")
_LEAF = ""
_MOST_FILLERS = 2


class Phrases(Generic[V]):
    """Maps phrases (tuples of normalized words) to values; ``find`` yields where they stand in a token list.

    ``skip_fillers``: articles, possessives and sides may stand between a phrase's words.
    """

    def __init__(self, skip_fillers: bool = False) -> None:
        self._root: dict[str, Any] = {}
        self._skip = skip_fillers

    def add(self, words: Iterable[str], value: V) -> None:
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        values = node.setdefault(_LEAF, [])
        if value not in values:
            values.append(value)

    def starts_with(self, word: str) -> bool:
        """Whether any phrase starts with this word."""
        return word in self._root

    def vocabulary(self) -> set[str]:
        """Every word of every phrase."""
        found: set[str] = set()
        stack = [self._root]
        while stack:
            node = stack.pop()
            for word, child in node.items():
                if word:
                    found.add(word)
                    stack.append(child)
        return found

    def at(self, tokens: Tokens, i: int, stop: int) -> list[tuple[int, list[V]]]:
        """Every phrase that starts at token ``i``: (end token, values), shortest first."""
        norms = tokens.norms
        node = self._root.get(norms[i])
        hits: list[tuple[int, list[V]]] = []
        j = i + 1
        skipped = 0
        while node is not None:
            if _LEAF in node and not skipped:
                hits.append((j, node[_LEAF]))
            if j >= stop:
                break
            child = node.get(norms[j])
            if child is None:
                if self._skip and skipped < _MOST_FILLERS and norms[j] in FILLERS:
                    skipped += 1
                    j += 1
                    continue
                break
            node, skipped = child, 0
            j += 1
        return hits

    def find(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, int, list[V]]]:
        """Non-overlapping longest matches in ``tokens[start:stop]``: (first token, end token, values)."""
        norms, root = tokens.norms, self._root
        i = start
        while i < stop:
            if norms[i] in root and (hits := self.at(tokens, i, stop)):
                end, values = hits[-1]
                yield i, end, values
                i = end
            else:
                i += 1
