"""Many phrases found in one pass: a trie over normalized words, longest match first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from hccassist.terminology.words import FILLERS, Tokens

V = TypeVar("V")
Trie = dict[str, Any]
"""Next word -> trie; ``_LEAF`` -> the values of the phrase that ends here."""
_LEAF = ""
_PLACES = " "
"""In a packed trie: the places of those values, until a text first holds the phrase. No word is one of these two keys. A large
part of a packed trie stands elsewhere: its place, a number, is there instead until a text first holds its words."""
_MOST_FILLERS = 2
_MOST_KEPT = 100_000
_NUMBER = "#"
"""In a phrase behind its first word: any number, in digits or as one of these words."""
_NUMBER_WORDS = frozenset("two three four five six seven eight nine ten eleven twelve".split())


def _end(hit: tuple[int, Any]) -> int:
    return hit[0]


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in _NUMBER_WORDS


def trie_of(entries: Iterable[tuple[tuple[str, ...], Any]], leaf: str = _LEAF) -> Trie:
    """The trie of phrases that share their first word; equal values of a phrase stand once."""
    root: Trie = {}
    for rest, value in entries:
        node = root
        for word in rest:
            node = node.setdefault(word, {})
        values = node.setdefault(leaf, [])
        if value not in values:
            values.append(value)
    return root


def packed_trie(entries: Iterable[tuple[tuple[str, ...], int]]) -> Trie:
    """The same of phrases whose values are the places where these are kept."""
    return trie_of(entries, _PLACES)


class _Opened(dict[str, "tuple[Trie, list[Any] | None, bool] | None"]):
    """Per first word its trie, what it means alone and whether a number may follow it; None for a word that opens nothing.
    Filled when a text first holds a word: most of the lexicon is never asked for. The words that texts hold are few beside the
    lexicon's, so that one look here, also for a word that opens nothing, is quicker."""

    def __init__(self, first_words: KeysView[str], open_word: Callable[[str], tuple[Trie, list[Any] | None, bool]]) -> None:
        self._first_words, self._open = first_words, open_word

    def __missing__(self, word: str) -> tuple[Trie, list[Any] | None, bool] | None:
        if len(self) >= _MOST_KEPT:
            self.clear()
        found = self[word] = self._open(word) if word in self._first_words else None
        return found


class Stretch(Protocol):
    """Tokens [i, j) of a text: a sentence."""

    @property
    def i(self) -> int: ...
    @property
    def j(self) -> int: ...


Hits = list[tuple[int, list[V]]]
"""The phrases that start at a token: (end token, values), shortest first."""


class Packed(NamedTuple, Generic[V]):
    """Phrases that were compiled earlier: their first words, the packed trie behind one, the trie and the value at a place."""

    first_words: KeysView[str]
    trie_of: Callable[[str], Trie]
    trie_at: Callable[[int], Trie]
    value_at: Callable[[int], V]


