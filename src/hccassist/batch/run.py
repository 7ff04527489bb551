"""One run: which charts are due, an executor kept busy with them, every result written down as it comes."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from rich.console import Console
from rich.text import Text

from hccassist.batch.find import Findings, Found, find_charts, is_url
from hccassist.batch.folder import Folder, FolderError
from hccassist.batch.guard import WorkerError, close_guards, screen_guarded, start_worker
from hccassist.batch.journal import Journal, Place
from hccassist.batch.outcome import Outcome, Progress, summarize, tell
from hccassist.batch.task import RESULTS, Screened, Task, not_screened
from hccassist.prepare import prepare
from hccassist.priority import PriorityError, load_priority
from hccassist.reading.kept import place_of
from hccassist.schema import ChartError, unread_because

RUN = "run.json"
_BYTES_PER_LIMIT = 50_000_000
_IDLE_SECONDS = 1.0


class BatchError(Exception):
    """The run cannot start or go on: one line with the cure."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``jobs``: worker processes of this machine. ``resume``: go on where an earlier run into the same folder
    stopped, and screen only what is new or changed. ``seconds`` a chart may take, as many again for each 50 MB of its file, and
    a thirtieth of that for each page read; ``memory`` in bytes, 0 for no limit. ``in_flight``: charts given to an executor of
    the caller's at a time. ``years``: the service years under review, all where empty."""

    jobs: int = 1
    resume: bool = False
    seconds: float = 300.0
    memory: int = 4 << 30
    in_flight: int = 0
    years: tuple[int, ...] = ()


def last_results() -> Path | None:
    """The results folder of the last run on this machine, if it is still there."""
    try:
        folder = Path(_last_file().read_text(encoding="utf-8").strip())
    except OSError:
        return None
    return folder if (folder / RESULTS).is_file() else None


def state_folder() -> Path:
    """Where this person's hccassist keeps what it must remember between runs."""
    return Path(os.environ.get("XDG_STATE_HOME", "~/.local/state")).expanduser() / "hccassist"


def _last_file() -> Path:
    return state_folder() / "last-results"


def run(
    locations: Sequence[str], out: str, console: Console, options: Options = Options(), executor: Executor | None = None
) -> Outcome:  # fmt: skip
    """Screens all charts under ``locations`` (paths or fsspec URLs) into ``out`` (a path or fsspec URL).

    Any ``concurrent.futures.Executor`` will do, whose workers have hccassist and can open the locations; without one,
    ``options.jobs`` processes of this machine. Raises ``BatchError`` when it cannot start or go on; what was screened
    until then is kept for a run that resumes."""
    started = time.monotonic()
    _check(locations, out)
    _prepare(console)
    findings = find_charts(locations, out)
    outcome = Outcome(errors=list(findings.errors), left_out=findings.left_out)
    for problem in findings.errors:
        tell(console, problem)
    try:
        folder = Folder(out)
        if not findings.charts and folder.exists(RESULTS):
            console.print(Text(f"nothing to screen; the earlier results in {out} stay as they are"), soft_wrap=True)
            return outcome
        own = _own_executor(options.jobs, len(findings.charts)) if executor is None else contextlib.nullcontext(executor)
        with own as workers:
            now = _versions(options.years)
            with contextlib.closing(_journal(folder, options, now, console)) as journal:
                # The workers of an executor may be on other machines, where this folder is not.
                kept_in = str(folder.local.absolute()) if folder.local and executor is None else ""
                journal.finish(_screen_all(findings.charts, folder, journal, outcome, console, options, workers, kept_in))
                outcome.seconds = time.monotonic() - started
                _write_beside(folder, _run_of(locations, findings, outcome, now))
    except FolderError as error:
        raise BatchError(str(error)) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BatchError(f"{out}: cannot be written ({why}); make room or access, then run again with --resume") from None
    summarize(console, outcome, out)
    return outcome


def _prepare(console: Console) -> None:
    """Wrong knowledge stops the run here, and no two workers compile it."""
    prepare(lambda line: console.print(Text(line), soft_wrap=True))
    try:
        load_priority()
    except PriorityError as error:
        raise BatchError(str(error)) from None


