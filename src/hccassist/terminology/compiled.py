"""The compiled lexicon in one file, so that a start reads an index instead of compiling a quarter of a million wordings.

The file holds lines of JSON: the small tables, and where the others stand; then for each first word the trie of its phrases,
parsed when a text first holds that word (large parts of it when it holds their words, too), and for each phrase what it means,
parsed when a text first holds the phrase. It is mapped, not read: all workers of a machine share it.
"""

from __future__ import annotations

import hashlib
import mmap
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from hccassist.caching import cache_folder, mark_used, write_whole
from hccassist.terminology.codes import Codes, codes_version, load_codes
from hccassist.terminology.lexicon import (
    AttributeWord,
    Clue,
    Combination,
    EvidenceWord,
    HighRisk,
    Lexicon,
    Reading,
    Sites,
    Support,
    SuspectRule,
    Term,
    compile_lexicon,
)  # fmt: skip
from hccassist.terminology.phrases import Packed, Phrases, Trie, packed_trie
from hccassist.terminology.rows import Condition, ContextRow, KnowledgeError, knowledge_files, knowledge_folders, load
from hccassist.terminology.spelling import Company, Spelling, Vocabulary, companies, vocabularies
from hccassist.terminology.words import Normalizer

V = TypeVar("V")
_PHRASES: dict[str, Any] = {
    "terms": Term, "attributes": AttributeWord, "note_attributes": AttributeWord, "evidence": EvidenceWord,
    "context": ContextRow, "clues": Clue,
}  # fmt: skip
"""The lexicon's tries, and what they map to."""
_VOCABULARY = TypeAdapter(Vocabulary)
_COMPANY = TypeAdapter(dict[str, Company])
_READINGS = TypeAdapter(list[tuple[str, str, list[tuple[str, ...]]]])
_KEPT_FILES = 4
_LARGE = 60
"""Bytes of a part of a trie above which it has a line of its own."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line of the file. ``places``: per table and word where its line starts, counted behind this one."""

    crc: int
    abbreviations: dict[str, str]
    conditions: dict[str, Condition]
    sections: dict[str, str]
    sites: dict[str, str]
    combinations: dict[str, tuple[Combination, ...]]
    attribute_names: dict[str, frozenset[str]]
    implied: dict[str, tuple[str, ...]]
    high_risk: tuple[HighRisk, ...]
    support: dict[str, Support]
    suspects: tuple[SuspectRule, ...]
    places: dict[str, dict[str, int]]


_HEAD = TypeAdapter(_Head)


class _Body:
    """The lines of the file behind its first."""

    def __init__(self, file: mmap.mmap, offset: int) -> None:
        self._file, self._offset = file, offset

    def line(self, place: int) -> bytes:
        start = self._offset + place
        return self._file[start : self._file.find(b"\n", start)]


class _Table(Mapping[str, V], Generic[V]):
    """A table that is parsed a word at a time."""

    def __init__(self, body: _Body, places: dict[str, int], parse: Callable[[bytes], V]) -> None:
        self._body, self._places, self._parse = body, places, parse
        self._parsed: dict[str, V] = {}

    def __getitem__(self, word: str) -> V:
        found = self._parsed.get(word)
        if found is None:
            found = self._parsed[word] = self._parse(self._body.line(self._places[word]))
        return found

    def __contains__(self, word: object) -> bool:
        return word in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _packed(body: _Body, places: dict[str, int], value: Any) -> Packed[Any]:
    """Phrases of the file whose values are of the type ``value``."""
    parse = TypeAdapter(value).validate_json

    def trie_at(place: int) -> Trie:
        trie: Trie = from_json(body.line(place))
        return trie

    # The index's own keys answer "is this word known" without a call into Python.
    return Packed(places.keys(), lambda word: trie_at(places[word]), trie_at, lambda place: parse(body.line(place)))


@cache
def load_lexicon(own: tuple[Path, ...] = ()) -> Lexicon:
    """The shipped knowledge and the team's own (``own``: folders of a policy, after those of the environment), compiled on
    the first use of these files on a machine (some seconds).

    Raises ``KnowledgeError`` when a row of any file is wrong."""
    folders = [*knowledge_folders(), *own]
    version = knowledge_version(folders)
    path = _file_of(version)
    if lexicon := read_compiled(path, version, load_codes()):
        mark_used(path)
        return lexicon
    knowledge, problems = load(folders)
    if problems:
        raise KnowledgeError(problems)
    abbreviations = {word: word for row in knowledge.plain_words for word in row.words}
    abbreviations |= {row.written: row.meaning for row in knowledge.abbreviations}
    lexicon = compile_lexicon(knowledge, load_codes(), Normalizer(abbreviations), version)
    write_compiled(path, lexicon, abbreviations)
    return read_compiled(path, version, load_codes()) or lexicon


def compile_once(own: tuple[Path, ...] = (), tell: Callable[[str], None] = lambda _: None) -> None:
    """Leaves the compiled knowledge in the cache, so that processes that start together read it and none compiles it.
    ``tell`` gets a line for whoever waits, where it must be compiled.

    Raises ``KnowledgeError`` as ``load_lexicon`` does."""
    if not is_compiled(own):
        tell("Compiling the clinical knowledge, once on this machine; some 25 seconds")
        load_lexicon(own)


def is_compiled(own: tuple[Path, ...] = ()) -> bool:
    """Whether ``load_lexicon`` finds the compiled knowledge in the cache, and so takes no time to speak of."""
    return _file_of(knowledge_version([*knowledge_folders(), *own])).exists()


