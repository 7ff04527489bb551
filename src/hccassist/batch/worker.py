"""Screens charts, one after the other, in a process of its own: ``python -m hccassist.batch.worker FD``.

It gets each task and returns what came of it over a socket, as JSON and bytes; ``guard`` holds the other end, and ends this
process when a chart takes too much. Nothing of a chart is printed.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hccassist.batch.task import Screened, Task, error_line, line_of
from hccassist.reading import ReadError, check_size, file_content, read_bytes
from hccassist.reading.limits import Limits

READY, PAGE = b"ready", b"page"
"""What the worker says beside results: that it has started, and that a page was read."""
_COLLECT_AFTER = 50_000
"""New objects after which the youngest are searched for rings: a few charts' worth."""
_BACKSTOP = 4
"""Address space a worker may map, in memory limits: the guard looks ten times a second, this stops what is faster."""


def main() -> None:
    """Serves tasks until the other end of the socket is closed."""
    connection = Connection(int(sys.argv[1]))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from hccassist.screening import load_screener

    load_screener()
    spare_collector()
    connection.send_bytes(READY)
    with suppress(EOFError, OSError):
        while True:
            task = Task(**json.loads(connection.recv_bytes()))
            done = screened(task, lambda: connection.send_bytes(PAGE))
            for part in (done.sha256.encode(), done.line, done.kept):
                connection.send_bytes(part)


def spare_collector() -> None:
    """Keeps the garbage collector off what stays. A chart's objects go when their last user does; looking for rings among
    the hundred thousands of the lexicon, again and again, took a sixth of a worker's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _end_with_parent(parent: int) -> None:
    """Ends this process, whatever it is at, when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def screened(task: Task, on_page: Callable[[], None] | None = None) -> Screened:
    """Reads and screens one chart. One that cannot be read is a line with status "error", never an exception. ``on_page`` is
    called for each page of it that was read."""
    from hccassist.screening import load_screener, screen

    if task.memory:
        _limit_address_space(task.memory * _BACKSTOP)
    sha256, screener = "", replace(load_screener(), years=tuple(task.years))
    try:
        data = content(task)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in task.known:
            return Screened(sha256)
        chart = read_bytes(data, task.name, Limits(on_page=on_page))
        from hccassist.encounters import find_encounters
        from hccassist.reading.kept import packed

        line = line_of(screen(chart, find_encounters(chart), screener))
        return Screened(sha256, line, packed(chart))
    except ReadError as error:
        return Screened(sha256, error_line(task.name, sha256, error.type, error.message, screener.versions))
    except MemoryError:
        message = f"{task.name}: takes more memory than a chart may; split the file or raise --memory-limit"
        return Screened(sha256, error_line(task.name, sha256, "memory_limit", message, screener.versions))
    except Exception as error:
        # A defect of ours must not stop the run; its text may hold chart words, so only its kind is told.
        message = f"{task.name}: could not be screened ({type(error).__name__}); please report this file's kind"
        return Screened(sha256, error_line(task.name, sha256, "internal", message, screener.versions))


def content(task: Task) -> bytes:
    """The file's bytes, from this machine or from where its URL points; raises ``ReadError``."""
    if "://" not in task.location:
        return file_content(Path(task.location), task.name)
    fs, path = filesystem_of(task.location)
    try:
        check_size(int(fs.size(path) or 0), task.name)
        data: bytes = fs.cat_file(path)
    except ReadError:
        raise
    except FileNotFoundError:
        raise ReadError("missing", f"{task.name}: not at its address any more; check the folder") from None
    except Exception as error:  # every store has errors of its own
        raise ReadError(
            "unreadable", f"{task.name}: cannot be fetched ({type(error).__name__}); check network and access rights"
        ) from None
    return data


@cache
def _store(protocol: str) -> Any:
    import fsspec

    return fsspec.filesystem(protocol, skip_instance_cache=True)


def filesystem_of(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL and the path in it."""
    store = _store(url.split("://", 1)[0])
    return store, store._strip_protocol(url)


@cache
def _limit_address_space(limit: int) -> None:
    # Not every system knows this limit; the guard's own holds everywhere.
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


if __name__ == "__main__":
    main()
