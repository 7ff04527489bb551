"""A file becomes a ``Chart``: text, pages and word boxes. Knows no medicine."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Limits
from hccassist.schema import Chart

__all__ = ["SUPPORTED_SUFFIXES", "Limits", "ReadError", "read_chart"]

SUPPORTED_SUFFIXES: frozenset[str] = frozenset({".txt", ".pdf"})


def read_chart(path: Path, name: str, limits: Limits = Limits()) -> Chart:  # noqa: B008  frozen, so one default is safe
    """The chart in the file at ``path``, called ``name`` in results and messages; raises ``ReadError``."""
    from hccassist.reading.pdf import read_pdf
    from hccassist.reading.plain import read_plain

    try:
        data = path.read_bytes()
    except OSError:
        raise ReadError("missing", f"{name}: no such file; check the path") from None
    if not data:
        raise ReadError("empty", f"{name}: the file is empty; export it again")
    sha256 = hashlib.sha256(data).hexdigest()
    if b"%PDF-" in data[:1024]:
        return read_pdf(data, name, sha256, limits)
    return read_plain(data, name, sha256)
