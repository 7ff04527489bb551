"""Files opened while somebody waits, a page's picture or a chart's text, in a process that is watched: a hostile file costs
its picture, and not the reviewer of everybody.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hccassist.reading.errors import ReadError
from hccassist.reading.kept import unpacked
from hccassist.reading.limits import ENVIRONMENT, Limits, configured
from hccassist.reading.watched import Bounds, EndedError, Watched, WorkerError
from hccassist.schema import Chart

_WORKERS = 2
_PATIENCE = 2.0
"""By how much a page may overrun its seconds, which its reader keeps itself where its libraries let it."""

_idle: queue.LifoQueue[Watched] = queue.LifoQueue()
for _ in range(_WORKERS):
    _idle.put(Watched("hccassist.reading.opener"))


def page_image(path: Path, page_number: int, scale: float = 1.5, limits: Limits | None = None) -> bytes:
    """Page ``page_number`` (from 1) of a PDF or image file as PNG, ``scale`` pixels a point; raises ``ReadError``
    where the file has no such page, is of a kind that has no pages to show, or takes more than ``limits`` allow."""
    limits = limits or configured()
    try:
        bounds = Bounds(_PATIENCE * limits.draw_seconds, memory=limits.memory)
        return _asked({"path": str(path), "page": page_number, "scale": scale}, path.name, bounds, limits)
    except EndedError as ended:
        raise _ended(ended, path.name, f"page {page_number} takes too long to draw", limits) from None


def read_text(path: Path, name: str, limits: Limits | None = None) -> Chart:
    """The chart in the file at ``path`` as ``read_chart`` reads it, without its word boxes. Raises ``ReadError``."""
    limits = limits or configured()
    try:
        bounds = Bounds(limits.seconds, _PATIENCE * limits.page_seconds, limits.memory)
        return unpacked(_asked({"path": str(path), "name": name}, name, bounds, limits))
    except EndedError as ended:
        which = f"page {ended.page} " if ended.cause == "page_limit" else ""
        raise _ended(ended, name, f"{which}takes too long to read", limits) from None


def _asked(what: dict[str, Any], name: str, bounds: Bounds, limits: Limits) -> bytes:
    request = {**what, "limits": asdict(replace(limits, on_page=None))}
    with _worker() as worker:
        try:
            kind, answer = worker.ask(json.dumps(request).encode(), 2, bounds)
        except WorkerError as error:
            raise ReadError("unreadable", f"{name}: {error}") from None
    if kind:
        raise ReadError(kind.decode(), answer.decode())
    return answer


@contextmanager
def _worker() -> Iterator[Watched]:
    worker = _idle.get()
    try:
        yield worker
    finally:
        _idle.put(worker)


def _ended(ended: EndedError, name: str, too_long: str, limits: Limits) -> ReadError:
    """The error of a request that was given up."""
    cure = "print the file to PDF anew"
    if ended.cause == "memory_limit":
        return ReadError("memory_limit", f"{name}: takes more than {limits.memory / 2**20:,.0f} MiB to open; {cure}")
    if ended.cause == "crashed":
        return ReadError("crashed", f"{name}: its reader died ({ended.how}); {cure}, or report it")
    return ReadError("time_limit", f"{name}: {too_long}; {cure}, or raise the limits ({ENVIRONMENT})")