def _versions(years: tuple[int, ...]) -> dict[str, str]:
    """``screening.versions``. Importing it takes as long as a worker's start, so it waits until the workers are starting."""
    from hccassist.screening import versions

    return versions(years)


def _journal(folder: Folder, options: Options, now: dict[str, str], console: Console) -> Journal:
    """The folder's journal, with a word about what it held where that is not gone on with."""
    starts_anew = not options.resume and Journal.interrupted(folder)
    journal = Journal(folder, options.resume, now)
    if starts_anew:
        console.print(Text(f"{folder.location} held a run that was interrupted; it starts anew (--resume would have gone on)"))
    return journal


def _check(locations: Sequence[str], out: str) -> None:
    """Raises ``BatchError`` for what a mistyped command, or a script's empty variable, makes of the folders."""
    if not all((*locations, out)):
        raise BatchError(f"a blank {'path' if out else '--out'}; name a folder")
    if any(not is_url(each) and Path(each).is_dir() and Path(each).resolve() == Path(out).resolve() for each in locations):
        raise BatchError(f"{out}: holds the charts themselves; choose another --out folder (one inside it will do)")


def _screen_all(
    charts: Sequence[Found], folder: Folder, journal: Journal, outcome: Outcome, console: Console, options: Options,
    workers: Executor, kept_in: str,
) -> list[Place]:  # fmt: skip
    """The places of all charts' lines, in the charts' order. ``kept_in``: as ``Task.results``."""
    earlier = journal.earlier
    places: dict[int, Place] = {}
    first_with: dict[int, str] = {}
    with Progress(console, len(charts)) as progress:

        def idle() -> None:
            journal.settle()
            progress.show(outcome)

        tasks = _tasks(charts, earlier, options, kept_in)
        for n, task, done in _results(workers, tasks, options.in_flight or 2 * options.jobs, idle):
            if done.brief:
                brief, places[n] = done.brief, journal.append(done.line)
                if done.kept:
                    folder.write(place_of(done.sha256), done.kept)
            else:
                brief, places[n] = earlier[task.name, done.sha256]
            journal.settle()
            outcome.count(brief, unchanged=done.brief is None)
            if brief.error:
                tell(console, brief.error)
            else:
                first_with[n] = done.sha256
            progress.advance(outcome)
    outcome.duplicates = _duplicates(charts, first_with)
    for name, first in outcome.duplicates.items():
        tell(console, ChartError("duplicate", f"{name}: the same content as {first}; both are in the results"), "yellow")
    return [places[n] for n in range(len(charts))]


@contextlib.contextmanager
def _own_executor(jobs: int, charts: int) -> Iterator[Executor]:
    """Worker processes of this machine, no more than charts, each watched by a thread; they start at once."""
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="screen")
    try:
        for _ in range(min(jobs, charts)):
            executor.submit(start_worker)  # where it cannot, its first chart will meet that again
        yield executor
    finally:
        close_guards()
        executor.shutdown(cancel_futures=True)


def _tasks(
    charts: Sequence[Found], earlier: Iterable[tuple[str, str]], options: Options, kept_in: str
) -> Iterator[tuple[int, Task]]:
    known: dict[str, tuple[str, ...]] = {}
    for name, sha256 in earlier:
        known[name] = (*known.get(name, ()), sha256)
    for n, found in enumerate(charts):
        seconds = options.seconds * (1 + found.size / _BYTES_PER_LIMIT)
        hashes = known.get(found.name, ())
        yield n, Task(found.location, found.name, hashes, seconds, options.memory, options.years, kept_in)


