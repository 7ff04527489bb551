"""What passes between a run and its workers: which chart to screen, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from hccassist.schema import ChartError, ChartResult

RESULT = TypeAdapter(ChartResult)


@dataclass(frozen=True, slots=True)
class Task:
    """One chart to screen. ``location``: a path or an fsspec URL; ``name``: what it is called in the results.

    ``known``: hashes of contents that an earlier run has screened under this name. ``seconds`` and ``memory`` (bytes) are
    what it may take (each page that is read adds to the seconds); a ``memory`` of 0 is no limit. ``years``: the
    service years under review, all where empty."""

    location: str
    name: str
    known: tuple[str, ...] = ()
    seconds: float = 300.0
    memory: int = 0
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of a task: the hash of the file's content (blank where it could not be opened), its line of the results
    with the newline, and what is kept of its text. Both are empty where the content was known."""

    sha256: str
    line: bytes = b""
    kept: bytes = b""


def error_line(name: str, sha256: str, type: str, message: str, versions: dict[str, str]) -> bytes:
    """The line of a chart that could not be screened."""
    return line_of(ChartResult(name, sha256, "error", ChartError(type, message), versions=versions))


def line_of(result: ChartResult) -> bytes:
    """A result as one line of suggestions.jsonl."""
    return RESULT.dump_json(result) + b"\n"
