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


def keep(results: Path, chart: Chart) -> None:
    """Keep a chart's text in a results folder. The file appears whole or not at all, readable by its owner only."""
    folder = results / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    bare = replace(chart, pages=tuple(replace(page, words=()) for page in chart.pages))
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(_CHART.dump_json(bare), compresslevel=5))
        Path(name).replace(_place(results, chart.sha256))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kept(results: Path, sha256: str) -> Chart | None:
    """The chart with this hash, if its text was kept."""
    try:
        return _CHART.validate_json(gzip.decompress(_place(results, sha256).read_bytes()))
    except (OSError, EOFError, ValidationError):
        return None


def _place(results: Path, sha256: str) -> Path:
    return results / FOLDER / f"{sha256}.json.gz"
