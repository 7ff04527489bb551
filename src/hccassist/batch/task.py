"""What passes between a run and its workers: which chart to screen, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from hccassist.schema import ChartError, ChartResult

RESULTS = "suggestions.jsonl"
PARTIAL = f"{RESULTS}.partial"
"""The lines of a run, in the order of the charts; and as they come in, until it is done."""
RESULT = TypeAdapter(ChartResult)


@dataclass(frozen=True, slots=True)
class Task:
    """One chart to screen. ``location``: a path or an fsspec URL; ``name``: what it is called in the results.

    ``known``: hashes of contents that an earlier run has screened under this name. ``seconds`` and ``memory`` (bytes) are
    what it may take (each page that is read adds to the seconds); a ``memory`` of 0 is no limit. ``years``: the
    service years under review, all where empty. ``results``: the results folder where the worker is to keep the chart's
    text; blank where it cannot be reached from there, so that the text is sent back."""

    location: str
    name: str
    known: tuple[str, ...] = ()
    seconds: float = 300.0
    memory: int = 0
    years: tuple[int, ...] = ()
    results: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a run tells of a chart: its error, or how many pages it has, unread ones by why (``schema.UnreadReason``; blank
    where an older run did not tell), and suggestions by tier."""

    error: ChartError | None
    pages: int
    unread: Mapping[str, int]
    tiers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of a task: the hash of the file's content (blank where it could not be opened), its line of the results
    with the newline, its brief, and what is to be kept of its text. All but the hash are empty where the content was known."""

    sha256: str
    line: bytes = b""
    brief: Brief | None = None
    kept: bytes = b""


HEAD = TypeAdapter(tuple[str, Brief | None])
"""What a worker process says of a chart before its line: hash and brief."""


def brief_of(result: ChartResult) -> Brief:
    """A result's brief."""
    unread: Counter[str] = Counter(page.unread or "" for page in result.pages if page.source == "unread")
    return Brief(result.error, len(result.pages), dict(unread), dict(Counter(s.tier for s in result.suggestions)))


def of_result(result: ChartResult, kept: bytes = b"") -> Screened:
    """What a worker sends back of a result: all that the run needs of it, so that the run need not parse its line."""
    return Screened(result.sha256, RESULT.dump_json(result) + b"\n", brief_of(result), kept)


def not_screened(name: str, sha256: str, type: str, message: str, versions: dict[str, str]) -> Screened:
    """What comes of a chart that could not be screened: a line like any other."""
    return of_result(ChartResult(name, sha256, "error", ChartError(type, message), versions=versions))
