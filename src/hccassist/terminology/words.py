"""How words are cut and normalized, once for the knowledge files and the charts alike (docs/knowledge.md, "How words match").

A token keeps its place in the text; its normalized form is what matches. An abbreviation such as ``s/p`` becomes several
normalized words that share one place, so a row "status post amputation" finds "s/p amputation" without knowing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, product
from typing import Any

from hccassist.terminology.spelling import Spelling

_SLASHED = r"(?:(?:s/p|w/o|w/out|w/u|2/2|d/t|b/l|h/o|r/o|d/o|c/b|a/w|c/w|f/u|y/o|p/w)(?![a-z0-9])|w/(?!o|u\b)|[12]°)"
_TOKEN = re.compile(
    # One group, so that ``split`` gives the tokens and what stands between them.
    # Nearly every token is told by its second character to be none of the slashed forms.
    # Most words have no other letters than these, which are told more quickly.
    rf"((?=.[/°])(?i:(?<![a-z0-9/]){_SLASHED})|[A-Za-z]+(?:['’][^\W\d_]+)?(?![^\W\d_])|[^\W\d_]+(?:['’][^\W\d_]+)?"
    r"|\d+(?:\.\d+)?|[^\w\s]|_)",
)
_HYPHENS = frozenset("-–—")
_BY_PLACE = _HYPHENS | {"L", "R", ".", "&", "+"}
_MOST_CACHED = 100_000
_GOES_ON = re.compile(r" [a-z]")
_ADDS = re.compile(r"(?<=\s)\+ (?=[A-Za-z])")
_ABBREVIATES = re.compile(r" [a-z]|[,;)/]")
"""What follows the full stop of a word that is cut off within a sentence."""
_BRACES = re.compile(r"\{([^{}]*)\}")

FILLERS = frozenset("the a an his her their my your its this that left right bilateral , ( both underlying known )".split())
"""Words that may stand between the words of a term: "amputation of her left leg" is "amputation of leg"."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text cut into normalized words. The lists are parallel; several words may share one place. ``words`` are those of
    ``norms`` (and may be some more), each once."""

    norms: list[str]
    starts: list[int]
    ends: list[int]
    words: set[str]

    def __len__(self) -> int:
        return len(self.norms)


def normalize(word: str) -> str:
    """One word without case, possessive, plural and British spelling. ``Parkinson's`` -> ``parkinson``."""
    if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():
        return word[:-1].lower()
    word = word.lower().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    size = len(word)
    if size > 4:
        if word[-1] == "s" and word[-2] not in "sui":
            word = word[:-3] + "y" if size > 5 and word.endswith("ies") else word[:-1]
        if size > 5 and ("ae" in word or "oe" in word):
            word = word.replace("ae", "e").replace("oe", "e")
        if word.endswith("our") and len(word) > 4:
            word = word[:-3] + "or"
    return word


class _Norms(dict[str, "str | tuple[str, ...]"]):
    """What the words of texts are normalized to, filled when a text first holds one: a word; several, where it abbreviates
    them; none, where its place decides."""

    def __init__(self, expand: Callable[[str], tuple[str, ...]]) -> None:
        self._expand = expand

    def __missing__(self, raw: str) -> str | tuple[str, ...]:
        norms = () if raw in _BY_PLACE else self._expand(raw)
        found = self[raw] = norms[0] if len(norms) == 1 else norms
        return found


