"""A file becomes a ``Chart``: text, pages and word boxes. Knows no medicine.

Libraries load when the first file of their kind is read, so that reading text starts at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from hccassist.reading.duplicates import with_duplicates
from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Clock, Limits
from hccassist.reading.sniff import SUFFIXES, kind_of
from hccassist.schema import Chart

__all__ = ["SUPPORTED_SUFFIXES", "Limits", "ReadError", "check_size", "file_content", "read_bytes", "read_chart"]

SUPPORTED_SUFFIXES: frozenset[str] = frozenset(SUFFIXES)


def read_chart(path: Path, name: str, limits: Limits = Limits()) -> Chart:  # noqa: B008  frozen, so one default is safe
    """The chart in the file at ``path``, called ``name`` in results and messages.

    What the file is, its content tells. Raises ``ReadError`` (``missing``, ``unreadable``, ``empty``, ``mismatch``,
    ``unsupported``, ``encrypted``, ``broken``, ``unsafe``, ``not_utf8``, ``too_large``, ``too_many_pages``,
    ``page_too_large``), whose message is one line with the name and the cure.

    ``limits`` bound the time of each page and of all: between two pages, and within one wherever its libraries let go.
    Nothing interrupts a library within a thread: ``reading.apart.read_text`` reads in a process that is watched."""
    return read_bytes(file_content(path, name, limits), name, limits)


def file_content(path: Path, name: str, limits: Limits = Limits()) -> bytes:  # noqa: B008
    """The bytes of the file at ``path``; raises ``ReadError`` where it cannot be opened or is no file."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise ReadError("unsupported", f"{name}: a folder, not a file; give the files in it")
        if not path.is_file():
            raise ReadError("unsupported", f"{name}: a pipe or device, not a file; give the files themselves")
        check_size(size, name, limits)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReadError("missing", f"{name}: no such file; check the path") from None
    except (OSError, ValueError):
        raise ReadError("unreadable", f"{name}: cannot be opened; check its permissions") from None


def check_size(size: int, name: str, limits: Limits = Limits()) -> None:  # noqa: B008
    """Raises ``ReadError`` where a file of ``size`` bytes is more than ``limits`` allow."""
    if size > limits.max_bytes:
        raise ReadError("too_large", f"{name}: {size:,} bytes, more than {limits.max_bytes:,}; split the file")


def read_bytes(data: bytes, name: str, limits: Limits = Limits()) -> Chart:  # noqa: B008
    """The chart in ``data``, as ``read_chart`` reads a file with this content."""
    check_size(len(data), name, limits)
    chart = _read(data, name, replace(limits, clock=Clock()))
    if len(chart.text) > limits.max_characters:  # a small archive may unpack to very much of it
        raise ReadError("too_large", f"{name}: more than {limits.max_characters:,} characters; split the file and try again")
    if not chart.text.strip() and not any(page.unread for page in chart.pages):
        raise ReadError("empty", f"{name}: nothing is written on its pages; scan or export it again")
    return with_duplicates(chart)


def _read(data: bytes, name: str, limits: Limits) -> Chart:
    if not data:
        raise ReadError("empty", f"{name}: the file is empty; export it again")
    sha256 = hashlib.sha256(data).hexdigest()
    kind = kind_of(data, name)
    # One reader a kind, imported when first needed.
    if kind == "text":
        from hccassist.reading.plain import read_plain

        return read_plain(data, name, sha256)
    if kind == "pdf":
        from hccassist.reading.pdf import read_pdf

        return read_pdf(data, name, sha256, limits)
    if kind == "image":
        from hccassist.reading.picture import read_picture

        return read_picture(data, name, sha256, limits)
    if kind in {"zip", "fhir"}:
        return _read_container(data, kind, name, sha256, limits)
    return _read_document(data, kind, name, sha256, limits)


def _read_container(data: bytes, kind: str, name: str, sha256: str, limits: Limits) -> Chart:
    if kind == "zip":
        from hccassist.reading.archive import read_zip

        return read_zip(data, name, sha256, limits, _read_member)
    from hccassist.reading.fhir import read_fhir

    return read_fhir(data, name, sha256, limits, _read_attachment)


def _read_member(data: bytes, name: str, limits: Limits) -> Chart:
    """A file of an archive: a FHIR bundle, too, but no archive again, so that nesting ends."""
    if data and kind_of(data, name) == "fhir":
        return _read(data, name, limits)
    return _read_attachment(data, name, limits)


def _read_attachment(data: bytes, name: str, limits: Limits) -> Chart:
    """A file within a FHIR resource; one that is a container again is refused."""
    if data and kind_of(data, name) in {"zip", "fhir"}:
        raise ReadError("unsupported", f"{name}: a container within a container; unpack it first")
    return _read(data, name, limits)


def _read_document(data: bytes, kind: str, name: str, sha256: str, limits: Limits) -> Chart:
    if kind == "docx":
        from hccassist.reading.docx import read_docx

        return read_docx(data, name, sha256, limits)
    if kind == "rtf":
        from hccassist.reading.rtf import read_rtf

        return read_rtf(data, name, sha256)
    if kind == "ccda":
        from hccassist.reading.ccda import read_ccda

        return read_ccda(data, name, sha256)
    from hccassist.reading.html import read_html

    return read_html(data, name, sha256)
