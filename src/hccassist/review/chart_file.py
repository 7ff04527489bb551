"""The chart behind a result: found under its root, checked against its hash, and only then read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hccassist.reading import ReadError
from hccassist.reading.apart import read_text
from hccassist.reading.kept import keep, kept
from hccassist.reading.names import located
from hccassist.schema import Chart, ChartResult

FileState = Literal["ok", "missing", "changed", "unreadable"]


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A chart's file, or why it is not shown: ``message`` is one plain sentence with the cure."""

    state: FileState
    message: str = ""
    path: Path | None = None
    chart: Chart | None = None


def find(chart: str, sha256: str, roots: Sequence[str]) -> ChartFile:
    """The file of a chart, without reading it: under the root whose file has the hash that screening saw."""
    changed: Path | None = None
    for root in roots:
        path = located(root, chart)
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            continue
        if digest == sha256:
            return ChartFile("ok", path=path)
        changed = path
    if changed is not None:
        return ChartFile(
            "changed",
            "The file was changed after it was screened, so the highlights would point at the wrong words. "
            "Screen it again to review its text; the suggestions below are those of the earlier file.",
            changed,
        )
    return ChartFile(
        "missing",
        f"The file is not where it was screened ({', '.join(roots)}). Put it back, or screen it where it is now.",
    )


def read(result: ChartResult, roots: Sequence[str], results: Path) -> ChartFile:
    """The chart's text and pages as screening read them: kept in the results folder, else read again and kept."""
    found = find(result.chart, result.sha256, roots)
    if found.state != "ok" or found.path is None:
        return found
    chart = kept(results, result.sha256)
    if chart is None:
        try:
            chart = read_text(found.path, result.chart)
        except ReadError as error:
            return ChartFile("unreadable", str(error), found.path)
        with suppress(OSError):  # a results folder that only its owner may write to: it is read again next time
            keep(results, chart)
    if not _holds(chart.text, result):
        return ChartFile(
            "changed",
            "This version reads the file differently from the one that screened it, so the highlights would point at "
            "the wrong words. Screen it again to review its text.",
            found.path,
        )
    return ChartFile("ok", path=found.path, chart=chart)


def _holds(text: str, result: ChartResult) -> bool:
    """Whether every span of the result is where it says it is."""
    spans = (span for s in result.suggestions for span in (*s.mentions, *s.evidence, *s.more_evidence))
    return all(text[span.start : span.end] == span.text for span in spans)