class Normalizer:
    """Cuts text into tokens with the shared abbreviations expanded.

    ``abbreviations`` maps a written form (lower case; several words allowed) to its meaning. ``spelling`` repairs the words
    of charts; the knowledge files are read without it.
    """

    def __init__(self, abbreviations: Mapping[str, str], spelling: Spelling | None = None) -> None:
        self._spelling = spelling
        self._single: dict[str, tuple[str, ...]] = {}
        self._norms = _Norms(self._expand)
        self._stems: set[str] = set()
        self._phrases_of: dict[str, list[tuple[list[str], list[str]]]] = {}
        for written, meaning in abbreviations.items():
            words = tuple(normalize(w) for w in meaning.split())
            if " " in written:
                parts = [normalize(w) for w in written.split()]
                if len(parts) != len(words):
                    raise ValueError(f"the abbreviation “{written}” must have as many words as its meaning")
                self._phrases_of.setdefault(parts[0], []).append((parts, list(words)))
            else:
                self._single[written if written.isupper() else written.lower()] = words

    def _expand(self, raw: str) -> tuple[str, ...]:
        norms = self._single.get(raw) or self._single.get(raw.lower())
        if norms is None:
            word = normalize(raw)
            norms = (self._repaired(raw.lower(), word) if self._spelling else word,)
        return norms

    def _repaired(self, raw: str, word: str) -> str:
        """The normalized word repaired; one that stays unknown and may be cut off or misread is kept for ``_complete``."""
        if (spelling := self._spelling) is None:
            return word
        fixed = spelling.repaired(word)
        if fixed != word or not word.isalpha() or spelling.is_known(word):
            return fixed
        if raw != word and raw.isalpha() and (whole := spelling.repaired(raw)) != raw:
            # What looks like a plural is a slip: "dermatomyosits".
            return whole
        if spelling.completions(word) or spelling.misread(word):
            self._stems.add(word)
        return word

    def is_cut_off(self, word: str, behind: str) -> bool:
        """Whether a word in small letters with a full stop is the beginning of a longer one, before the word ``behind``:
        "schizophr. disorder", "asp. pneumonia"."""
        spelling = self._spelling
        if spelling is None or not word.isalpha():
            return False
        unknown = not spelling.is_known(word) and bool(spelling.completions(word))
        return unknown or spelling.completed(word, "", normalize(behind), dotted=True) != word

    def _complete(self, found: Tokens, dots: list[int]) -> Tokens:
        """Cut-off and misread words completed by their neighbours ("foll lymphoma", "retinal vein occl. of"); ``dots``: the
        full stops behind words within a sentence, left out where they belong to such a word."""
        norms, starts, ends = found.norms, found.starts, found.ends
        dotted = {k - 1 for k in dots if k and ends[k - 1] == starts[k]}
        gone: set[int] = set()
        for k in sorted(dotted | {k for k, norm in enumerate(norms) if norm in self._stems}):
            after = k + 2 if k in dotted else k + 1
            ends_here = after == k + 1 and norms[after : after + 1] == ["."] and starts[after] == ends[k]
            before, behind = norms[k - 1] if k else "", norms[after] if after < len(norms) else ""
            if self._spelling and norms[k].isalpha():
                whole = self._spelling.completed(norms[k], before, behind, k in dotted or ends_here)
                if whole != norms[k]:
                    norms[k] = whole
                    found.words.add(whole)
                    gone.update({k + 1} if k in dotted else ())
        if not gone:
            return found
        kept = [k for k in range(len(norms)) if k not in gone]
        return Tokens([norms[k] for k in kept], [starts[k] for k in kept], [ends[k] for k in kept], found.words)

    def tokens(self, text: str, start: int = 0, end: int | None = None) -> Tokens:
        """Tokens of ``text[start:end]``; places are offsets into ``text``. Hyphens inside words are dropped."""
        if len(self._norms) >= _MOST_CACHED:
            self._norms.clear()
            self._stems.clear()
        stop = len(text) if end is None else end
        parts = _TOKEN.split(text[start:stop])
        edges = list(accumulate(map(len, parts), initial=start))
        raws, starts, ends = parts[1::2], edges[1:-1:2], edges[2::2]
        norms: list[Any] = list(map(self._norms.__getitem__, raws))
        # The others are few: their place decides, or they are no single word.
        others: list[int] = []
        dots: list[int] = []
        longer = 0
        for k in [k for k, norm in enumerate(norms) if norm.__class__ is tuple]:
            if not (words := norms[k]):
                words = self._by_place(text, raws, starts, ends, k, (start, stop))
                if words == (".",) and _ABBREVIATES.match(text, ends[k]):
                    dots.append(k + longer)
            if len(words) == 1:
                norms[k] = words[0]
            else:
                norms[k] = words
                others.append(k)
                longer += len(words) - 1
        for k in reversed(others):
            words = norms[k]
            norms[k : k + 1] = words
            starts[k : k + 1] = [starts[k]] * len(words)
            ends[k : k + 1] = [ends[k]] * len(words)
        known = set(norms)
        for first, phrases in self._phrases_of.items():
            if first not in known or not any(known.issuperset(written) for written, _ in phrases):
                continue
            for at in [k for k, norm in enumerate(norms) if norm == first]:
                for written, meaning in phrases:
                    if norms[at : at + len(written)] == written:
                        norms[at : at + len(written)] = meaning
                        known.update(meaning)
        found = Tokens(norms, starts, ends, known)
        cut_off = self._spelling and (dots or not known.isdisjoint(self._stems))
        return self._complete(found, dots) if cut_off else found

    def _by_place(
        self, text: str, raws: list[str], starts: list[int], ends: list[int], k: int, bounds: tuple[int, int]
    ) -> tuple[str, ...]:
        """What the token ``k`` of ``text`` is where it stands; nothing where it belongs to the word before it."""
        raw, at, to = raws[k], starts[k], ends[k]
        if raw in _HYPHENS:
            inside = at > bounds[0] and to < bounds[1] and text[at - 1].isalnum() and text[to].isalnum()
            return () if inside else (raw,)
        if raw == ".":
            # The full stop of an abbreviation within a sentence: "sev. persistent asthma".
            shortens = k and ends[k - 1] == at and raws[k - 1].lower() in self._single and _GOES_ON.match(text, to)
            return () if shortens else (raw,)
        if raw in "&+":
            # "systolic + diastolic", not "HIV+" or "2+".
            return ("and" if raw == "&" or _ADDS.match(text, at) else raw,)
        # A side, unless it is a vertebra ("L3"), a lead or an enumeration ("L.").
        side = to >= bounds[1] or not (text[to].isdigit() or text[to] in "./-")
        return (("left" if raw == "L" else "right") if side else raw.lower(),)

    def words(self, phrase: str) -> tuple[str, ...]:
        """The normalized words of one term, fillers that carry no meaning inside a term left out."""
        return tuple(n for n in self.tokens(phrase).norms if n not in ",(){}")


@cache
def expand_braces(term: str) -> tuple[str, ...]:
    """Every wording of a term with ``{a;b}`` alternatives. ``{acute;} MI`` -> ``acute MI``, ``MI``."""
    parts = _BRACES.split(term)
    choices = [part.split(";") if i % 2 else [part] for i, part in enumerate(parts)]
    return tuple(dict.fromkeys(" ".join("".join(pick).split()) for pick in product(*choices)))


def each_term(cell: str) -> Iterator[str]:
    """The single wordings of a ``|``-separated cell, braces expanded."""
    for term in cell.split("|"):
        if term := term.strip():
            yield from expand_braces(term)
