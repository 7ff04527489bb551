"""Many patterns asked of one text at once: which of them may match it is told in one pass over the text, by Hyperscan.

One search after the other costs as much as all the rest of reading a sentence, and most patterns match few texts. Hyperscan
knows no look-around, and is given ASCII: where it cannot be sure it lets too much through, never too little.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import NamedTuple

import hyperscan

from hccassist.caching import cache_folder, read_kept, write_whole

_MODE = hyperscan.HS_MODE_BLOCK
_FLAGS = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_ALLOWEMPTY
_FLAGS_OF = {
    re.IGNORECASE: hyperscan.HS_FLAG_CASELESS,
    re.MULTILINE: hyperscan.HS_FLAG_MULTILINE,
    re.DOTALL: hyperscan.HS_FLAG_DOTALL,
}
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]")
_LONG_REPEAT = re.compile(r"\{\d+,\d{3,}\}")
"""It takes Hyperscan seconds to compile "{1,4000}"; any number of times is near enough for it."""
_KEPT_FILES = 200
_FOREIGN = re.compile(r"[^\x00-\x7f]")


class Seldom:
    """A costly pattern that few texts match: ``re`` looks only where Hyperscan finds that it may."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._first_look = Patterns([pattern.pattern], re.RegexFlag(pattern.flags))

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first match in ``text[start:end]``, as ``re.Pattern.search`` finds it."""
        end = len(text) if end is None else end
        return self._pattern.search(text, start, end) if self._first_look.possible(text[start:end]) else None


class _Compiled(NamedTuple):
    """What Hyperscan made of patterns, and the numbers of those that it cannot read: any text may match them."""

    database: hyperscan.Database | None
    unread: tuple[int, ...]


class Patterns:
    """Regular expressions, read with these ``flags``. They are compiled when they are first asked,
    and kept compiled in the cache folder (``caching``). Threads may share them."""

    def __init__(self, patterns: Iterable[str], flags: re.RegexFlag = re.IGNORECASE) -> None:
        self._written = list(patterns)
        self._flags = flags
        self._read: dict[int, re.Pattern[str]] = {}
        self._of_thread = threading.local()

    def possible(self, text: str) -> list[int]:
        """The numbers of the patterns that a text may match, in order."""
        database, unread = self._compiled
        found = [*unread]
        if database:

            def note(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
                found.append(number)

            database.scan(_plain(text), match_event_handler=note, scratch=self._scratch(database))
            found.sort()
        return found

    def matching(self, text: str) -> list[int]:
        """The numbers of the patterns that match somewhere in a text, in order."""
        sure = self._sure if text.isascii() else ()
        return [number for number in self.possible(text) if number in sure or self._pattern(number).search(text)]

    def first_matches(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """The patterns that match somewhere in a text, in order: (number, its first match)."""
        for number in self.possible(text):
            if match := self._pattern(number).search(text):
                yield number, match

    def _pattern(self, number: int) -> re.Pattern[str]:
        found = self._read.get(number)
        if found is None:
            found = self._read[number] = re.compile(self._written[number], self._flags)
        return found

    def _scratch(self, database: hyperscan.Database) -> hyperscan.Scratch:
        """The room that a scan needs, of which no two threads may use one."""
        try:
            own: hyperscan.Scratch = self._of_thread.scratch
        except AttributeError:
            own = self._of_thread.scratch = hyperscan.Scratch(database)
        return own

    @cached_property
    def _sure(self) -> frozenset[int]:
        """The patterns of which Hyperscan tells all: what it finds needs no second look."""
        unsure = (_LOOKS_AROUND.search(pattern) or _LONG_REPEAT.search(pattern) for pattern in self._written)
        return frozenset(number for number, why in enumerate(unsure) if not why).difference(self._compiled.unread)

    @cached_property
    def _compiled(self) -> _Compiled:
        flags = sum((flag for own, flag in _FLAGS_OF.items() if own & self._flags), _FLAGS)
        written = [_plain(_LONG_REPEAT.sub("*", pattern)) for pattern in self._written]
        made_of = json.dumps([version("hyperscan"), platform.machine(), flags, [pattern.decode() for pattern in written]])
        path = cache_folder() / f"patterns-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.bin"
        try:
            unread, _, database = read_kept(path).partition(b"\n")
            return _Compiled(hyperscan.loadb(database, _MODE) if database else None, tuple(json.loads(unread)))
        except (OSError, ValueError, hyperscan.error):
            compiled = _compile(written, flags)
        head = json.dumps(compiled.unread).encode() + b"\n"
        write_whole(path, head + (hyperscan.dumpb(compiled.database) if compiled.database else b""), _KEPT_FILES)
        return compiled


def _compile(written: Sequence[bytes], flags: int) -> _Compiled:
    """Patterns compiled together, without those that Hyperscan refuses."""
    try:
        return _Compiled(_database(dict(enumerate(written)), flags), ())
    except hyperscan.error:
        refused = [number for number, pattern in enumerate(written) if not _is_read(pattern, flags)]
    read = {number: pattern for number, pattern in enumerate(written) if number not in refused}
    return _Compiled(_database(read, flags) if read else None, tuple(refused))


def _is_read(pattern: bytes, flags: int) -> bool:
    try:
        _database({0: pattern}, flags)
    except hyperscan.error:
        return False
    return True


def _database(patterns: Mapping[int, bytes], flags: int) -> hyperscan.Database:
    found = hyperscan.Database(mode=_MODE)
    found.compile(expressions=[*patterns.values()], ids=[*patterns], elements=len(patterns), flags=[flags] * len(patterns))
    return found


def _plain(text: str) -> bytes:
    """A text or a pattern in ASCII: each other character becomes one of its kind."""
    return (text if text.isascii() else _FOREIGN.sub(_of_its_kind, text)).encode()


def _of_its_kind(foreign: re.Match[str]) -> str:
    character = foreign[0]
    if character.isspace():
        return " "
    if character.isdecimal():
        return "0"
    return "x" if character.isalnum() else "~"
