"""Watches the process that screens: one chart at a time, within its time and memory, whatever the chart does to it.

``screen_guarded`` is the function that a run gives to its executor. Each thread that calls it has a worker process of its own,
which lives from chart to chart and is replaced when it died, was ended, or has grown. So any executor will do: threads of this
process, the processes of a pool, the workers of a cluster.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from multiprocessing.connection import Connection

import psutil

from hccassist.batch.task import Screened, Task, error_line
from hccassist.batch.worker import PAGE, READY

_LOOK = 0.1
_STARTS = 3
_START_SECONDS = 300.0
_GROWN = 1 << 30
"""Bytes of memory after a chart from which a worker is replaced, so that a run of any length takes no more; or this share of
what a chart may take, so that none pays for the one before it."""
_GROWN_SHARE = 0.75
_TRIES = 2
_PAGE_SHARE = 0.1
"""How much of a chart's time each page of it that was read adds."""


class WorkerError(Exception):
    """No worker process could be started: one line with the cure."""


class _Ended(Exception):
    """The worker was ended or died over a chart: ``type`` and the sentence for its error."""

    def __init__(self, type: str, sentence: str) -> None:
        super().__init__(type)
        self.type, self.sentence = type, sentence


class Guard:
    """One worker process and the watch over it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._closed = False

    def screen(self, task: Task) -> Screened:
        """What came of the task. A worker that dies over a chart gets a second try at it: what killed it may have been
        the machine, not the chart."""
        for last in (*[False] * (_TRIES - 1), True):
            try:
                return self._screen(task)
            except _Ended as ended:
                self.stop()
                if last or ended.type != "crashed" or self._closed:
                    from hccassist.screening import versions

                    return Screened("", error_line(task.name, "", ended.type, f"{task.name}: {ended.sentence}", versions()))
        raise AssertionError("unreachable")

    def _screen(self, task: Task) -> Screened:
        connection = self._started()
        try:
            connection.send_bytes(json.dumps(asdict(task)).encode())
            sha256 = self._await(connection, task.seconds, task.memory)
            line, kept = connection.recv_bytes(), connection.recv_bytes()
        except (EOFError, OSError):
            raise _Ended("crashed", f"its reader died ({self._how_it_ended()}); export the file again, or report it") from None
        if self._memory() > min(_GROWN, _GROWN_SHARE * task.memory or _GROWN):
            self.stop()
        return Screened(sha256.decode(), line, kept)

    def _await(self, connection: Connection, seconds: float, memory: int) -> bytes:
        """The first part of what came of a chart. Each page that was read gives it more time: a long scan is no runaway."""
        end = time.monotonic() + seconds
        while True:
            if connection.poll(_LOOK):
                if (part := connection.recv_bytes()) != PAGE:
                    return part
                end += seconds * _PAGE_SHARE
            if memory and self._memory() > memory:
                raise _Ended(
                    "memory_limit", f"took more than {memory / 2**20:,.0f} MiB; split the file or raise --memory-limit"
                )
            if time.monotonic() > end:
                raise _Ended("time_limit", f"took more than {seconds:,.0f} seconds; split the file or raise --time-limit")

    def _started(self) -> Connection:
        """The worker's end, started where there is none; one that dies while it starts is started again."""
        how = ""
        for _ in range(_STARTS):
            if self._closed:
                raise WorkerError("the run was stopped")
            if self._connection is not None:
                return self._connection
            how = self._start()
        if self._connection is None:
            raise WorkerError(f"a worker process cannot start ({how}); try `hccassist knowledge check`")
        return self._connection

    def _start(self) -> str:
        """Starts a worker; one that ends before it is ready leaves no connection, and what is returned says how it ended."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "hccassist.batch.worker", str(theirs.fileno())]
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
        self._connection = connection = Connection(ours.detach())
        try:
            if not connection.poll(_START_SECONDS) or connection.recv_bytes() != READY:
                raise EOFError
        except (EOFError, OSError):
            how = self._how_it_ended()
            self.stop()
            return how
        return ""

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss) if self._process else 0
        except psutil.Error:
            return 0

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(5) if self._process else 0
        except subprocess.TimeoutExpired:
            return "no answer"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """Ends the worker; the next task starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends the worker for good, from any thread: its chart, if any, is given up."""
        self._closed = True
        if self._process is not None:
            self._process.kill()


_OF_THREAD = threading.local()
_GUARDS: list[Guard] = []


def screen_guarded(task: Task) -> Screened:
    """Screens one chart in this thread's worker process. Raises ``WorkerError`` where none can be started."""
    guard: Guard | None = getattr(_OF_THREAD, "guard", None)
    if guard is None:
        guard = _OF_THREAD.guard = Guard()
        _GUARDS.append(guard)
    return guard.screen(task)


def close_guards() -> None:
    """Ends every worker process that threads of this process have started."""
    while _GUARDS:
        _GUARDS.pop().close()
