"""File names as results tell them: all of it can be printed, and the file can be found again by it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def printable(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 and control characters are spelled out."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def located(root: str, name: str) -> Path:
    """Where the file of a printable name is under ``root``, whether or not it is there. What is spelled out in the name is
    looked for among what its folder holds."""
    path = Path(root) / name
    if "\\x" not in name or path.exists():
        return path
    path = Path(root)
    for part in PurePosixPath(name).parts:
        path = next((entry for entry in _entries(path) if printable(entry.name) == part), path / part)
    return path


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