class Phrases(Generic[V]):
    """Maps phrases (tuples of normalized words) to values; ``find`` yields where they stand in a token list.

    ``skip_fillers``: articles, possessives and sides may stand between a phrase's words; else ``#`` in a phrase, behind its
    first word, stands for any number. ``packed``: phrases compiled earlier, to which none can be added.
    """

    def __init__(self, skip_fillers: bool = False, packed: Packed[V] | None = None) -> None:
        self._entries: dict[str, list[tuple[tuple[str, ...], V]]] = {}
        self._packed = packed
        self.first_words: KeysView[str] = packed.first_words if packed else self._entries.keys()
        self._opened = _Opened(self.first_words, self._open)
        self._skip = skip_fillers

    @property
    def entries(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], V]]]:
        """The phrases that were added, by first word: (the words behind it, value)."""
        return self._entries

    def add(self, words: tuple[str, ...], value: V) -> None:
        """Adds a phrase of at least one word. All phrases are added before the first look-up."""
        if self._opened or self._packed:
            raise TypeError("a phrase was added after the first look-up")
        self._entries.setdefault(words[0], []).append((words[1:], value))

    def _open(self, word: str) -> tuple[Trie, list[V] | None, bool]:
        root = self._packed.trie_of(word) if self._packed else trie_of(self._entries[word])
        return root, self._values(root), _NUMBER in root

    def _child(self, node: Trie, word: str) -> Trie | None:
        """The node that a word leads to."""
        child: Trie | int | None = node.get(word)
        if isinstance(child, int) and self._packed:
            child = node[word] = self._packed.trie_at(child)
        return child  # type: ignore[return-value]

    def _values(self, node: Trie) -> list[V] | None:
        """The values of the phrase that ends at a node; None where none ends."""
        values: list[V] | None = node.get(_LEAF)
        if values is None and self._packed and _PLACES in node:
            values = node[_LEAF] = [self._packed.value_at(place) for place in node[_PLACES]]
        return values

    def after(self, words: Iterable[str], tokens: Tokens, i: int, stop: int) -> Hits[V]:
        """Every phrase that starts with ``words`` and goes on at token ``i``: (end token, values), shortest first."""
        first, *rest = words
        opened = self._opened[first]
        node = opened[0] if opened else None
        for word in rest:
            node = self._child(node, word) if node is not None else None
        node = self._child(node, tokens.norms[i]) if node is not None and i < stop else None
        return self._walk(node, tokens.norms, i, stop) if node is not None else []

    def alone(self, word: str) -> list[V]:
        """The values of the phrase that is this one word; none where no phrase is."""
        opened = self._opened[word]
        return (opened[1] or []) if opened else []

    def at(self, tokens: Tokens, i: int, stop: int) -> Hits[V]:
        """Every phrase that starts at token ``i``: (end token, values), shortest first."""
        opened = self._opened[tokens.norms[i]]
        return self._walk(opened[0], tokens.norms, i, stop) if opened else []

    def _walk(self, node: Trie, norms: Sequence[str], i: int, stop: int) -> Hits[V]:
        """Hits from a node reached at token ``i``, shortest first; a filler may be a word of the phrase or be skipped."""
        if not self._skip:
            return self._straight(node, norms, i + 1, stop)
        hits: dict[int, list[V]] = {}
        paths = [(node, i + 1, 0)]
        while paths:
            at, j, skipped = paths.pop()
            if not skipped and (values := self._values(at)):
                hits.setdefault(j, values)
            if j >= stop:
                continue
            word = norms[j]
            if skipped < _MOST_FILLERS and word in FILLERS and not (word == "a" and norms[j + 1 : j + 2] == ["1"]):
                # "DM A1c 9" is no "DM 1".
                paths.append((at, j + 1, skipped + 1))
            if word in at and (child := self._child(at, word)) is not None:
                paths.append((child, j + 1, 0))
        return sorted(hits.items(), key=_end)

    def _straight(self, start: Trie, norms: Sequence[str], j: int, stop: int) -> Hits[V]:
        """The hits from a node where every word counts."""
        hits: Hits[V] = []
        node: Trie | None = start
        while node is not None:
            if values := self._values(node):
                hits.append((j, values))
            if j >= stop:
                break
            word = norms[j]
            on = self._child(node, word)
            node, j = self._child(node, _NUMBER) if on is None and _NUMBER in node and _is_number(word) else on, j + 1
        return hits

    def starting(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, Hits[V]]]:
        """Every token of ``tokens[start:stop]`` at which phrases start, with what ``at`` finds there."""
        norms, skip = tokens.norms, self._skip
        # Asked of every word of a sentence; most words open nothing here, or nothing longer.
        for i, opened in enumerate(map(self._opened.__getitem__, norms[start:stop]), start + 1):
            if opened is None:
                continue
            node, alone, numbered = opened
            if i < stop and (
                (behind := norms[i]) in node
                or (numbered and _is_number(behind))
                or (skip and behind in FILLERS and _goes_on(node, norms, i + 1))
            ):
                if hits := self._walk(node, norms, i - 1, stop):
                    yield i - 1, hits
            elif alone:
                yield i - 1, [(i, alone)]

    def within(self, tokens: Tokens, stretches: Sequence[Stretch]) -> Iterator[tuple[int, list[tuple[int, Hits[V]]]]]:
        """The stretches that hold phrases, of some that follow each other: (number of the stretch, what ``starting`` finds in
        it). The quicker of the two for a whole chart."""
        norms, skip = tokens.norms, self._skip
        # The words that open something alone or together with the next one.
        pairs = zip(map(self._opened.__getitem__, norms), [*norms[1:], _LEAF], strict=False)
        places = [
            (i, opened)
            for i, (opened, behind) in enumerate(pairs, 1)
            if opened and (opened[1] or behind in opened[0] or opened[2] or (skip and behind in FILLERS))
        ]
        firsts = [stretch.i for stretch in stretches]
        number, stop = -1, 0
        found: list[tuple[int, Hits[V]]] = []
        for i, (node, alone, numbered) in places:
            if i > stop:
                if found:
                    yield number, found
                    found = []
                number = bisect_right(firsts, i - 1) - 1
                if number < 0 or i > (stop := stretches[number].j):
                    continue
            if i < stop and (
                (behind := norms[i]) in node
                or (numbered and _is_number(behind))
                or (skip and behind in FILLERS and _goes_on(node, norms, i + 1))
            ):
                if hits := self._walk(node, norms, i - 1, stop):
                    found.append((i - 1, hits))
            elif alone:
                found.append((i - 1, [(i, alone)]))
        if found:
            yield number, found

    def every(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, int, list[V]]]:
        """All matches, overlapping ones too: (first token, end token, values)."""
        for i, hits in self.starting(tokens, start, stop):
            for end, values in hits:
                yield i, end, values

    def find(self, tokens: Tokens, start: int, stop: int) -> Iterator[tuple[int, int, list[V]]]:
        """Non-overlapping longest matches in ``tokens[start:stop]``: (first token, end token, values)."""
        if self.first_words.isdisjoint(tokens.words):
            return iter(())
        return longest(self.starting(tokens, start, stop))


def longest(starting: Iterable[tuple[int, Hits[V]]]) -> Iterator[tuple[int, int, list[V]]]:
    """Of what starts at each token the longest matches that do not overlap: (first token, end token, values)."""
    taken = 0
    for i, hits in starting:
        if i >= taken:
            taken, values = hits[-1]
            yield i, taken, values


def _goes_on(node: Trie, norms: Sequence[str], i: int) -> bool:
    """Whether a phrase may go on from a node behind the filler before token ``i``, or behind a second one."""
    behind = norms[i : i + _MOST_FILLERS]
    return bool(behind) and (behind[0] in node or (behind[0] in FILLERS and behind[-1] in node))
