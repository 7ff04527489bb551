"""Misspelt and badly scanned words, taken for the one medical word that they can only be.

The repair is bounded, so that speed and trust hold: only words that the knowledge does not know at all; only long ones; one
slip (a letter wrong, missing, too many, or two swapped), never in the first letter; and only when a single medical word fits.
Scanners get a second rule: the shapes they confuse (``rn`` for ``m``), and clinicians a third: a long word broken off
(``hepatopulm``) is the commonest one that begins so. The words of ``plain_words.csv`` are never repaired ("addition" is no
"addiction").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LONG = 8
_SCANNED = 5
_CONFUSED = (("rn", "m"), ("m", "rn"), ("ii", "u"), ("vv", "w"), ("cl", "d"), ("li", "h"), ("ri", "n"))
"""What a scanner reads, and what was printed."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words with one first letter: all that the knowledge holds, and those that name a condition or a drug, the commonest
    first."""

    known: frozenset[str]
    names: tuple[str, ...]


def vocabularies(known: Iterable[str], names: Iterable[str]) -> dict[str, Vocabulary]:
    """The words by first letter; only whole words of letters count. ``names`` holds a word as often as wordings do."""
    often = Counter(word for word in names if word.isalpha())
    every = {word for word in known if word.isalpha()} | set(often)
    ranked = sorted(often, key=lambda word: (-often[word], word))
    return {
        letter: Vocabulary(frozenset(w for w in every if w[0] == letter), tuple(w for w in ranked if w[0] == letter))
        for letter in sorted({word[0] for word in every})
    }


class Spelling:
    """Repairs words against vocabularies by first letter."""

    def __init__(self, vocabulary: Mapping[str, Vocabulary]) -> None:
        self._vocabulary = vocabulary
        self._by_length: dict[str, dict[int, list[str]]] = {}

    def repaired(self, word: str) -> str:
        """The normalized word, or the medical word that it was meant to be. ``carcenoma`` -> ``carcinoma``."""
        if len(word) < _SCANNED or not word.isalpha():
            return word
        own = self._vocabulary.get(word[0])
        if own is not None and word in own.known:
            return word
        scanned = {fixed for shape, printed in _CONFUSED for fixed in _replaced(word, shape, printed) if self._is_name(fixed)}
        if len(scanned) == 1:
            return next(iter(scanned))
        if own is None or len(word) < _LONG:
            return word
        near = self._nearest(word)
        return near if near != word else next((n for n in own.names if n.startswith(word)), word)

    def _is_name(self, word: str) -> bool:
        own = self._vocabulary.get(word[0])
        return own is not None and len(word) >= _SCANNED and word in own.names

    def _nearest(self, word: str) -> str:
        # Imported by the first unknown word: it takes a twentieth of a second.
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        names = self._by_length.get(word[0])
        if names is None:
            names = self._by_length[word[0]] = {}
            for name in self._vocabulary[word[0]].names:
                if len(name) >= _LONG:
                    names.setdefault(len(name), []).append(name)
        near = [n for size in (len(word) - 1, len(word), len(word) + 1) for n in names.get(size, ())]
        found = extract(word, near, scorer=OSA.distance, score_cutoff=1, limit=2)
        return str(found[0][0]) if len(found) == 1 else word


def _replaced(word: str, shape: str, printed: str) -> Iterable[str]:
    """The word with each place of ``shape`` in turn read as ``printed``."""
    at = word.find(shape)
    while at >= 0:
        yield word[:at] + printed + word[at + len(shape) :]
        at = word.find(shape, at + 1)
