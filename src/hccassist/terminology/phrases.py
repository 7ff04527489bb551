"""Many phrases found in one pass: a trie over normalized words, longest match first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from hccassist.terminology.words import FILLERS, Tokens

V = TypeVar("V")
_LEAF = ""
_MOST_FILLERS = 2


def _end(hit: tuple[int, Any]) -> int:
    return hit[0]


class Phrases(Generic[V]):
    """Maps phrases (tuples of normalized words) to values; ``find`` yields where they stand in a token list.

    ``skip_fillers``: articles, possessives and sides may stand between a phrase's words. ``entries``: phrases compiled
    earlier, by first word: (the words behind it, value).
    """

    def __init__(
        self, skip_fillers: bool = False, entries: Mapping[str, Sequence[tuple[tuple[str, ...], V]]] | None = None
    ) -> None:
        self._added: dict[str, list[tuple[tuple[str, ...], V]]] = {}
        self._entries: Mapping[str, Sequence[tuple[tuple[str, ...], V]]] = self._added if entries is None else entries
        self._first_words = self._entries.keys()
        self.starts_with: Callable[[str], bool] = self._first_words.__contains__
        """Whether any phrase starts with a word: asked of every word of a chart, so not a method of ours."""
        # A first word's trie is built when a text first holds that word: most of the lexicon is never asked for.
        self._tries: dict[str, dict[str, Any]] = {}
        self._skip = skip_fillers

    @property
    def entries(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], V]]]:
        """All phrases by first word: (the words behind it, value)."""
        return self._entries

    def add(self, words: tuple[str, ...], value: V) -> None:
        """Adds a phrase of at least one word. All phrases are added before the first look-up."""
        if self._tries or self._entries is not self._added:
            raise TypeError("a phrase was added after the first look-up")
        self._added.setdefault(words[0], []).append((words[1:], value))

    def _node(self, word: str) -> dict[str, Any] | None:
        root = self._tries.get(word)
        if root is not None or word not in self._first_words:
            return root
        root = self._tries[word] = {}
        for rest, value in self._entries[word]:
            node = root
            for next_word in rest:
                node = node.setdefault(next_word, {})
            values = node.setdefault(_LEAF, [])
            if value not in values:
                values.append(value)
        return root

    def after(self, words: Iterable[str], tokens: Tokens, i: int, stop: int) -> list[tuple[int, list[V]]]:
        """Every phrase that starts with ``words`` and goes on at token ``i``: (end token, values), shortest first."""
        first, *rest = words
        node = self._node(first)
        for word in rest:
            node = node.get(word) if node is not None else None
        return self._walk(node.get(tokens.norms[i]) if node is not None and i < stop else None, tokens, i, stop)

    def at(self, tokens: Tokens, i: int, stop: int) -> list[tuple[int, list[V]]]:
        """Every phrase that starts at token ``i``: (end token, values), shortest first."""
        norms = tokens.norms
        node = self._tries.get(norms[i]) or self._node(norms[i])
        if node is None:
            return []
        if i + 1 >= stop or not ((word := norms[i + 1]) in node or (self._skip and word in FILLERS)):
            # Most words open nothing longer here.
            return [(i + 1, node[_LEAF])] if _LEAF in node else []
        return self._walk(node, tokens, i, stop)

    def _walk(self, node: dict[str, Any] | None, tokens: Tokens, i: int, stop: int) -> list[tuple[int, list[V]]]:
        """Hits from a node reached at token ``i``, shortest first; a filler may be a word of the phrase or be skipped."""
        if node is None:
            return []
        norms = tokens.norms
        hits: dict[int, list[V]] = {}
        paths = [(node, i + 1, 0)]
        while paths:
            at, j, skipped = paths.pop()
            if _LEAF in at and not skipped:
                hits.setdefault(j, at[_LEAF])
            if j >= stop:
                continue
            word = norms[j]
            if self._skip and skipped < _MOST_FILLERS and word in FILLERS:
                paths.append((at, j + 1, skipped + 1))
            if (child := at.get(word)) is not None:
                paths.append((child, j + 1, 0))
        return sorted(hits.items(), key=_end)

    def every(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, int, list[V]]]:
        """All matches, overlapping ones too: (first token, end token, values)."""
        for i in range(start, stop):
            if tokens.norms[i] in self._first_words:
                for end, values in self.at(tokens, i, stop):
                    yield i, end, values

    def find(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, int, list[V]]]:
        """Non-overlapping longest matches in ``tokens[start:stop]``: (first token, end token, values)."""
        norms, first = tokens.norms, self._first_words
        i = start
        while i < stop:
            if norms[i] in first and (hits := self.at(tokens, i, stop)):
                end, values = hits[-1]
                yield i, end, values
                i = end
            else:
                i += 1
