"""PDF: the text layer where there is one worth reading, OCR where there is none."""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw as pdfium

from hccassist.reading import ocr
from hccassist.reading.assemble import PageDraft, assemble, unopened
from hccassist.reading.errors import ReadError
from hccassist.reading.grid import Rules
from hccassist.reading.limits import Limits
from hccassist.reading.lines import Token
from hccassist.reading.textlayer import Frame, TextLayer, frame_of, printed_rules, read_text_layer
from hccassist.reading.underlined_print import mark_underlined
from hccassist.schema import Chart, PageSource, UnreadReason

if TYPE_CHECKING:
    from PIL.Image import Image

_FEW_WORDS = 60
"""A text layer with fewer words over a page-wide image is a banner on a scan, not the page's text."""
_SCAN_SHARE = 0.4
_MAX_PIXELS = 36_000_000
_MOST_OBJECTS = 20_000
"""So many objects of a page are asked whether they are images."""
_COMMON_WORDS = frozenset(
    "the of and to in a is for with on was at no by or as this from be are that not he she his her has have"
    " patient date"
    " name page mg daily normal history left right results notes per day all other use report age phone number"
    " pain".split()
)
_WORDLIKE = re.compile(r"[A-Za-z]{2,}")
_GARBLED = re.compile(r"[a-z]\d+[a-z]|\b\d+[a-z]{3}|[A-Za-z]{3}\d")
_MOST_GARBLED = 0.06
"""Where more words than these have digits for letters ("b1ood", "5igned"), a scanner's own reading is a poor one."""
_BAD_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\x80-\x9f]")


def read_pdf(data: bytes, name: str, sha256: str, limits: Limits) -> Chart:
    """The chart of a PDF; raises ``ReadError`` where it is encrypted, broken, or beyond ``limits``."""
    with opened(data, name) as document:
        count = len(document)
        if not count:
            raise ReadError("broken", f"{name}: the PDF has no pages; export it again")
        if count > limits.max_pages:
            raise ReadError("too_many_pages", f"{name}: {count:,} pages, more than {limits.max_pages:,}; split the file")
        drafts = (
            _read_page(document, index, name, limits) if limits.in_time() else unopened("chart_time") for index in range(count)
        )
        return assemble(limits.told(drafts), name, sha256, limits.max_characters)


