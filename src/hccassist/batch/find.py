"""The charts under files, folders and fsspec URLs, in name order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hccassist.batch.worker import filesystem_of
from hccassist.reading import SUPPORTED_SUFFIXES
from hccassist.reading.names import printable
from hccassist.schema import ChartError


@dataclass(frozen=True, slots=True)
class Found:
    """A file to screen: its path or URL, its name in the results, relative to what it was found under, and its size."""

    location: str
    name: str
    size: int = 0


@dataclass(slots=True)
class Findings:
    """Charts in name order; what was named but cannot be used; and the files left out, by ending."""

    charts: list[Found] = field(default_factory=list)
    errors: list[ChartError] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def is_url(location: str) -> bool:
    """Whether a location is an fsspec URL, not a path of this machine."""
    return "://" in location


def find_charts(locations: Sequence[str]) -> Findings:
    """Charts under files, folders and URLs; each file once."""
    findings = Findings()
    for location in locations:
        before = len(findings.charts)
        if is_url(location):
            _find_at_url(location, findings)
        elif Path(location).is_file():
            path = Path(location)
            findings.charts.append(Found(str(path), printable(path.name), path.stat().st_size))
        elif Path(location).is_dir():
            folder = Path(location)
            for path in sorted(_walk(folder, findings)):
                name = printable(path.relative_to(folder).as_posix())
                findings.charts.append(Found(str(path), name, _size(path)))
        else:
            findings.errors.append(ChartError("missing", f"{location}: no such file or folder; check the path"))
            continue
        if len(findings.charts) == before and not any(location in e.message for e in findings.errors):
            kinds = ", ".join(sorted(SUPPORTED_SUFFIXES))
            findings.errors.append(ChartError("empty_folder", f"{location}: holds no charts ({kinds})"))
    findings.charts = list({found.location: found for found in findings.charts}.values())
    return findings


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _walk(folder: Path, findings: Findings) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        message = f"{printable(str(error.filename))}: folder cannot be read; check its permissions"
        findings.errors.append(ChartError("unreadable", message))

    for where, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            if _is_chart(name, findings):
                yield Path(where) / name


def _is_chart(name: str, findings: Findings) -> bool:
    if name.startswith("."):
        return False
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUPPORTED_SUFFIXES:
        findings.left_out[printable(suffix) or "no ending"] += 1
        return False
    return True


def _find_at_url(url: str, findings: Findings) -> None:
    protocol = url.split("://", 1)[0]
    try:
        fs, root = filesystem_of(url)
        listed = fs.find(root, detail=True)
    except ImportError:
        message = f"{url}: needs a package that is not installed; pip install 'hccassist[s3]' or fsspec's for {protocol}"
        findings.errors.append(ChartError("unsupported", message))
        return
    except FileNotFoundError:
        findings.errors.append(ChartError("missing", f"{url}: nothing at this address; check it"))
        return
    except Exception as error:  # every store has errors of its own
        message = f"{url}: cannot be listed ({type(error).__name__}); check address, network and access rights"
        findings.errors.append(ChartError("unreadable", message))
        return
    for path, info in sorted(listed.items()):
        relative = PurePosixPath(path[len(root) :].lstrip("/") or PurePosixPath(path).name)
        if not any(part.startswith(".") for part in relative.parts[:-1]) and _is_chart(relative.name, findings):
            location = f"{protocol}://{path.lstrip('/') if protocol != 'file' else path}"
            findings.charts.append(Found(location, printable(str(relative)), int(info.get("size") or 0)))
