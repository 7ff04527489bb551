"""A page as a picture, for the reviewer's screen."""

from __future__ import annotations

import io
from pathlib import Path

from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Limits


def page_image(path: Path, page_number: int, scale: float = 1.5, limits: Limits = Limits()) -> bytes:  # noqa: B008  frozen
    """Page ``page_number`` (from 1) of a PDF or image file as PNG, ``scale`` pixels a point; raises ``ReadError``
    where the file has no such page or is of a kind that has no pages to show."""
    from hccassist.reading.sniff import kind_of

    name = path.name
    try:
        data = path.read_bytes()
    except OSError:
        raise ReadError("missing", f"{name}: cannot be opened; check the path") from None
    kind = kind_of(data, name)
    if kind == "pdf":
        return _pdf_page(data, name, page_number, scale)
    if kind == "image":
        return _frame(data, name, page_number, scale, limits)
    raise ReadError("no_image", f"{name}: only PDF and image files have pages to show; read its text")


def _pdf_page(data: bytes, name: str, page_number: int, scale: float) -> bytes:
    from hccassist.reading.pdf import opened, scale_within

    with opened(data, name) as document:
        if not 1 <= page_number <= len(document):
            raise ReadError("no_page", f"{name}: has no page {page_number}")
        page = document[page_number - 1]
        width, height = page.get_size()
        image = page.render(scale=scale_within(width, height, scale)).to_pil()
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _frame(data: bytes, name: str, page_number: int, scale: float, limits: Limits) -> bytes:
    from hccassist.reading.picture import frames

    for number, frame in enumerate(frames(data, name, limits), start=1):
        if number == page_number:
            points = float(frame.info["points"])
            size = (max(1, round(frame.width * points * scale)), max(1, round(frame.height * points * scale)))
            out = io.BytesIO()
            frame.resize(size).save(out, "PNG", compress_level=3)
            return out.getvalue()
    raise ReadError("no_page", f"{name}: has no page {page_number}")
