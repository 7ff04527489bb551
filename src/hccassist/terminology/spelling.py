"""Misspelt, badly scanned and cut-off words, taken for the one medical word that they can only be.

The repair is bounded, so that speed and trust hold: only words that the knowledge does not know at all; only long ones; one
slip (a letter wrong, missing, too many, or two swapped), never in the first letter; and only when a single medical word fits.
Scanners get a second rule: the shapes they confuse (``rn`` for ``m``). The words of ``plain_words.csv`` are never repaired
("addition" is no "addiction"). Shorter words of which one letter may be misread ("FATLURE") are many a plain word and name too:
they are repaired beside a word next to which the lexicon knows what they may be ("heart").

A word cut off behind its stem ("schizophr.", "foll lymphoma") is completed to the word of that stem which the lexicon knows
beside its neighbours; without such neighbours only a long stem is, to the commonest word that begins so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LONG = 8
_SCANNED, _WHOLE = 5, 3
_CONFUSED = (("rn", "m"), ("m", "rn"), ("ii", "u"), ("vv", "w"), ("cl", "d"), ("li", "h"), ("ri", "n"))
"""What a scanner reads, and what was printed."""
_ALIKE = ("itl", "ceo", "ao", "ae", "bh", "nu", "ft", "rt", "vy", "gq", "hk", "mn", "fp", "sz")
"""Single letters that it takes for each other."""
_PRINTED = {shape: {p for letters in _ALIKE if shape in letters for p in letters} - {shape} for shape in "".join(_ALIKE)}
"""Letter -> the letters that it may be a misreading of."""
_LEAST_MISREAD, _TELLING = 6, 5
"""The letters of a word that one of them may be misread in, and of the word beside it that tells."""
STEM = 4
"""Letters that a cut-off word has at least."""
_LONG_STEM, _LONG_DOTTED_STEM = 7, 5
_MOST_AGREE = 0.6
_LEAST_CUT = 2


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


@dataclass(frozen=True, slots=True)
class Company:
    """A word of the lexicon: in how many wordings it stands, and which words stand right before and behind it in them."""

    count: int
    before: frozenset[str]
    behind: frozenset[str]


def companies(wordings: Iterable[tuple[str, ...]]) -> dict[str, dict[str, Company]]:
    """The longer words of all wordings by their first letters."""
    count: dict[str, int] = defaultdict(int)
    before: dict[str, set[str]] = defaultdict(set)
    behind: dict[str, set[str]] = defaultdict(set)
    for words in wordings:
        for k, word in enumerate(words):
            if len(word) < STEM + _LEAST_CUT or not word.isalpha():
                continue
            count[word] += 1
            before[word].update(words[k - 1 : k] if k else ())
            behind[word].update(words[k + 1 : k + 2])
    found: dict[str, dict[str, Company]] = defaultdict(dict)
    for word, times in sorted(count.items()):
        found[word[:STEM]][word] = Company(times, frozenset(before[word]), frozenset(behind[word]))
    return dict(found)


class Spelling:
    """Repairs words against vocabularies by first letter, and completes cut-off ones by ``company`` (``companies``)."""

    def __init__(
        self, vocabulary: Mapping[str, Vocabulary], company: Mapping[str, Mapping[str, Company]] | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._company = company or {}
        self._alike: dict[str, dict[str, list[str]]] = {}

    def is_known(self, word: str) -> bool:
        """Whether any file holds the word."""
        own = self._vocabulary.get(word[0])
        return own is not None and word in own.known

    def completions(self, stem: str) -> dict[str, Company]:
        """The words that a cut-off word may be: ``schizophr`` -> ``schizophrenia``, ``schizophrenic``..."""
        if len(stem) < STEM or not stem.isalpha() or stem[:STEM] not in self._company:
            return {}
        longest = self._company[stem[:STEM]]
        return {w: c for w, c in longest.items() if w.startswith(stem) and len(w) >= len(stem) + _LEAST_CUT}

    def completed(self, stem: str, before: str, behind: str, dotted: bool) -> str:
        """The word that ``stem`` is cut off from, between its neighbours; the stem itself where that is not sure.

        ``dotted``: a full stop behind it shows that it is cut off. A stem that is a word itself needs the full stop, and
        neighbours beside which the lexicon knows the longer word and not the stem."""
        known = self.is_known(stem)
        options = {} if known and not dotted else self.completions(stem)
        if not options:
            return stem if known else self._beside(stem, before, behind)
        fits = {w: (before in c.before) + (behind in c.behind) for w, c in options.items()}
        best = max(options, key=lambda w: (fits[w], options[w].count, w))
        if known:
            own = self._company.get(stem[:STEM], {}).get(stem)
            stands = own is not None and (before in own.before or behind in own.behind)
            return best if fits[best] and not stands else stem
        if fits[best]:
            return best
        sure = len(stem) >= _LONG or options[best].count >= _MOST_AGREE * sum(c.count for c in options.values())
        return best if sure and len(stem) >= (_LONG_DOTTED_STEM if dotted else _LONG_STEM) else stem

    def misread(self, word: str) -> list[str]:
        """What an unknown word may be of which a scanner misread one letter: ``fatlure`` -> ``failure``."""
        if len(word) < _LEAST_MISREAD or not word.isalpha() or self.is_known(word):
            return []
        meant = {word[:k] + printed + word[k + 1 :] for k, shape in enumerate(word) for printed in _PRINTED.get(shape, ())}
        return sorted(w for w in meant if w[:STEM] in self._company and w in self._company[w[:STEM]])

    def _beside(self, word: str, before: str, behind: str) -> str:
        """The one word that a misread one may be beside its neighbours; the word itself where that is not sure."""
        found = [
            w
            for w in self.misread(word)
            if (len(before) >= _TELLING and before in self._company[w[:STEM]][w].before)
            or (len(behind) >= _TELLING and behind in self._company[w[:STEM]][w].behind)
        ]
        return found[0] if len(found) == 1 else word

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
        return self._nearest(word)

    def _is_name(self, word: str) -> bool:
        own = self._vocabulary.get(word[0])
        # The set tells at once of nearly every word that the list does not hold it.
        return own is not None and len(word) >= _SCANNED and word in own.known and word in own.names

    def _nearest(self, word: str) -> str:
        # Imported by the first unknown word: it takes a twentieth of a second.
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        alike = self._alike.get(word[0])
        if alike is None:
            alike = self._alike[word[0]] = defaultdict(list)
            for name in self._vocabulary[word[0]].names:
                if len(name) >= _LONG:
                    alike[name[:_WHOLE]].append(name)
                    alike["-" + name[-_WHOLE:]].append(name)
        # One slip in so long a word leaves its first letters or its last ones whole.
        near = {name for ends in (word[:_WHOLE], "-" + word[-_WHOLE:]) for name in alike.get(ends, ())}
        found = extract(word, near, scorer=OSA.distance, score_cutoff=1, limit=2)
        return str(found[0][0]) if len(found) == 1 else word


def _replaced(word: str, shape: str, printed: str) -> Iterable[str]:
    """The word with each place of ``shape`` in turn read as ``printed``."""
    at = word.find(shape)
    while at >= 0:
        yield word[:at] + printed + word[at + len(shape) :]
        at = word.find(shape, at + 1)
