"""The text layer of a PDF page through pdfium's raw interface: words with boxes, and how the page lies.

Speed comes from few calls: the page's text in one, then two boxes a word (its first and last character).
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass

import pypdfium2.raw as pdfium

from hccassist.reading.grid import Rules, rules_of
from hccassist.reading.lines import Token
from hccassist.schema import Box

_WORD = re.compile(r"\S+")
# Ligatures as one character each; a search for the plain word must find them.
_LIGATURES = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\x02": "-",
        "\ufffe": "-",
        "\u2011": "-",
    }
)
_INVISIBLE = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_MOST_OBJECTS = 4_000
_DIAGONAL = -1
_ABOVE, _BELOW = 0.2, 0.08
"""Parts of a font box's height that glyphs leave empty."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How user space becomes the displayed page: its bounding box and /Rotate (clockwise degrees)."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as displayed, in points."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def display(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A user space rectangle (left, bottom, right, top) as displayed, origin at the top left."""
        if self.rotation == 90:
            return (y0 - self.bottom, x0 - self.left, y1 - self.bottom, x1 - self.left)
        if self.rotation == 180:
            return (self.right - x1, y0 - self.bottom, self.right - x0, y1 - self.bottom)
        if self.rotation == 270:
            return (self.top - y1, self.right - x1, self.top - y0, self.right - x0)
        return (x0 - self.left, self.top - y1, x1 - self.left, self.top - y0)


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The words of a page's text layer, by the direction they are printed in.

    ``angle`` (0, 90, 180, 270) is how far, clockwise, the main text is turned on the displayed page; ``tokens`` are
    its words in the frame that makes them upright, ``others`` those of any other direction (a stamp in the margin, a
    watermark)."""

    angle: int
    tokens: list[Token]
    others: list[list[Token]]
    characters: int


def frame_of(page: ctypes.c_void_p, rotation: int) -> Frame:
    """The frame of a loaded page."""
    rect = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(rect))
    return Frame(rect.left, rect.bottom, rect.right, rect.top, rotation)


def read_text_layer(page: ctypes.c_void_p, frame: Frame, most: int) -> TextLayer:
    """The words of a loaded page, in the order of its content stream; none where it has more than ``most`` characters."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return TextLayer(0, [], [], 0)
    try:
        count = pdfium.FPDFText_CountChars(text_page)
        if count > most:
            return TextLayer(0, [], [], count)
        text = _characters(text_page, count) if count > 0 else ""
        by_angle = _words(text_page, text, frame)
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    if not by_angle:
        return TextLayer(0, [], [], len(text))
    weight = Counter({a: sum(len(t.text) for t in tokens) for a, tokens in by_angle.items() if a != _DIAGONAL})
    main = weight.most_common(1)[0][0] if weight else _DIAGONAL
    width, height = frame.size
    turned = {a: turn(tokens, max(a, 0), width, height) for a, tokens in by_angle.items()}
    return TextLayer(max(main, 0), turned[main], [turned[a] for a in sorted(turned) if a != main], len(text))


def turn(tokens: list[Token], angle: int, width: float, height: float) -> list[Token]:
    """The words with ``x0..y1`` in the frame that makes text printed at ``angle`` upright, for a page of this size."""
    if not angle:
        return tokens
    for t in tokens:
        t.x0, t.y0, t.x1, t.y1 = turned((t.x0, t.y0, t.x1, t.y1), angle, width, height)
    return tokens


def turned(box: Box, angle: int, width: float, height: float) -> Box:
    """A displayed box in the frame that makes text printed at ``angle`` upright, for a page of this size."""
    x0, y0, x1, y1 = box
    if angle == 90:
        return (y0, width - x1, y1, width - x0)
    if angle == 180:
        return (width - x1, height - y1, width - x0, height - y0)
    if angle == 270:
        return (height - y1, x0, height - y0, x1)
    return box


def printed_rules(page: ctypes.c_void_p, frame: Frame, angle: int) -> Rules:
    """The lines and panels drawn on a loaded page, in the frame that makes text printed at ``angle`` upright."""
    width, height = frame.size
    edges = [ctypes.c_float() for _ in range(4)]
    pointers = [ctypes.byref(edge) for edge in edges]
    boxes: list[Box] = []
    for i in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, i)
        if pdfium.FPDFPageObj_GetType(item) == pdfium.FPDF_PAGEOBJ_PATH and pdfium.FPDFPageObj_GetBounds(item, *pointers):
            left, bottom, right, top = (edge.value for edge in edges)
            boxes.append(turned(frame.display(left, bottom, right, top), angle, width, height))
    return rules_of(boxes)


