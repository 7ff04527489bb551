"""One run: which charts are due, an executor kept busy with them, every result written down as it comes."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from hccassist.batch.find import Findings, Found, find_charts, is_url
from hccassist.batch.folder import Folder, FolderError
from hccassist.batch.guard import WorkerError, close_guards, screen_guarded
from hccassist.batch.journal import RESULTS, Brief, Journal, Place, brief_of
from hccassist.batch.task import RESULT, Screened, Task, error_line
from hccassist.priority import PriorityError, load_priority
from hccassist.reading.kept import place_of
from hccassist.schema import ChartError, unread_because
from hccassist.screening import prepare, versions

RUN = "run.json"
_BYTES_PER_LIMIT = 50_000_000
_TOLD_SECONDS = 60.0


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


@dataclass(slots=True)
class Outcome:
    """What a run did. ``errors``: charts that were not screened, and paths that could not be used; ``duplicates``: charts
    (by name) whose content is that of an earlier one; ``unchanged``: charts whose earlier result stands."""

    screened: int = 0
    unchanged: int = 0
    pages: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    errors: list[ChartError] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def count(self, brief: Brief, unchanged: bool) -> None:
        """Adds one chart."""
        self.unchanged += unchanged
        if brief.error:
            self.errors.append(brief.error)
            return
        self.screened += 1
        self.pages += brief.pages
        self.unread.update(brief.unread)
        self.tiers.update(brief.tiers)


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
    prepare()  # wrong knowledge stops the run here, and no two workers compile it
    try:
        load_priority()
    except PriorityError as error:
        raise BatchError(str(error)) from None
    findings = find_charts(locations)
    outcome = Outcome(errors=list(findings.errors), left_out=findings.left_out)
    for problem in findings.errors:
        _tell(console, problem)
    try:
        folder = Folder(out)
        if not options.resume and Journal.interrupted(folder):
            console.print(Text(f"{out} holds a run that was interrupted; it starts anew (--resume goes on instead)"))
        journal = Journal(folder, options.resume)
    except FolderError as error:
        raise BatchError(str(error)) from None
    try:
        places = _screen_all(findings, folder, journal, outcome, console, options, executor)
        journal.finish(places)
        outcome.seconds = time.monotonic() - started
        value = _run_of(locations, findings, outcome)
        folder.write(RUN, json.dumps(value, indent=1).encode())
        _write_tables(folder, value)
        _remember(folder)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BatchError(f"{out}: cannot be written ({why}); make room or access, then run again with --resume") from None
    finally:
        journal.close()
    _summarize(console, outcome, out)
    return outcome


def _screen_all(
    findings: Findings,
    folder: Folder,
    journal: Journal,
    outcome: Outcome,
    console: Console,
    options: Options,
    executor: Executor | None,
) -> list[Place]:
    """The places of all charts' lines, in the charts' order."""
    charts = findings.charts
    earlier = _earlier(journal, options.years)
    places: dict[int, Place] = {}
    first_with: dict[int, str] = {}
    with contextlib.ExitStack() as stack:
        if executor is None:
            executor = ThreadPoolExecutor(options.jobs, thread_name_prefix="screen")
            stack.callback(executor.shutdown, cancel_futures=True)
            stack.callback(close_guards)
        in_flight = options.in_flight or 2 * options.jobs
        progress = stack.enter_context(_Progress(console, len(charts)))
        for n, task, done in _results(executor, _tasks(charts, earlier, options), in_flight):
            known = earlier.get((task.name, done.sha256)) if not done.line else None
            if known:
                brief, places[n] = known
            else:
                places[n] = journal.append(done.line)
                brief = brief_of(done.line)
                if done.kept:
                    folder.write(place_of(done.sha256), done.kept)
            journal.settle()
            outcome.count(brief, unchanged=known is not None)
            if brief.error:
                _tell(console, brief.error)
            else:
                first_with[n] = brief.sha256
            progress.advance(outcome)
    outcome.duplicates = _duplicates(charts, first_with)
    for name, first in outcome.duplicates.items():
        _tell(console, ChartError("duplicate", f"{name}: the same content as {first}; both are in the results"), "yellow")
    return [places[n] for n in range(len(charts))]


def _earlier(journal: Journal, years: tuple[int, ...]) -> dict[tuple[str, str], tuple[Brief, Place]]:
    """Results that stand as long as their file does, by name and content."""
    now = versions(years)
    return {
        (brief.name, brief.sha256): (brief, place)
        for brief, place in journal.earlier
        if brief.sha256 and brief.lasts and brief.versions == now
    }


def _tasks(charts: Sequence[Found], earlier: Iterable[tuple[str, str]], options: Options) -> Iterator[tuple[int, Task]]:
    known: dict[str, tuple[str, ...]] = {}
    for name, sha256 in earlier:
        known[name] = (*known.get(name, ()), sha256)
    for n, found in enumerate(charts):
        location = found.location if is_url(found.location) else str(Path(found.location).absolute())
        seconds = options.seconds * (1 + found.size / _BYTES_PER_LIMIT)
        yield n, Task(location, found.name, known.get(found.name, ()), seconds, options.memory, options.years)


def _results(executor: Executor, tasks: Iterator[tuple[int, Task]], in_flight: int) -> Iterator[tuple[int, Task, Screened]]:
    """What came of each task, as it comes; never more than ``in_flight`` are given to the executor."""
    running: dict[Future[Screened], tuple[int, Task]] = {}
    try:
        while True:
            while len(running) < in_flight and (following := next(tasks, None)):
                running[executor.submit(screen_guarded, following[1])] = following
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                n, task = running.pop(future)
                yield n, task, _result(future, task)
    finally:
        for future in running:
            future.cancel()


def _result(future: Future[Screened], task: Task) -> Screened:
    try:
        return future.result()
    except WorkerError as error:
        raise BatchError(str(error)) from None
    except BrokenExecutor as error:
        raise BatchError(f"the executor broke ({type(error).__name__}); run again with --resume") from None
    except Exception as error:
        # A cluster gives a chart up whose workers died again and again.
        message = f"{task.name}: lost with its workers ({type(error).__name__}); run again with --resume"
        return Screened("", error_line(task.name, "", "crashed", message, versions(task.years)))


def _duplicates(charts: Sequence[Found], contents: Mapping[int, str]) -> dict[str, str]:
    """Charts whose content an earlier chart has: name -> the first one's name."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for n in sorted(contents):
        name = charts[n].name
        if first.setdefault(contents[n], name) != name:
            found[name] = first[contents[n]]
    return found


