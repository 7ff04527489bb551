"""The text that screening read, kept beside its results, so that the reviewer shows exactly the words that the offsets
count, and opens a scan without reading it (OCR, seconds a page) a second time.

``RESULTS/charts/<sha256>.json.gz`` holds a Chart without its word boxes. Screening writes it; where it did not, the
first opening does.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hccassist.schema import Chart

FOLDER = "charts"
_CHART = TypeAdapter(Chart)


def packed(chart: Chart) -> bytes:
    """What is kept of a chart: all but its word boxes."""
    bare = replace(chart, pages=tuple(replace(page, words=()) for page in chart.pages))
    return gzip.compress(_CHART.dump_json(bare), compresslevel=5, mtime=0)


def unpacked(data: bytes) -> Chart:
    """The chart that ``packed`` made this of. Raises ``OSError``, ``EOFError`` or ``ValidationError`` for anything else."""
    return _CHART.validate_json(gzip.decompress(data))


def place_of(sha256: str) -> str:
    """Where a chart is kept, relative to the results folder."""
    return f"{FOLDER}/{sha256}.json.gz"


def keep(results: Path, chart: Chart) -> None:
    """Keep a chart's text in a results folder. The file appears whole or not at all, readable by its owner only."""
    folder = results / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed(chart))
        Path(name).replace(results / place_of(chart.sha256))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kept(results: Path, sha256: str) -> Chart | None:
    """The chart with this hash, if its text was kept."""
    try:
        return unpacked((results / place_of(sha256)).read_bytes())
    except (OSError, EOFError, ValidationError):
        return None
