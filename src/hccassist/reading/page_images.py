"""A page as a picture, for the reviewer's screen."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Limits
from hccassist.reading.sniff import kind_of

if TYPE_CHECKING:
    from PIL.Image import Image


def draw_page(path: Path, page_number: int, scale: float, limits: Limits) -> bytes:
    """Page ``page_number`` (from 1) of a PDF or image file as PNG, ``scale`` pixels a point; raises ``ReadError``
    where the file has no such page, is of a kind that has no pages to show, or where that takes too long."""
    name = path.name
    try:
        data = path.read_bytes()
    except OSError:
        raise ReadError("missing", f"{name}: cannot be opened; check the path") from None
    kind = kind_of(data, name)
    if kind not in {"pdf", "image"}:
        raise ReadError("no_image", f"{name}: only PDF and image files have pages to show; read its text")
    image = (_pdf_page if kind == "pdf" else _frame)(data, name, page_number, scale, limits)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _pdf_page(data: bytes, name: str, page_number: int, scale: float, limits: Limits) -> Image:
    from hccassist.reading.pdf import check_images, opened, render, scale_within

    with opened(data, name) as document:
        if not 1 <= page_number <= len(document):
            raise _no_page(name, page_number)
        page = document[page_number - 1]
        check_images(page.raw, page_number, name, limits)
        width, height = page.get_size()
        until = time.monotonic() + limits.draw_seconds
        image = render(page.raw, width, height, scale_within(width, height, scale), until, colored=True)
    if image is None:
        raise ReadError("time_limit", f"{name}: page {page_number} takes too long to draw; print the file to PDF anew")
    return image


def _frame(data: bytes, name: str, page_number: int, scale: float, limits: Limits) -> Image:
    from hccassist.reading.picture import frames

    for frame in frames(data, name, limits, lambda number: number == page_number):
        if frame:
            points = float(frame.info["points"])
            return frame.resize((max(1, round(frame.width * points * scale)), max(1, round(frame.height * points * scale))))
    raise _no_page(name, page_number)


def _no_page(name: str, page_number: int) -> ReadError:
    return ReadError("no_page", f"{name}: has no page {page_number}")