def _run_of(locations: Sequence[str], findings: Findings, outcome: Outcome) -> dict[str, Any]:
    """What run.json holds: where the charts are, what came of them, in numbers and by name."""
    roots = [_root(location) for location in locations if is_url(location) or Path(location).exists()]
    return {
        "roots": list(dict.fromkeys(roots)),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "summary": {
            "files": len(findings.charts), "screened": outcome.screened, "not_screened": len(outcome.errors),
            "unchanged": outcome.unchanged, "pages": outcome.pages, "pages_unread": outcome.unread.total(),
            "pages_unread_because": {unread_because(why): n for why, n in sorted(outcome.unread.items())},
            "suggestions": dict(sorted(outcome.tiers.items())), "failures": dict(sorted(_causes(outcome).items())),
            "left_out": dict(sorted(outcome.left_out.items())), "seconds": round(outcome.seconds, 1),
        },
        "errors": [{"type": e.type, "message": e.message} for e in outcome.errors],
        "duplicates": outcome.duplicates,
    }  # fmt: skip


def _write_tables(folder: Folder, value: Mapping[str, Any]) -> None:
    """The tables and the report, beside the results."""
    from hccassist.batch.report import REPORT, report
    from hccassist.batch.tables import SUMMARY, TABLES, write_tables

    with tempfile.TemporaryDirectory(dir=folder.local) as scratch, folder.lines(RESULTS) as lines:
        results = (RESULT.validate_json(line) for line in lines)
        write_tables(results, value["duplicates"], load_priority(), Path(scratch))
        folder.write(REPORT, report(value, Path(scratch)))
        for name in (*(f"{table}.parquet" for table in TABLES), SUMMARY):
            folder.put(name if name == SUMMARY else f"tables/{name}", Path(scratch) / name)


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


def _causes(outcome: Outcome) -> Counter[str]:
    return Counter(error.type for error in outcome.errors)


class _Progress:
    """How far the run is: a bar on a terminal, a line a minute elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        columns = (
            TextColumn("Screening"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[failed]}"),
        )  # fmt: skip
        self._console, self._total = console, total
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=total, rate="", failed="")
        self._started = self._told = time.monotonic()
        self._done = 0

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, outcome: Outcome) -> None:
        """One more chart is done."""
        self._done += 1
        now = time.monotonic()
        rate = self._done / max(now - self._started, 0.001)
        failed = f"{len(outcome.errors)} failed" if outcome.errors else ""
        self._bar.update(self._task, advance=1, rate=f"{rate:.1f} charts/s", failed=failed)
        if not self._console.is_terminal and now - self._told >= _TOLD_SECONDS:
            self._told = now
            minutes = (self._total - self._done) / rate / 60
            line = f"{self._done} of {self._total} charts, {rate:.1f} charts/s, about {minutes:.0f} minutes left {failed}"
            self._console.print(Text(line.rstrip()), soft_wrap=True)


def _tell(console: Console, error: ChartError, color: str = "red") -> None:
    # Text, not markup: a file may be called "[red].pdf".
    console.print(Text.assemble((error.type, color), " ", error.message), soft_wrap=True)


def _summarize(console: Console, outcome: Outcome, out: str) -> None:
    table = Table(title=Text(f"Results in {out}"), show_header=False, title_justify="left")
    rows = [
        ("charts screened", outcome.screened), ("  of them unchanged since an earlier run", outcome.unchanged),
        ("  of them copies of another chart", len(outcome.duplicates)), ("pages", outcome.pages),
        ("pages unread", outcome.unread.total()),
        *((f"  {unread_because(why)}", count) for why, count in sorted(outcome.unread.items())),
        ("supported", outcome.tiers["supported"]), ("mention only", outcome.tiers["mention_only"]),
        ("suspects (query)", outcome.tiers["suspect"]), ("held back", outcome.tiers["suppressed"]),
        ("not screened", len(outcome.errors)),
        *((f"  {cause}", count) for cause, count in sorted(_causes(outcome).items())),
        ("files of other kinds, left out", sum(outcome.left_out.values())),
        *((f"  {Text(suffix).plain}", count) for suffix, count in sorted(outcome.left_out.items())),
    ]  # fmt: skip
    for name, value in rows:
        if value or not name.startswith(("  ", "files")):
            table.add_row(Text(name), f"{value:,}")
    console.print(table)
    rate = outcome.screened / max(outcome.seconds, 0.001)
    console.print(Text(f"{outcome.seconds:,.1f} seconds, {rate:,.1f} charts/s"), soft_wrap=True)
