"""The results as they come in: a line a chart, written whole, found again after any interruption.

In a folder of this machine the lines are appended to ``suggestions.jsonl.partial``; a last line that was cut off by a power cut
is dropped on the next start. A folder at a URL cannot be appended to: there every few seconds' lines are one file under
``partial/``. When the run is done the lines become ``suggestions.jsonl``, in the order of the charts.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

from hccassist.batch.claim import Claim
from hccassist.batch.folder import Folder, FolderError
from hccassist.batch.task import PARTIAL, RESULT, RESULTS, Brief, brief_of
from hccassist.schema import ChartError

_PARTS = "partial"
_SAFE_SECONDS = 1.0
_PART_SECONDS = 5.0
_PART_BYTES = 8_000_000
_PASSING = frozenset({"crashed", "internal", "memory_limit", "missing", "time_limit", "unreadable"})
"""Errors that another try may not meet again: the file or the machine may be better now."""


class Place(NamedTuple):
    """Where a line stands: in which of the journal's files, from which byte, how long."""

    file: int
    offset: int
    length: int


def _lasts(error: ChartError | None) -> bool:
    """Whether the same content would come to this again."""
    return error is None or error.type not in _PASSING


class Journal:
    """The lines of one run. ``earlier``: lines that earlier runs left and that stand as long as their file does, by name and
    content, when the run resumes them; ``versions``: what makes a result now."""

    def __init__(self, folder: Folder, resume: bool, versions: dict[str, str]) -> None:
        self._folder = folder
        self._versions = versions
        self._claim = Claim(folder) if folder.local is None else None
        self.earlier: dict[tuple[str, str], tuple[Brief, Place]] = {}
        self._files: list[IO[bytes]] = [self._open_partial(resume)]
        self._size = 0
        self._safe_at = self._part_at = time.monotonic()
        self._part = bytearray()
        self._parts = 0
        self._finished = False
        if resume:
            self._resume()
        else:
            for name in self._part_names():
                folder.remove(name)
        self._files[0].truncate(self._size)

    @staticmethod
    def interrupted(folder: Folder) -> bool:
        """Whether the folder holds a run that was not finished."""
        return folder.exists(PARTIAL) if folder.local is not None else bool(folder.names(_PARTS))

    def _open_partial(self, resume: bool) -> IO[bytes]:
        if self._folder.local is None:
            return tempfile.TemporaryFile()
        file = (self._folder.local / PARTIAL).open("r+b" if resume and self.interrupted(self._folder) else "a+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise FolderError(f"{self._folder.location}: another run is writing there; wait, or choose another --out") from None
        if not resume:
            file.truncate(0)
        return file

    def _part_names(self) -> list[str]:
        return self._folder.names(_PARTS) if self._folder.local is None else []

    def _resume(self) -> None:
        if self._folder.local is None:
            parts = self._part_names()
            self._parts = len(parts)
            for name in (RESULTS, *parts):
                for line in (self._folder.read(name) or b"").splitlines(keepends=True):
                    self._files[0].write(line)
            self._files[0].seek(0)
        elif self._folder.exists(RESULTS):
            self._files.append((self._folder.local / RESULTS).open("rb"))
            self._find_earlier(1)
        self._size = self._find_earlier(0)

    def _find_earlier(self, file: int) -> int:
        """Takes note of the lines that stand in one of the files; where the last whole line ends."""
        offset = 0
        # A reader of its own: the journal's own file is not buffered.
        with os.fdopen(os.dup(self._files[file].fileno()), "rb") as lines:
            for line in lines:
                try:
                    result = RESULT.validate_json(line)
                except ValueError:
                    break
                if not line.endswith(b"\n"):
                    break
                if result.sha256 and result.versions == self._versions and _lasts(result.error):
                    self.earlier[result.chart, result.sha256] = brief_of(result), Place(file, offset, len(line))
                offset += len(line)
        return offset

    def append(self, line: bytes) -> Place:
        """Writes one line, with its newline; it outlives this process at once and a power cut within seconds."""
        place = Place(0, self._size, len(line))
        self._files[0].seek(self._size)
        rest = memoryview(line)
        while rest:
            rest = rest[self._files[0].write(rest) :]
        self._size += len(line)
        if self._folder.local is None:
            self._part += line
        self.settle()
        return place

    def settle(self, now: bool = False) -> None:
        """Brings what was appended to where it is safe, once in a while or ``now``."""
        at = time.monotonic()
        if self._claim is not None:
            self._claim.check()
        if self._folder.local is not None:
            if now or at - self._safe_at > _SAFE_SECONDS:
                os.fsync(self._files[0].fileno())
                self._safe_at = time.monotonic()
        elif self._part and (now or len(self._part) > _PART_BYTES or at - self._part_at > _PART_SECONDS):
            self._parts += 1
            self._folder.write(f"{_PARTS}/{self._parts:06}.jsonl", bytes(self._part))
            self._part.clear()
            self._part_at = time.monotonic()

    def read(self, place: Place) -> bytes:
        """A line that was appended or found."""
        file = self._files[place.file]
        file.seek(place.offset)
        return file.read(place.length)

    def finish(self, order: Sequence[Place]) -> None:
        """Makes the lines at these places, in this order, the results."""
        self.settle(now=True)
        with tempfile.TemporaryDirectory(dir=self._folder.local) as scratch:
            whole = Path(scratch) / RESULTS
            with whole.open("wb") as file:
                for place in order:
                    file.write(self.read(place))
                file.flush()
                os.fsync(file.fileno())
            self._folder.put(RESULTS, whole)
        self._finished = True

    def close(self) -> None:
        """Gives the folder back. What was appended stays for the next run to resume, unless the results hold it all."""
        if self._finished:
            for name in self._part_names() if self._folder.local is None else [PARTIAL]:
                self._folder.remove(name)
        for file in self._files:
            file.close()  # the lock goes last: no other run takes a file that is about to be removed
        if self._claim is not None:
            self._claim.release()
            self._claim = None
