"""What a file is, told by its content."""

from __future__ import annotations

import codecs
import io
import zipfile
from pathlib import PurePath
from typing import Literal

from hccassist.reading.errors import ReadError

Kind = Literal["pdf", "docx", "zip", "rtf", "image", "html", "ccda", "fhir", "text"]

SUFFIXES: dict[str, frozenset[Kind]] = {
    ".txt": frozenset({"text"}),
    ".pdf": frozenset({"pdf"}),
    ".docx": frozenset({"docx"}),
    ".rtf": frozenset({"rtf"}),
    ".html": frozenset({"html"}),
    ".htm": frozenset({"html"}),
    ".xml": frozenset({"ccda", "html"}),
    ".json": frozenset({"fhir"}),
    ".tif": frozenset({"image"}),
    ".tiff": frozenset({"image"}),
    ".png": frozenset({"image"}),
    ".jpg": frozenset({"image"}),
    ".jpeg": frozenset({"image"}),
    ".zip": frozenset({"zip"}),
}
"""The file names that are read, and what each promises."""

_BLANK = codecs.BOM_UTF8 + b" \t\r\n"
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
)
_KNOWN_AS = {".xml": ((b"<",), "no C-CDA document"), ".json": ((b"{", b"["), "no FHIR resource")}
"""How what these names promise begins, and what it is not where nothing else speaks for it."""
_OLE = b"\xd0\xcf\x11\xe0"


def kind_of(data: bytes, name: str) -> Kind:
    """What ``data`` holds. Raises ``ReadError`` where it is nothing that is read, or is not what the name promises."""
    suffix = PurePath(name).suffix.lower()
    kind = _binary_kind(data, name)
    if kind is not None:
        # A picture called .pdf is still a picture: content wins where it speaks for itself.
        return kind
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ReadError("not_utf8", f"{name}: UTF-16 text; save it as UTF-8 and try again")
    if b"\x00" in data[:4096]:
        raise ReadError("unsupported", f"{name}: not a chart format that is read; export it as PDF or UTF-8 text")
    if suffix in {".txt", ""}:
        return "text"
    kind = _markup_kind(data)
    promised = SUFFIXES.get(suffix)
    if promised is None:
        if kind == "text":
            raise ReadError("unsupported", f"{name}: files of this kind are not read; export it as PDF or UTF-8 text")
        return kind
    if kind not in promised:
        begins, no = _KNOWN_AS.get(suffix, ((), ""))
        if begins and data.lstrip(_BLANK).startswith(begins):
            raise ReadError("mismatch", f"{name}: {suffix[1:].upper()}, but {no}; export the chart in a format that is read")
        raise ReadError("mismatch", f"{name}: the content is not {suffix[1:].upper()}, as its name says; export it again")
    return kind


def _binary_kind(data: bytes, name: str) -> Kind | None:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(_OLE):
        raise ReadError("unsupported", f"{name}: an old or encrypted Office file; save it as DOCX or PDF without a password")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return "docx" if "word/document.xml" in archive.namelist() else "zip"
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            raise ReadError("broken", f"{name}: a broken or cut off archive; export it again") from None
    # Last: its mark may stand behind a preamble, and at the start of what an archive holds uncompressed.
    return "pdf" if b"%PDF-" in data[:1024] else None


def _markup_kind(data: bytes) -> Kind:
    head = data[:65536].lstrip(_BLANK)
    lowered = head[:4096].lower()
    if head.startswith(b"<"):
        if b"<clinicaldocument" in head.lower():
            return "ccda"
        if (
            b"<html" in lowered
            or b"<!doctype html" in lowered
            or b"<body" in lowered
            or b"<div" in lowered
            or b"<p>" in lowered
        ):
            return "html"
    if head.startswith((b"{", b"[")) and b'"resourceType"' in data:
        return "fhir"
    return "text"
