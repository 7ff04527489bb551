"""A results folder as screening leaves it: ``suggestions.jsonl`` (a chart a line), ``run.json`` (where the files are).

Lines are found by offset, so that a chart opens without reading the thousands around it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hccassist.schema import ChartResult

SUGGESTIONS = "suggestions.jsonl"
RUN = "run.json"
_RESULT = TypeAdapter(ChartResult)


class ResultsError(Exception):
    """A results folder that cannot be used. The message names the folder and the cure."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where one chart's line stands in the file, and a hash that tells whether it was read before."""

    offset: int
    length: int
    hash: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class FileMark:
    """What an unchanged file looks like."""

    size: int
    modified_ns: int


def mark(folder: Path) -> FileMark:
    """The mark of a folder's suggestions; ResultsError where there are none."""
    try:
        stat = (folder / SUGGESTIONS).stat()
    except OSError as error:
        raise ResultsError(
            f"No {SUGGESTIONS} in {folder}: screen some charts first, with `hccassist screen PATH --out {folder}`."
        ) from error
    return FileMark(stat.st_size, stat.st_mtime_ns)


def roots(folder: Path) -> list[str]:
    """The folders that the charts' names are relative to; the results folder itself where nothing says."""
    try:
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [str(folder)]
    except (OSError, ValueError) as error:
        raise ResultsError(f"{folder / RUN} cannot be read: screen the charts again, or delete it.") from error
    found = run.get("roots") if isinstance(run, dict) else None
    return [str(r) for r in found] if isinstance(found, list) and found else [str(folder)]


def lines(folder: Path) -> Iterator[Line]:
    """The lines of suggestions.jsonl. A last line without its newline is still being written and is left out."""
    offset = 0
    with (folder / SUGGESTIONS).open("rb") as file:
        for raw in file:
            if raw.endswith(b"\n") and raw.strip():
                yield Line(offset, len(raw), hashlib.sha256(raw).hexdigest(), raw)
            offset += len(raw)


@lru_cache(maxsize=8)
def parse(raw: bytes) -> ChartResult | None:
    """One line as a ChartResult, or None where it is not one."""
    try:
        return _RESULT.validate_json(raw)
    except ValidationError:
        return None  # its text would carry the chart's words into a log


def read_at(folder: Path, offset: int, length: int, line_hash: str) -> ChartResult | None:
    """The chart at a place, or None where the file has changed since."""
    try:
        with (folder / SUGGESTIONS).open("rb") as file:
            file.seek(offset)
            raw = file.read(length)
    except OSError:
        return None
    return parse(raw) if hashlib.sha256(raw).hexdigest() == line_hash else None