def _file_of(version: str) -> Path:
    return cache_folder() / f"lexicon-{version}.bin"


def knowledge_version(folders: Sequence[Path] | None = None) -> str:
    """A name for the knowledge as it stands: every file of it, the code that compiles it, the code set's packages."""
    digest = hashlib.sha256(codes_version().encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *knowledge_files(folders or knowledge_folders())):
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def write_compiled(path: Path, lexicon: Lexicon, abbreviations: dict[str, str]) -> None:
    """Writes the file whole or not at all; a folder that cannot be written only costs the next start its time."""
    body = bytearray()
    places: dict[str, dict[str, int]] = defaultdict(dict)

    def put(line: bytes) -> int:
        body.extend(line + b"\n")
        return len(body) - len(line) - 1

    def put_trie(trie: Trie) -> int:
        for word, child in trie.items():
            if isinstance(child, dict) and len(to_json(child)) > _LARGE:
                trie[word] = put_trie(child)
        return put(to_json(trie))

    for name, value in _PHRASES.items():
        adapter: TypeAdapter[Any] = TypeAdapter(value)
        # Many wordings mean the same: what they mean stands once.
        place_of: dict[Any, int] = {}
        for word, entries in getattr(lexicon, name).entries.items():
            for _, meant in entries:
                if meant not in place_of:
                    place_of[meant] = put(adapter.dump_json(meant, exclude_defaults=True))
            places[name][word] = put_trie(packed_trie((rest, place_of[meant]) for rest, meant in entries))
    for word, readings in lexicon.readings.items():
        rows = [
            (r.name, r.condition, [(w, *rest) for w, found in r.cues.entries.items() for rest, _ in found]) for r in readings
        ]
        places["readings"][word] = put(_READINGS.dump_json(rows))
    for letter, words in vocabulary_of(lexicon).items():
        places["vocabulary"][letter] = put(_VOCABULARY.dump_json(words))
    for stem, words_of in companies(named_wordings(lexicon)).items():
        places["company"][stem] = put(_COMPANY.dump_json(words_of))
    head = _Head(
        zlib.crc32(body), abbreviations, lexicon.conditions, lexicon.sections, dict(lexicon.sites.stems), lexicon.combinations,
        lexicon.attribute_names, lexicon.implied, lexicon.high_risk, lexicon.support, lexicon.suspects, places,
    )  # fmt: skip
    write_whole(path, _HEAD.dump_json(head, exclude_defaults=True) + b"\n" + body, _KEPT_FILES)


def named_wordings(lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """The words of every wording that names a condition or a drug."""
    for first, terms in lexicon.terms.entries.items():
        yield from ((first, *rest) for rest, _ in terms)
    for first, items in lexicon.evidence.entries.items():
        yield from ((first, *rest) for rest, item in items if item.kind == "drug")


def vocabulary_of(lexicon: Lexicon) -> dict[str, Vocabulary]:
    """The words that the knowledge and the code titles hold, and those among them that name a condition or a drug."""
    tables = [*(getattr(lexicon, name) for name in _PHRASES), *(r.cues for found in lexicon.readings.values() for r in found)]
    known = {w for table in tables for first, found in table.entries.items() for rest, _ in found for w in (first, *rest)}
    known.update(w for written in (*lexicon.readings, *lexicon.sections, *lexicon.codes.titles.values())
                 for w in lexicon.normalizer.words(written))  # fmt: skip
    return vocabularies(known, (word for words in named_wordings(lexicon) for word in words))


def read_compiled(path: Path, version: str, codes: Codes) -> Lexicon | None:
    """The lexicon in the file; None where there is none, or not a whole one."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        offset = mapped.find(b"\n") + 1
        head = _HEAD.validate_json(mapped[:offset])
        with memoryview(mapped) as view:
            if zlib.crc32(view[offset:]) != head.crc:
                return None
    except (OSError, ValueError, ValidationError):
        return None
    body = _Body(mapped, offset)

    def phrases(name: str) -> Phrases[Any]:
        return Phrases(skip_fillers=name == "terms", packed=_packed(body, head.places.get(name, {}), _PHRASES[name]))

    return Lexicon(
        version=version,
        codes=codes,
        normalizer=Normalizer(
            head.abbreviations,
            Spelling(
                _Table(body, head.places.get("vocabulary", {}), _VOCABULARY.validate_json),
                _Table(body, head.places.get("company", {}), _COMPANY.validate_json),
            ),
        ),
        conditions=head.conditions,
        terms=phrases("terms"),
        attributes=phrases("attributes"),
        note_attributes=phrases("note_attributes"),
        evidence=phrases("evidence"),
        context=phrases("context"),
        readings=_Table(body, head.places.get("readings", {}), _parse_readings),
        sections=head.sections,
        sites=Sites(head.sites),
        combinations=head.combinations,
        attribute_names=head.attribute_names,
        implied=head.implied,
        high_risk=head.high_risk,
        support=head.support,
        suspects=head.suspects,
        clues=phrases("clues"),
    )


def _parse_readings(piece: bytes) -> tuple[Reading, ...]:
    readings = []
    for name, condition, cues in _READINGS.validate_json(piece):
        found: Phrases[str] = Phrases()
        for words in cues:
            found.add(words, "")
        readings.append(Reading(name, condition, found))
    return tuple(readings)
