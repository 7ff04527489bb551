"""Plain text: the file decoded as UTF-8, untouched, without words; form feeds part its pages."""

from __future__ import annotations

from hccassist.reading.errors import ReadError
from hccassist.schema import Chart, Page


def read_plain(data: bytes, name: str, sha256: str) -> Chart:
    """The chart of a UTF-8 text file; raises ``ReadError`` where the bytes are not UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReadError("not_utf8", f"{name}: not UTF-8 text (byte {error.start}); save it as UTF-8 and try again") from None
    if not text.strip("\ufeff \t\r\n\f"):
        raise ReadError("empty", f"{name}: the file holds no text; export it again")
    return text_chart(text, name, sha256)


def text_chart(text: str, name: str, sha256: str) -> Chart:
    """A chart that has text but no places; a form feed begins a page, as in print files. Escapes of some formats name halves of
    characters: pairs are joined, a half alone is unreadable."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    bounds: list[tuple[int, int]] = []
    at = 0
    for part in text.split("\f"):
        if part.strip() or not bounds:
            bounds.append((at if bounds else 0, at + len(part)))
        at += len(part) + 1
    pages = (Page(number, 0.0, 0.0, "text", 0, start, end) for number, (start, end) in enumerate(bounds, start=1))
    return Chart(name, sha256, text, tuple(pages))
