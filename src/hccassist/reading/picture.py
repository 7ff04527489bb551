"""TIFF, PNG and JPEG scans: each frame a page, read by OCR."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hccassist.reading import ocr
from hccassist.reading.assemble import PageDraft, assemble, unopened
from hccassist.reading.errors import ReadError
from hccassist.reading.limits import Limits
from hccassist.schema import Chart

if TYPE_CHECKING:
    from PIL.Image import Image

_LETTER_WIDTH = 612.0
_BLANK = 200


def read_picture(data: bytes, name: str, sha256: str, limits: Limits) -> Chart:
    """The chart of an image file, a page for each frame; raises ``ReadError``."""
    images = frames(data, name, limits, lambda _: limits.in_time())
    drafts = (_draft(image, limits) if image else unopened("chart_time") for image in images)
    return assemble(limits.told(drafts), name, sha256, limits.max_characters)


def frames(data: bytes, name: str, limits: Limits, wanted: Callable[[int], bool]) -> Iterator[Image | None]:
    """The frames of an image file, upright by their own marks, grey, None for those whose number (from 1) is not ``wanted``;
    raises ``ReadError`` where they are too large, too many or broken."""
    from PIL import Image, ImageOps

    broken = ReadError("broken", f"{name}: a broken or cut off image; scan or export it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a scan whose tags are damaged is read all the same
            image = Image.open(io.BytesIO(data), formats=("TIFF", "PNG", "JPEG"))
            count = int(getattr(image, "n_frames", 1))
            if count > limits.max_pages:
                raise ReadError("too_many_pages", f"{name}: {count:,} pages, more than {limits.max_pages:,}; split the file")
            for number in range(count):
                if not wanted(number + 1):
                    yield None
                    continue
                image.seek(number)
                if image.width * image.height > limits.max_image_pixels:
                    raise ReadError(
                        "page_too_large",
                        f"{name}: page {number + 1} has {image.width} by {image.height} pixels; scan at 300 dpi",
                    )
                frame = ImageOps.exif_transpose(image)
                grey = frame.convert("L")
                grey.info["points"] = _LETTER_WIDTH / grey.width if not _dpi(image) else 72 / _dpi(image)
                yield grey
    except ReadError:
        raise
    except Image.DecompressionBombError:
        raise ReadError("page_too_large", f"{name}: an image of too many pixels; scan at 300 dpi") from None
    except Exception:  # Pillow's plugins raise what the broken bytes make them raise
        raise broken from None


def _dpi(image: Image) -> float:
    value = image.info.get("dpi")
    try:
        dpi = float(value[0]) if isinstance(value, tuple) else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return dpi if 90 <= dpi <= 1200 else 0.0


def _draft(frame: Image, limits: Limits) -> PageDraft:
    points = float(frame.info["points"])
    width, height = frame.width * points, frame.height * points
    if frame.getextrema()[0] > _BLANK:  # type: ignore[operator]
        return PageDraft(width, height, "text", 0, height, ())
    scale = 1 / points
    target = limits.ocr_dpi / 72
    if scale > 1.2 * target:
        frame = frame.resize((round(width * target), round(height * target)))
        scale = target
    read = ocr.read_image(frame, scale, time.monotonic() + limits.page_seconds) if limits.ocr else "no_ocr"
    if isinstance(read, str):
        return PageDraft(width, height, "unread", 0, height, (), unread=read)
    frame_height = width if read.angle in (90, 270) else height
    return PageDraft(width, height, "ocr", read.angle, frame_height, (read.tokens,), read.rules)
