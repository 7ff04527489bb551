"""Where compiled tables are kept between two starts."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def cache_folder() -> Path:
    """``HCCASSIST_CACHE``, else the user's cache folder."""
    own = os.environ.get("HCCASSIST_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "hccassist"


def read_kept(path: Path) -> bytes:
    """A file of the cache, which counts as used now. Raises OSError where there is none."""
    content = path.read_bytes()
    mark_used(path)
    return content


def mark_used(path: Path) -> None:
    """A file of the cache was used now: of many files of its kind the least lately used is cleared away."""
    with suppress(OSError):
        os.utime(path)


def write_whole(path: Path, content: bytes, keep: int) -> None:
    """Writes a file of the cache whole or not at all, and clears away all but the ``keep`` last used ones of its kind (the part
    of its name before the hyphen). A folder that cannot be written only costs the next start its time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(part).replace(path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
        kind = path.name.partition("-")[0]
        for old in sorted(path.parent.glob(f"{kind}-*"), key=_last_used, reverse=True)[keep:]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _last_used(path: Path) -> float:
    """When a kept file was last used; 0 for one that another process has just cleared away."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
