"""Plain text: the file decoded as UTF-8, untouched, as one page without words."""

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
    return one_page(text, name, sha256)


def one_page(text: str, name: str, sha256: str) -> Chart:
    """A chart of one page that has text but no places. Escapes of some formats name halves of characters: pairs are joined,
    a half alone is unreadable."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Chart(name, sha256, text, (Page(1, 0.0, 0.0, "text", 0, 0, len(text)),))
