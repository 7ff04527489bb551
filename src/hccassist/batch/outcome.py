"""What came of a run, and what its terminal is told: how far it is, each failure, the summary."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from hccassist.batch.task import Brief
from hccassist.schema import ChartError, unread_because

_TOLD_SECONDS = 60.0
_SHOWN_SECONDS = 0.1


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

    @property
    def causes(self) -> dict[str, int]:
        """How many were not screened, by cause."""
        return dict(sorted(Counter(error.type for error in self.errors).items()))


class Progress:
    """How far the run is: a bar on a terminal, a line a minute elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        columns = (
            TextColumn("Screening"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[failed]}"),
        )  # fmt: skip
        self._console, self._total = console, total
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=total, rate="", failed="")
        self._started = time.monotonic()
        self._due = self._started + (0 if console.is_terminal else _TOLD_SECONDS)
        self._done = 0

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, outcome: Outcome) -> None:
        """One more chart is done."""
        self._done += 1
        self.show(outcome)

    def show(self, outcome: Outcome) -> None:
        """Tells how far the run is, where it is time to."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + (_SHOWN_SECONDS if self._console.is_terminal else _TOLD_SECONDS)
        # Unchanged charts take next to no time: they say nothing of those to come.
        rate = (self._done - outcome.unchanged) / max(now - self._started, 0.001)
        failed = f"{len(outcome.errors)} failed" if outcome.errors else ""
        self._bar.update(self._task, completed=self._done, rate=f"{rate:.1f} charts/s", failed=failed)
        if not self._console.is_terminal:
            minutes = math.ceil((self._total - self._done) / rate / 60) if rate else 0
            left = f"about {minutes} minute{'s' * (minutes > 1)} left" if rate else "none screened yet"
            line = f"{self._done} of {self._total} charts, {rate:.1f} charts/s, {left} {failed}"
            self._console.print(Text(line.rstrip()), soft_wrap=True)


def tell(console: Console, error: ChartError, color: str = "red") -> None:
    """One line of a chart, or of a path, that could not be screened."""
    # Text, not markup: a file may be called "[red].pdf".
    console.print(Text.assemble((error.type, color), " ", error.message), soft_wrap=True)


def summarize(console: Console, outcome: Outcome, out: str) -> None:
    """The summary at the end of a run."""
    console.print(Text(f"Results in {out}"), soft_wrap=True)
    table = Table(show_header=False)
    rows = [
        ("charts screened", outcome.screened), ("  of them unchanged since an earlier run", outcome.unchanged),
        ("  of them copies of another chart", len(outcome.duplicates)), ("pages", outcome.pages),
        ("pages unread", outcome.unread.total()),
        *((f"  {unread_because(why)}", count) for why, count in sorted(outcome.unread.items())),
        ("supported", outcome.tiers["supported"]), ("mention only", outcome.tiers["mention_only"]),
        ("suspects (query)", outcome.tiers["suspect"]), ("held back", outcome.tiers["suppressed"]),
        ("not screened", len(outcome.errors)),
        *((f"  {cause}", count) for cause, count in outcome.causes.items()),
        ("files of other kinds, left out", sum(outcome.left_out.values())),
        *((f"  {Text(suffix).plain}", count) for suffix, count in sorted(outcome.left_out.items())),
    ]  # fmt: skip
    for name, value in rows:
        if value or not name.startswith(("  ", "files")):
            table.add_row(Text(name), f"{value:,}")
    console.print(table)
    rate = outcome.screened / max(outcome.seconds, 0.001)
    console.print(Text(f"{outcome.seconds:,.1f} seconds, {rate:,.1f} charts/s"), soft_wrap=True)
