"""Screens charts, one after the other, in a process of its own: ``python -m hccassist.batch.worker FD``. Nothing of a chart is
printed.
"""

from __future__ import annotations

import gc
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hccassist.batch.task import HEAD, Screened, Task, not_screened, of_result
from hccassist.reading import ReadError, check_size, file_content, read_bytes
from hccassist.reading.kept import keep, packed
from hccassist.reading.limits import Limits, configured
from hccassist.reading.watched import PAGE, READ, Say, limit_address_space, serve
from hccassist.schema import Chart

_COLLECT_AFTER = 50_000
"""New objects after which the youngest are searched for rings: a few charts' worth."""


def main() -> None:
    """Serves tasks until the other end of the socket is closed."""
    from hccassist.screening import load_screener

    def prepare() -> None:
        load_screener()
        spare_collector()

    serve(_answer, prepare)


def _answer(request: bytes, say: Say) -> tuple[bytes, bytes, bytes]:
    done = screened(Task(**json.loads(request)), say)
    return HEAD.dump_json((done.sha256, done.brief)), done.line, done.kept


def spare_collector() -> None:
    """Keeps the garbage collector off what stays. A chart's objects go when their last user does; looking for rings among
    the hundred thousands of the lexicon, again and again, took a sixth of a worker's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _unheard(_: bytes) -> None:
    """Nobody watches."""


def screened(task: Task, say: Say = _unheard) -> Screened:
    """Reads and screens one chart. One that cannot be read is a line with status "error", never an exception. ``say`` is
    told when another page of it is read, and when all are."""
    from hccassist.screening import load_screener, screen

    if task.memory:
        limit_address_space(task.memory)
    sha256, screener = "", replace(load_screener(), years=tuple(task.years))
    limits = replace(configured(), on_page=lambda: say(PAGE))
    try:
        data = content(task, limits)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in task.known:
            return Screened(sha256)
        say(PAGE)
        chart = read_bytes(data, task.name, limits)
        say(READ)
        from hccassist.encounters import find_encounters

        return of_result(screen(chart, find_encounters(chart), screener), _kept(task.results, chart))
    except ReadError as error:
        return not_screened(task.name, sha256, error.type, error.message, screener.versions)
    except MemoryError:
        message = f"{task.name}: takes more memory than a chart may; split the file or raise --memory-limit"
        return not_screened(task.name, sha256, "memory_limit", message, screener.versions)
    except Exception as error:
        # A defect of ours must not stop the run; its text may hold chart words, so only its kind is told.
        message = f"{task.name}: could not be screened ({type(error).__name__}); please report this file's kind"
        return not_screened(task.name, sha256, "internal", message, screener.versions)


def _kept(results: str, chart: Chart) -> bytes:
    """What is left for the run to keep of a chart's text: nothing where it could be kept in the results folder from here."""
    if results:
        with suppress(OSError):
            keep(Path(results), chart)
            return b""
    return packed(chart)


def content(task: Task, limits: Limits) -> bytes:
    """The file's bytes, from this machine or from where its URL points; raises ``ReadError``."""
    if "://" not in task.location:
        return file_content(Path(task.location), task.name, limits)
    fs, path = filesystem_of(task.location)
    try:
        check_size(int(fs.size(path) or 0), task.name, limits)
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


if __name__ == "__main__":
    main()