@contextmanager
def opened(data: bytes, name: str) -> Iterator[pypdfium2.PdfDocument]:
    """The document in ``data``, closed afterwards; raises ``ReadError`` where it is encrypted or broken."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        if pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD:
            raise ReadError("encrypted", f"{name}: the PDF asks for a password; save a copy without one") from None
        raise ReadError("broken", f"{name}: broken or cut off PDF; export it again") from None
    try:
        yield document
    finally:
        document.close()


def _read_page(document: pypdfium2.PdfDocument, index: int, name: str, limits: Limits) -> PageDraft:
    until = time.monotonic() + limits.page_seconds
    page = pdfium.FPDF_LoadPage(document.raw, index)
    if not page:
        # One page that cannot be opened does not take the others with it.
        return unopened("not_opened")
    try:
        frame = frame_of(page, 90 * pdfium.FPDFPage_GetRotation(page))
        width, height = frame.size
        if max(width, height) > limits.max_page_side:
            raise ReadError(
                "page_too_large",
                f"{name}: page {index + 1} is {width:.0f} by {height:.0f} points; print it on paper size",
            )
        layer = read_text_layer(page, frame, limits.max_characters)
        if layer.characters > limits.max_characters:
            raise ReadError("too_large", f"{name}: page {index + 1} has {layer.characters:,} characters; print the file anew")
        if layer.tokens and not _needs_ocr(page, layer, frame):
            rules = printed_rules(page, frame, layer.angle)
            tokens = mark_underlined(layer.tokens, rules)
            return _draft(tokens, layer.others, "text", layer.angle, width, height, rules)
        if not layer.tokens and not pdfium.FPDFPage_CountObjects(page):
            return _draft([], [], "text", 0, width, height)
        check_images(page, index + 1, name, limits)
        return _read_scan(page, layer, frame, limits, until)
    finally:
        pdfium.FPDF_ClosePage(page)


def _draft(
    tokens: list[Token],
    others: Sequence[list[Token]],
    source: PageSource,
    angle: int,
    width: float,
    height: float,
    rules: Rules = Rules(),  # noqa: B008  frozen
    unread: UnreadReason | None = None,
) -> PageDraft:
    frame_height = width if angle in (90, 270) else height
    return PageDraft(width, height, source, angle, frame_height, (tokens, *others), rules, unread)


def _read_scan(page: ctypes.c_void_p, layer: TextLayer, frame: Frame, limits: Limits, until: float) -> PageDraft:
    """A page without a usable text layer: OCR, else the text layer if it reads at all, else unread. ``until`` is when to
    give it up (as ``time.monotonic`` has it)."""
    width, height = frame.size
    scale = scale_within(width, height, limits.ocr_dpi / 72)
    image = render(page, width, height, scale, until)
    if image is not None and image.getextrema()[0] > 200:  # type: ignore[operator]
        return _draft(layer.tokens, layer.others, "text", layer.angle, width, height)
    read: ocr.OcrPage | UnreadReason = "no_ocr"
    if limits.ocr:
        read = ocr.read_image(image, scale, until) if image is not None else "page_time"
    if not isinstance(read, str) and len(read.tokens) >= 0.5 * len(layer.tokens):
        return _draft(read.tokens, (), "ocr", read.angle, width, height, read.rules)
    reason = read if isinstance(read, str) else "doubtful"
    if layer.tokens and not _is_garbage(layer):
        return _draft(layer.tokens, layer.others, "unread", layer.angle, width, height, unread=reason)
    return _draft([], [], "unread", 0, width, height, unread=reason)


def scale_within(width: float, height: float, scale: float) -> float:
    """The scale (pixels a point), lowered where the page would have too many pixels."""
    pixels = width * height * scale * scale
    return scale if pixels <= _MAX_PIXELS else scale * (_MAX_PIXELS / pixels) ** 0.5


def render(
    page: ctypes.c_void_p, width: float, height: float, scale: float, until: float, colored: bool = False
) -> Image | None:
    """A loaded page as an image, grey or in colors; None where it is not drawn by ``until``."""
    from PIL import Image

    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    kind, flags = (pdfium.FPDFBitmap_BGRx, 0) if colored else (pdfium.FPDFBitmap_Gray, pdfium.FPDF_GRAYSCALE)
    late = type(pdfium.IFSDK_PAUSE().NeedToPauseNow)(lambda _: time.monotonic() > until)
    pause = pdfium.IFSDK_PAUSE(version=1, NeedToPauseNow=late)
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, kind, None, 0)
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
        flags |= pdfium.FPDF_ANNOT
        state = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, columns, rows, 0, flags, ctypes.byref(pause))
        pdfium.FPDF_RenderPage_Close(page)
        if state == pdfium.FPDF_RENDER_TOBECONTINUED:
            return None
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    mode, raw = ("RGB", "BGRX") if colored else ("L", "L")
    return Image.frombuffer(mode, (columns, rows), buffer, "raw", raw, stride, 1)


def check_images(page: ctypes.c_void_p, number: int, name: str, limits: Limits) -> None:
    """Raises ``ReadError`` where an image on page ``number`` would unpack to more pixels than ``limits`` allow."""
    wide, high = ctypes.c_uint(), ctypes.c_uint()
    for image in _images(page):
        pdfium.FPDFImageObj_GetImagePixelSize(image, ctypes.byref(wide), ctypes.byref(high))
        if wide.value * high.value > limits.max_image_pixels:
            size = f"{wide.value} by {high.value}"
            raise ReadError("page_too_large", f"{name}: page {number} holds an image of {size} pixels; scan at 300 dpi")


def _images(page: ctypes.c_void_p) -> Iterator[ctypes.c_void_p]:
    """The images of a loaded page, those in its forms too; of its first objects where it has too many."""
    stack = [(pdfium.FPDFPage_GetObject(page, i)) for i in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS))]
    for _ in range(_MOST_OBJECTS):
        if not stack:
            return
        item = stack.pop()
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield item
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            held = min(pdfium.FPDFFormObj_CountObjects(item), _MOST_OBJECTS)
            stack += [pdfium.FPDFFormObj_GetObject(item, i) for i in range(held)]


# --- is the text layer the page's text? -----------------------------------------------------------------------------


def _needs_ocr(page: ctypes.c_void_p, layer: TextLayer, frame: Frame) -> bool:
    words = len(layer.tokens) + sum(len(group) for group in layer.others)
    if (words < _FEW_WORDS or _is_garbled(layer)) and _image_share(page, frame) > _SCAN_SHARE:
        return True
    return _is_garbage(layer)


def _is_garbled(layer: TextLayer) -> bool:
    """Whether many words of a text layer mix letters and digits as a poor reading of a scan does."""
    return sum(bool(_GARBLED.search(t.text)) for t in layer.tokens) > _MOST_GARBLED * len(layer.tokens)


def _image_share(page: ctypes.c_void_p, frame: Frame) -> float:
    """The part of the page that its largest image covers."""
    edges = [ctypes.c_float() for _ in range(4)]
    pointers = [ctypes.byref(edge) for edge in edges]
    width, height = frame.size
    largest = 0.0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), 2000)):
        item = pdfium.FPDFPage_GetObject(page, i)
        if pdfium.FPDFPageObj_GetType(item) not in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            continue
        if pdfium.FPDFPageObj_GetBounds(item, *pointers):
            left, bottom, right, top = (edge.value for edge in edges)
            largest = max(largest, (right - left) * (top - bottom))
    return largest / max(width * height, 1.0)


def _is_garbage(layer: TextLayer) -> bool:
    """Whether a text layer's characters are not those one sees: fonts without a map to Unicode come out as private or
    shifted characters, which leave words without vowels and none of the commonest ones."""
    words = [t.text for t in layer.tokens]
    letters = "".join(words)
    if len(letters) < 40:
        return False
    if len(_BAD_CHARACTER.findall(letters)) > 0.1 * len(letters):
        return True
    plain = [w.lower() for text in words for w in _WORDLIKE.findall(text)]
    if sum(w in _COMMON_WORDS for w in plain) >= 0.02 * len(words):
        return False
    alphabetic = "".join(plain)
    if len(alphabetic) < 0.3 * len(letters):
        digits = sum(c.isdigit() for c in letters)
        return digits + len(alphabetic) < 0.5 * len(letters)
    vowels = sum(c in "aeiouy" for c in alphabetic)
    return not 0.25 <= vowels / len(alphabetic) <= 0.6
