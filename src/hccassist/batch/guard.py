"""Each chart screened in a process that is watched (``reading/watched.py``), so that no chart can take a worker with it.

``screen_guarded`` is the function that a run gives to its executor. Each thread that calls it has a worker process of its own.
So any executor will do: threads of this process, the processes of a pool, the workers of a cluster.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict

from hccassist.batch.task import HEAD, Screened, Task, not_screened
from hccassist.reading.limits import configured
from hccassist.reading.watched import Bounds, EndedError, Watched, WorkerError

__all__ = ["WorkerError", "close_guards", "screen_guarded", "start_worker"]

_WORKER = "hccassist.batch.worker"
_PATIENCE = 2.0
"""By how much a page may overrun its seconds, which its reader keeps itself where its libraries let it."""

_OF_THREAD = threading.local()
_WORKERS: list[Watched] = []


def _forget_workers() -> None:
    """A forked process has no worker yet: those of its parent answer its parent alone."""
    _OF_THREAD.__dict__.clear()
    _WORKERS.clear()


os.register_at_fork(after_in_child=_forget_workers)


def start_worker() -> None:
    """Starts this thread's worker process ahead of its first chart. Raises ``WorkerError`` where it cannot start."""
    _worker().start()


def _worker() -> Watched:
    worker: Watched | None = getattr(_OF_THREAD, "worker", None)
    if worker is None:
        worker = _OF_THREAD.worker = Watched(_WORKER)
        _WORKERS.append(worker)
    return worker


def screen_guarded(task: Task) -> Screened:
    """Screens one chart in this thread's worker process. Raises ``WorkerError`` where none can be started."""
    worker = _worker()
    try:
        return _screened(worker, task)
    except EndedError as ended:
        if ended.cause != "crashed" or worker.closed:
            return _given_up(task, ended)
    # A second try: what killed the worker may have been the machine, not the chart.
    try:
        return _screened(worker, task)
    except EndedError as ended:
        return _given_up(task, ended)


def _screened(worker: Watched, task: Task) -> Screened:
    bounds = Bounds(task.seconds, _PATIENCE * configured().page_seconds, task.memory)
    head, line, kept = worker.ask(json.dumps(asdict(task)).encode(), 3, bounds)
    sha256, brief = HEAD.validate_json(head)
    return Screened(sha256, line, brief, kept)


def _given_up(task: Task, ended: EndedError) -> Screened:
    from hccassist.screening import versions

    # A chart of one page is at its first from the beginning: that tells nothing.
    at = f" at page {ended.page}" if ended.page > 1 else ""
    sentence = {
        "time_limit": f"took more than {task.seconds:,.0f} seconds and more a page{at}; split the file or raise --time-limit",
        "page_limit": f"page {ended.page} takes too long to read; print the file to PDF anew or take that page out",
        "memory_limit": f"took more than {task.memory / 2**20:,.0f} MiB{at}; split the file or raise --memory-limit",
        "crashed": f"its reader died ({ended.how}); export the file again, or report it",
    }[ended.cause]
    type = "time_limit" if ended.cause == "page_limit" else ended.cause
    return not_screened(task.name, "", type, f"{task.name}: {sentence}", versions(task.years))


def close_guards() -> None:
    """Ends every worker process that threads of this process have started."""
    while _WORKERS:
        _WORKERS.pop().close()