def _characters(text_page: ctypes.c_void_p, count: int) -> str:
    """The page's characters, one code point for each of pdfium's character indexes."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    # pdfium leaves out characters that have no Unicode value, and pairs others: ask for each, so that indexes hold.
    codes = (pdfium.FPDFText_GetUnicode(text_page, i) for i in range(count))
    return "".join(chr(c) if 0 < c < 0x110000 and not 0xD800 <= c < 0xE000 else "\ufffd" for c in codes)


def _words(text_page: ctypes.c_void_p, text: str, frame: Frame) -> dict[int, list[Token]]:
    rect = pdfium.FS_RECTF()
    pointer = ctypes.byref(rect)
    loose_box = pdfium.FPDFText_GetLooseCharBox
    display = frame.display
    found: dict[int, list[Token]] = {}
    angle = 0
    stack = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    stack.reverse()
    while stack:
        start, end = stack.pop()
        word = text[start:end]
        hyphen = word.find("\x02", 0, -1)
        if hyphen >= 0:
            # pdfium's mark for a hyphen at a line's end: what follows stands on the next line.
            stack.append((start + hyphen + 1, end))
            end = start + hyphen + 1
            word = text[start:end]
        loose_box(text_page, start, pointer)
        x0, y0, x1, y1 = display(rect.left, rect.bottom, rect.right, rect.top)
        if end - start > 1:
            loose_box(text_page, end - 1, pointer)
            u0, v0, u1, v1 = display(rect.left, rect.bottom, rect.right, rect.top)
            dx, dy = (u0 + u1 - x0 - x1) / 2, (v0 + v1 - y0 - y1) / 2
            angle = _direction(dx, dy)
            if end - start > 2 and abs(dy) > 0.01 and _breaks_off(dx, dy, angle, end - start, max(y1 - y0, x1 - x0)):
                middle = _break_point(text_page, text, start, end, frame)
                if middle is not None:
                    stack.append((middle, end))
                    stack.append((start, middle))
                    continue
            x0, y0, x1, y1 = min(x0, u0), min(y0, v0), max(x1, u1), max(y1, v1)
        clean = word if word.isascii() and word.isprintable() else _INVISIBLE.sub("", word.translate(_LIGATURES))
        if not clean or clean.isspace():
            continue
        tokens = found.get(angle)
        if tokens is None:
            tokens = found[angle] = []
        tokens.append(Token(clean, x0, y0, x1, y1, _glyph_box(x0, y0, x1, y1, angle)))
    return found


def _glyph_box(x0: float, y0: float, x1: float, y1: float, angle: int) -> Box:
    """A font box without the room fonts keep above capitals and below descenders: in tightly set text that room reaches
    into the neighbouring lines."""
    if angle == 90:
        size = x1 - x0
        return (x0 + _BELOW * size, y0, x1 - _ABOVE * size, y1)
    if angle == 270:
        size = x1 - x0
        return (x0 + _ABOVE * size, y0, x1 - _BELOW * size, y1)
    size = y1 - y0
    if angle == 180:
        return (x0, y0 + _BELOW * size, x1, y1 - _ABOVE * size)
    return (x0, y0 + _ABOVE * size, x1, y1 - _BELOW * size)


def _direction(dx: float, dy: float) -> int:
    """How far, clockwise, a word is turned whose last character lies (dx, dy) from its first."""
    if abs(dy) <= 0.3 * abs(dx):
        return 0 if dx >= 0 else 180
    if abs(dx) <= 0.3 * abs(dy):
        return 90 if dy > 0 else 270
    return _DIAGONAL


def _breaks_off(dx: float, dy: float, angle: int, characters: int, size: float) -> bool:
    """Whether first and last character cannot be of one word: the line changed without a space in the content."""
    along = abs(dx) if angle in (0, 180) else abs(dy)
    return along > 1.5 * size * characters or ((angle == _DIAGONAL or angle == 180) and abs(dy) > 0.6 * size)


def _break_point(text_page: ctypes.c_void_p, text: str, start: int, end: int, frame: Frame) -> int | None:
    """Where a run of characters jumps to another line or across a wide gap; None where it does not."""
    rect = pdfium.FS_RECTF()
    pointer = ctypes.byref(rect)
    previous: Box | None = None
    for i in range(start, end):
        pdfium.FPDFText_GetLooseCharBox(text_page, i, pointer)
        box = frame.display(rect.left, rect.bottom, rect.right, rect.top)
        if previous is not None:
            height = max(previous[3] - previous[1], 0.1)
            if box[0] < previous[0] - height and abs(box[1] - previous[1]) > 0.5 * height:
                return i
        previous = box
    return None
