"""That one run alone writes into a folder at a URL, where no file can be locked.

A run leaves a file there that changes every few seconds. Who finds one watches it for a while: while it changes, another run is
at work; when it stays as it is, that run was killed. No clock is compared: those of two machines differ.

Of runs that begin at once exactly one goes on, the last to write its name: who finds another's there never writes again, so
nobody's name can follow the last one's. None writes anything else before it has looked once more, some time after its name was
there: a short run would be through before it met the other.
"""

from __future__ import annotations

import json
import socket
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread

from hccassist.batch.folder import Folder, FolderError

RUNNING = "running.json"
_SURE_SECONDS = 1.0
"""How long after its own name a run looks for another's: longer than the other can take between its look and its own name."""
_BEAT_SECONDS = 2.0
_WATCH_SECONDS = 10.0


class Claim:
    """Taken when it is made, given back by ``release``. Raises FolderError where another run has the folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._said = {
            "run": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._ended, self._sure = Event(), Event()
        self._taken: bytes | None = None
        before = folder.read(RUNNING)
        if before is not None and _changes(folder, before):
            raise FolderError(_another(folder, before))
        self._beat(0)
        self._thread = Thread(target=self._beats, name="claim", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises FolderError where another run has taken the folder; waits until that can be told of one that began at once."""
        self._sure.wait(_WATCH_SECONDS)
        if self._taken is not None:
            raise FolderError(_another(self._folder, self._taken))

    def release(self) -> None:
        """The folder is free for others."""
        self._ended.set()
        self._thread.join()
        with suppress(OSError):  # else the file stays as it is, as that of a run that was killed
            self._look()
            if self._taken is None:
                self._folder.remove(RUNNING)

    def _beats(self) -> None:
        number, pause = 0, _SURE_SECONDS
        while not self._ended.wait(pause):
            pause = _BEAT_SECONDS
            try:
                self._look()
                self._sure.set()
                if self._taken is not None:
                    return
                number += 1
                self._beat(number)
            except Exception:  # every store has errors of its own; the results themselves meet them too, and say so
                continue

    def _beat(self, number: int) -> None:
        self._folder.write(RUNNING, json.dumps({**self._said, "beat": number}).encode())

    def _look(self) -> None:
        there = self._folder.read(RUNNING)
        if there is not None and _told(there).get("run") != self._said["run"]:
            self._taken = there


def _changes(folder: Folder, before: bytes) -> bool:
    end = time.monotonic() + _WATCH_SECONDS
    while time.monotonic() < end:
        time.sleep(_BEAT_SECONDS / 2)
        now = folder.read(RUNNING)
        if now != before:
            return now is not None
    return False


def _another(folder: Folder, there: bytes) -> str:
    told = _told(there)
    who = f" ({told['host']}, since {told['since']})" if {"host", "since"} <= told.keys() else ""
    return f"{folder.location}: another run is writing there{who}; wait, or choose another --out"


def _told(there: bytes) -> dict[str, object]:
    try:
        told = json.loads(there)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
