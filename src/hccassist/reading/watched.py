"""A process that is watched: it answers one request at a time, within its time and memory, whatever a file does to it.

``Watched`` is this end of it; ``serve`` is what the process itself runs. Libraries that read files are not to be trusted with
every file: a page may take them hours or all memory, and nothing but the end of their process stops them.
"""

from __future__ import annotations

import math
import os
import resource
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import Literal

import psutil

READY, PAGE, READ = b"ready", b"page", b"read"
"""What a worker says beside its answer: that it has started, that it reads a page (the first or another one), and that all
pages are read."""
_LOOK = 0.1
_STARTS = 3
_START_SECONDS = 300.0
_GROWN = 1 << 30
"""Bytes of memory after an answer from which a worker is replaced, so that a run of any length takes no more; or this share of
what a request may take, so that none pays for the one before it."""
_GROWN_SHARE = 0.75
_PAGE_SHARE, _MOST_SHARES = 1 / 30, 20
"""How much of a request's time each page that is read adds, and how many times that time all pages add at most: a long scan may
take its time, a file made to take forever may not."""
_BACKSTOP = 4
"""Address space a worker may map, in memory limits: its watch looks ten times a second, this stops what is faster."""

Cause = Literal["time_limit", "page_limit", "memory_limit", "crashed"]
Say = Callable[[bytes], None]


class WorkerError(Exception):
    """No worker process could be started: one line with the cure."""


class EndedError(Exception):
    """The worker was ended or died over a request: why, ``how`` it ended, and the ``page`` (from 1) that it read then, 0
    for none."""

    def __init__(self, cause: Cause, page: int = 0, how: str = "") -> None:
        super().__init__(cause)
        self.cause, self.page, self.how = cause, page, how


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a request may take: seconds in all and for one page, bytes of memory (0: no limit)."""

    seconds: float
    page_seconds: float = math.inf
    memory: int = 0


class Watched:
    """One worker process, ``python -m module FD``, and the watch over it. It lives from request to request, and is replaced
    when it died, was ended, or has grown."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: psutil.Process | None = None
        self._connection: Connection | None = None
        self._look_at = 0.0
        self.closed = False

    def ask(self, request: bytes, parts: int, bounds: Bounds) -> list[bytes]:
        """The parts of the worker's answer. Raises ``EndedError`` and ``WorkerError``."""
        connection = self.start()
        try:
            connection.send_bytes(request)
            answer = [self._await(connection, bounds), *(connection.recv_bytes() for _ in range(parts - 1))]
        except (EOFError, OSError):
            ended = EndedError("crashed", how=self._how_it_ended())
            self.stop()
            raise ended from None
        except EndedError:
            self.stop()
            raise
        if self._is_due() and self._memory() > min(_GROWN, _GROWN_SHARE * bounds.memory or _GROWN):
            self.stop()
        return answer

    def _await(self, connection: Connection, bounds: Bounds) -> bytes:
        """The first part of an answer."""
        started = now = time.monotonic()
        pages, page, page_end = 0, 0, math.inf
        said = select.poll()  # the connection's own poll makes one for each question
        said.register(connection, select.POLLIN)
        while True:
            if said.poll(1000 * _LOOK):
                part = connection.recv_bytes()
                if part not in (PAGE, READ):
                    return part
                pages += part == PAGE
                page, page_end = (pages, now + bounds.page_seconds) if part == PAGE else (0, math.inf)
            now = time.monotonic()
            if bounds.memory and self._is_due() and self._memory() > bounds.memory:
                raise EndedError("memory_limit", page)
            if now > started + bounds.seconds * (1 + min(pages * _PAGE_SHARE, _MOST_SHARES)):
                raise EndedError("time_limit", page)
            if now > page_end:
                raise EndedError("page_limit", page)

    def start(self) -> Connection:
        """The worker's end, started where there is none; one that dies while it starts is started again. Raises
        ``WorkerError``."""
        how = ""
        for _ in range(_STARTS):
            if self.closed:
                raise WorkerError("the run was stopped")
            if self._connection is not None:
                return self._connection
            how = self._start_once()
        if self._connection is None:
            raise WorkerError(f"a worker process cannot start ({how}); try `hccassist knowledge check`")
        return self._connection

    def _start_once(self) -> str:
        """Starts a worker; one that ends before it is ready leaves no connection, and what is returned says how it ended."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", self._module, str(theirs.fileno())]
        # A session of its own: Ctrl-C is for the run, which then ends its workers. What libraries print may hold words.
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        with suppress(psutil.Error):  # it may have ended already
            self._seen = psutil.Process(self._process.pid)
        self._connection = connection = Connection(ours.detach())
        try:
            if not connection.poll(_START_SECONDS) or connection.recv_bytes() != READY:
                raise EOFError
        except (EOFError, OSError):
            how = self._how_it_ended()
            self.stop()
            return how
        return ""

    def _is_due(self) -> bool:
        """Whether it is time for another look at the worker's memory: it costs more than a message."""
        now = time.monotonic()
        due = now >= self._look_at
        if due:
            self._look_at = now + _LOOK
        return due

    def _memory(self) -> int:
        try:
            return int(self._seen.memory_info().rss) if self._seen else 0
        except psutil.Error:
            return 0

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(5) if self._process else 0
        except subprocess.TimeoutExpired:
            return "no answer"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """Ends the worker; the next request starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = self._seen = None

    def close(self) -> None:
        """Ends the worker for good, from any thread: its request, if any, is given up."""
        self.closed = True
        if self._process is not None:
            self._process.kill()


def serve(answer: Callable[[bytes, Say], Sequence[bytes]], prepare: Callable[[], object]) -> None:
    """Prepares, then answers requests until the other end is closed. ``answer`` gets each, and what tells the watch how it
    goes on."""
    connection = Connection(int(sys.argv[1]))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    prepare()
    with suppress(EOFError, OSError):
        connection.send_bytes(READY)
        while True:
            for part in answer(connection.recv_bytes(), connection.send_bytes):
                connection.send_bytes(part)


def _end_with_parent(parent: int) -> None:
    """Ends this process, whatever it is at, when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@cache
def limit_address_space(memory: int) -> None:
    """Keeps this process from mapping much more than a request may take."""
    limit = memory * _BACKSTOP
    # Not every system knows this limit; the watch's own holds everywhere.
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
