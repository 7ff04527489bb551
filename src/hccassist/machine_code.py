"""The modules that read text may be compiled (``hatch_build.py``): where a source has changed since, it is run instead."""

from __future__ import annotations

import hashlib
import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path

RECORD = "compiled_from.txt"
"""Beside this module: the digest of the sources that were compiled."""


def sources_digest(package: Path) -> str:
    """A name for the sources of a package as they stand."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_of_its_sources(package: Path) -> bool:
    """Whether a package is compiled, and of the sources as they stand."""
    record = package / RECORD
    return record.is_file() and record.read_text() == sources_digest(package)


def leave_outdated(package: Path) -> None:
    """Hides the compiled modules of other sources, all of them: compiled modules trust each other's shapes unasked."""
    if is_of_its_sources(package):
        return
    # Without a record nothing is compiled, or a build is under way or was broken off.
    for folder in {path.parent for path in package.rglob(f"*{EXTENSION_SUFFIXES[-1]}")}:
        sys.path_importer_cache[str(folder)] = FileFinder(str(folder), (SourceFileLoader, SOURCE_SUFFIXES))
