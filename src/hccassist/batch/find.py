"""The charts under files, folders and fsspec URLs, in name order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hccassist.batch.task import PARTIAL, RESULTS
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


def find_charts(locations: Sequence[str], out: str = "") -> Findings:
    """Charts under files, folders and URLs; each file once. What lies in ``out``, or in another folder of results, is none."""
    findings = Findings()
    for location in locations:
        before = len(findings.charts)
        if is_url(location):
            _find_at_url(location, findings)
        elif Path(location).is_file():
            path = Path(location).absolute()
            findings.charts.append(Found(str(path), printable(path.name), path.stat().st_size))
        elif Path(location).is_dir():
            root = str(Path(location).absolute())
            found = sorted(_walk(root, Path(out).resolve(), findings), key=lambda path: path.split("/"))
            findings.charts += [Found(path, printable(path.removeprefix(f"{root}/")), _size(path)) for path in found]
        else:
            findings.errors.append(ChartError("missing", f"{location}: no such file or folder; check the path"))
            continue
        if len(findings.charts) == before and not any(location in e.message for e in findings.errors):
            kinds = ", ".join(sorted(SUPPORTED_SUFFIXES))
            findings.errors.append(ChartError("empty_folder", f"{location}: holds no charts ({kinds}); check the path"))
    findings.charts = list({found.location: found for found in findings.charts}.values())
    return findings


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _walk(root: str, out: Path, findings: Findings) -> Iterator[str]:
    """The paths of the charts in a folder and its subfolders, linked ones too; each folder once, so that no link leads
    round in circles."""

    def unreadable(error: OSError) -> None:
        message = f"{printable(str(error.filename))}: folder cannot be read; check its permissions"
        findings.errors.append(ChartError("unreadable", message))

    seen: set[Path] = set()
    for where, folders, names in os.walk(root, onerror=unreadable, followlinks=True):
        real = Path(where).resolve()
        if real in seen or real == out:
            folders.clear()
            continue
        seen.add(real)
        if RESULTS in names or PARTIAL in names:
            findings.left_out[f"results of a run: {printable(where)}"] += 1
            folders.clear()
            continue
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        yield from (f"{where}/{name}" for name in names if _is_chart(name, findings))


def _is_chart(name: str, findings: Findings) -> bool:
    if name.startswith((".", "~$")):  # what a system or an open editor keeps beside its files
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