def _results(
    executor: Executor, tasks: Iterator[tuple[int, Task]], in_flight: int, idle: Callable[[], None]
) -> Iterator[tuple[int, Task, Screened]]:
    """What came of each task, as it comes; never more than ``in_flight`` are given to the executor. ``idle`` is called
    while nothing comes."""
    running: dict[Future[Screened], tuple[int, Task]] = {}
    # Waiting for the first of many futures costs time for each of them; a queue does not.
    finished: SimpleQueue[Future[Screened]] = SimpleQueue()
    try:
        while True:
            while len(running) < in_flight and (following := next(tasks, None)):
                future = _submitted(executor, following[1])
                running[future] = following
                future.add_done_callback(finished.put)
            if not running:
                return
            try:
                future = finished.get(timeout=_IDLE_SECONDS)
            except Empty:
                idle()
                continue
            n, task = running.pop(future)
            yield n, task, _result(future, task)
    finally:
        for future in running:
            future.cancel()


def _submitted(executor: Executor, task: Task) -> Future[Screened]:
    try:
        return executor.submit(screen_guarded, task)
    except RuntimeError as error:  # broken or shut down
        raise _lost(error) from None


def _lost(error: Exception) -> BatchError:
    return BatchError(f"the executor answers no more ({type(error).__name__}); run again with --resume")


def _result(future: Future[Screened], task: Task) -> Screened:
    try:
        return future.result()
    except WorkerError as error:
        raise BatchError(str(error)) from None
    except (BrokenExecutor, CancelledError) as error:
        raise _lost(error) from None
    except Exception as error:
        # A cluster gives a chart up whose workers died again and again.
        message = f"{task.name}: lost with its workers ({type(error).__name__}); run again with --resume"
        return not_screened(task.name, "", "crashed", message, _versions(task.years))


def _duplicates(charts: Sequence[Found], contents: Mapping[int, str]) -> dict[str, str]:
    """Charts whose content an earlier chart has: name -> the first one's name."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for n in sorted(contents):
        name = charts[n].name
        if first.setdefault(contents[n], name) != name:
            found[name] = first[contents[n]]
    return found


def _run_of(locations: Sequence[str], findings: Findings, outcome: Outcome, now: dict[str, str]) -> dict[str, Any]:
    """What run.json holds: where the charts are, what came of them, in numbers and by name."""
    roots = [_root(location) for location in locations if is_url(location) or Path(location).exists()]
    return {
        "roots": list(dict.fromkeys(roots)),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": now,
        "summary": {
            "files": len(findings.charts), "screened": outcome.screened, "not_screened": len(outcome.errors),
            "unchanged": outcome.unchanged, "pages": outcome.pages, "pages_unread": outcome.unread.total(),
            "pages_unread_because": {unread_because(why): n for why, n in sorted(outcome.unread.items())},
            "suggestions": dict(sorted(outcome.tiers.items())), "failures": outcome.causes,
            "left_out": dict(sorted(outcome.left_out.items())), "seconds": round(outcome.seconds, 1),
        },
        "errors": sorted(({"type": e.type, "message": e.message} for e in outcome.errors), key=lambda e: (*e.values(),)),
        "duplicates": outcome.duplicates,
    }  # fmt: skip


def _write_beside(folder: Folder, value: Mapping[str, Any]) -> None:
    """What was run, the tables and the report, beside the results."""
    from hccassist.batch.report import REPORT, report
    from hccassist.batch.tables import SUMMARY, TABLES, write_tables

    folder.write(RUN, json.dumps(value, indent=1).encode())
    with tempfile.TemporaryDirectory(dir=folder.local) as scratch, folder.lines(RESULTS) as lines:
        write_tables(lines, value["duplicates"], load_priority(), Path(scratch))
        folder.write(REPORT, report(value, Path(scratch)))
        for name in (*(f"{table}.parquet" for table in TABLES), SUMMARY):
            folder.put(name if name == SUMMARY else f"tables/{name}", Path(scratch) / name)
    _remember(folder)


def _remember(folder: Folder) -> None:
    """Notes the results as this machine's last ones."""
    if folder.local is not None:
        with contextlib.suppress(OSError):
            _last_file().parent.mkdir(parents=True, exist_ok=True)
            _last_file().write_text(str(folder.local.resolve()), encoding="utf-8")


def _root(location: str) -> str:
    if is_url(location):
        return location
    path = Path(location)
    return str((path if path.is_dir() else path.parent).resolve())
