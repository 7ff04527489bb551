"""Many charts: found under the given paths, screened one by one, written as one line each. One bad file stops nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from hccassist.encounters import find_encounters
from hccassist.reading import SUPPORTED_SUFFIXES, ReadError, read_chart
from hccassist.reading.kept import keep
from hccassist.schema import ChartError, ChartResult
from hccassist.screening import Screener, load_screener, screen

_RESULT = TypeAdapter(ChartResult)
_RESULTS_NAME = "suggestions.jsonl"
_RUN_NAME = "run.json"


class BatchError(Exception):
    """The run cannot start: one line with the cure."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to screen: where it is and its name in the results, relative to the path it was found under."""

    path: Path
    name: str


@dataclass(slots=True)
class Outcome:
    """What a run did."""

    screened: int = 0
    pages: int = 0
    unread: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    errors: list[ChartError] = field(default_factory=list)


def last_results() -> Path | None:
    """The results folder of the last run on this machine, if it is still there."""
    try:
        folder = Path(_last_file().read_text(encoding="utf-8").strip())
    except OSError:
        return None
    return folder if (folder / _RESULTS_NAME).is_file() else None


def _last_file() -> Path:
    state = os.environ.get("XDG_STATE_HOME", "~/.local/state")
    return Path(state).expanduser() / "hccassist" / "last-results"


def find_charts(paths: Sequence[Path]) -> tuple[list[Found], list[ChartError]]:
    """Charts under files and folders, in name order. What is named but cannot be used is an error of its own."""
    found: list[Found] = []
    errors: list[ChartError] = []
    for path in paths:
        if path.is_file():
            found.append(Found(path, path.name))
        elif path.is_dir():
            inside = sorted(_walk(path, errors))
            found += [Found(p, p.relative_to(path).as_posix()) for p in inside]
            if not inside:
                errors.append(ChartError("empty_folder", f"{path}: holds no charts ({', '.join(sorted(SUPPORTED_SUFFIXES))})"))
        else:
            errors.append(ChartError("missing", f"{path}: no such file or folder; check the path"))
    return found, errors


def _walk(folder: Path, errors: list[ChartError]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        errors.append(ChartError("unreadable", f"{error.filename}: folder cannot be read; check its permissions"))

    for where, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in SUPPORTED_SUFFIXES:
                yield Path(where) / name


def screen_file(found: Found, screener: Screener, out: Path) -> ChartResult:
    """One chart's result; a chart that cannot be read is a result with status "error", never an exception. What was read is
    kept in ``out`` for the reviewer, so that opening a chart reads nothing again."""
    try:
        chart = read_chart(found.path, found.name)
        keep(out, chart)
        return screen(chart, find_encounters(chart), screener)
    except ReadError as error:
        return ChartResult(found.name, "", "error", ChartError(error.type, str(error)), versions=screener.versions)
    except Exception as error:
        # A defect of ours must not stop the run; its text may hold chart words, so only its kind is told.
        message = f"{found.name}: could not be screened ({type(error).__name__}); please report this file's kind"
        return ChartResult(found.name, "", "error", ChartError("internal", message), versions=screener.versions)


def run(paths: Sequence[Path], out: Path, console: Console) -> Outcome:
    """Screens everything under ``paths`` into ``out``; raises ``BatchError`` when it cannot start."""
    found, problems = find_charts(paths)
    partial = _open_out(out)
    outcome = Outcome(errors=list(problems))
    for problem in problems:
        console.print(f"[red]{problem.type}[/red] {problem.message}", highlight=False, soft_wrap=True)
    screener = load_screener()
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with partial, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Screening", total=len(found))
        for each in found:
            result = screen_file(each, screener, out)
            partial.write(_RESULT.dump_json(result).decode() + "\n")
            _count(outcome, result)
            if result.error:
                console.print(f"[red]{result.error.type}[/red] {result.error.message}", highlight=False, soft_wrap=True)
            progress.advance(task)
    Path(partial.name).replace(out / _RESULTS_NAME)
    _write_run(out, paths, screener)
    console.print(_table(outcome, out))
    return outcome


def _open_out(out: Path) -> IO[str]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        return (out / f"{_RESULTS_NAME}.partial").open("w", encoding="utf-8")
    except OSError as error:
        raise BatchError(f"{out}: cannot be written ({error.strerror}); choose another --out folder") from None


def _write_run(out: Path, paths: Sequence[Path], screener: Screener) -> None:
    roots = [str((p if p.is_dir() else p.parent).resolve()) for p in paths if p.exists()]
    value = {
        "roots": list(dict.fromkeys(roots)),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": screener.versions,
    }
    (out / _RUN_NAME).write_text(json.dumps(value, indent=1), encoding="utf-8")
    try:
        _last_file().parent.mkdir(parents=True, exist_ok=True)
        _last_file().write_text(str(out.resolve()), encoding="utf-8")
    except OSError:
        return


def _count(outcome: Outcome, result: ChartResult) -> None:
    if result.error:
        outcome.errors.append(result.error)
        return
    outcome.screened += 1
    outcome.pages += len(result.pages)
    outcome.unread += sum(p.source == "unread" for p in result.pages)
    outcome.tiers.update(s.tier for s in result.suggestions)


def _table(outcome: Outcome, out: Path) -> Table:
    table = Table(title=f"Results in {out}", show_header=False, title_justify="left")
    rows = [
        ("charts screened", outcome.screened), ("charts not screened", len(outcome.errors)), ("pages", outcome.pages),
        ("pages unread", outcome.unread), ("supported", outcome.tiers["supported"]),
        ("mention only", outcome.tiers["mention_only"]), ("suspects (query)", outcome.tiers["suspect"]),
        ("held back", outcome.tiers["suppressed"]),
    ]  # fmt: skip
    for name, value in rows:
        table.add_row(name, str(value))
    return table
