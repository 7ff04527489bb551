"""A second reader for what tesseract guesses at or leaves out: handwriting, poor copies. RapidOCR (PaddleOCR's models, in its
wheel), its recognizer alone: the places are known, and its own search for them takes a hundred times as long as a line.

Where it is not installed there is no second opinion, and no error.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hccassist.reading.doubtful import PixelBox

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_LEAST_SCORE = 0.6
_INK = 150
_RIM, _RIM_SHARE = 4, 0.2
"""The paper around a place: pixels at least, and part of its height. Letters cut close are misread."""
_SPACE_STEP, _SPACE_INK = 1.5, 0.22
"""A space is a step to the next letter so many times the usual one, with a gap in the ink as wide as this part of the
line's height: the reader leaves many spaces out."""
_FOREIGN = re.compile(r"[^\x20-\x7e¡-ſ–—‘’“”•…±≤≥°µ]+")
"""Its check boxes are letters to it, where ours are found by their outline; and its alphabet holds Chinese."""
_PARAMETERS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    # Keeps what it took for the widest line: lines of any width, taken and given back in turn, leave the heap in pieces.
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
    "Global.use_cls": False,
    "Global.log_level": "critical",
}


class ReadWord(NamedTuple):
    """A word as the second reader has it: its confidence (0 to 100) is its line's."""

    text: str
    confidence: float
    box: PixelBox


ReadLine = tuple[PixelBox, list[ReadWord]]
"""A place and the words on it."""


@lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        return None
    return RapidOCR(params=_PARAMETERS)


def second_opinion(level: Image, places: Sequence[PixelBox], until: float) -> list[ReadLine]:
    """The lines at ``places`` of a level page image, as many as are read by ``until``; none where the second reader is not
    installed."""
    engine = _engine() if places else None
    if engine is None:
        return []
    import numpy as np

    lines: list[ReadLine] = []
    for place in places:
        if time.monotonic() > until:
            break
        rim = max(_RIM, round(_RIM_SHARE * (place[3] - place[1])))
        left, top = max(place[0] - rim, 0), max(place[1] - rim, 0)
        crop = level.crop((left, top, min(place[2] + rim, level.width), min(place[3] + rim, level.height)))
        found = engine(np.asarray(crop.convert("RGB")), use_det=False, use_cls=False, use_rec=True, return_word_box=True)
        if not found.txts or found.scores[0] < _LEAST_SCORE or not found.word_results:
            continue
        words = list(_words(found.word_results[0], 100 * float(found.scores[0]), np.asarray(crop) < _INK, (left, top)))
        if words:
            lines.append((place, words))
    return lines


def _words(
    info: Any, confidence: float, ink: np.ndarray[Any, np.dtype[np.bool_]], corner: tuple[int, int]
) -> Iterator[ReadWord]:
    """The words of a line with the places of their ink."""
    import numpy as np

    pitch = ink.shape[1] / info.line_txt_len
    columns, rows = ink.any(axis=0), np.nonzero(ink.any(axis=1))[0]
    height = int(rows[-1] - rows[0]) + 1 if len(rows) else ink.shape[0]
    steps = sorted(b - a for cols in info.word_cols for a, b in itertools.pairwise(cols))
    usual = steps[len(steps) // 2] if steps else 1
    for letters, places in zip(info.words, info.word_cols, strict=True):
        start = 0
        for n in range(1, len(letters) + 1):
            if n < len(letters):
                middle = slice(round((places[n - 1] + 0.5) * pitch), round((places[n] + 0.5) * pitch))
                wide = places[n] - places[n - 1] > _SPACE_STEP * usual
                if not wide or _widest_gap(columns[middle]) < _SPACE_INK * height:
                    continue
            text = _FOREIGN.sub("", "".join(letters[start:n])).strip()
            low = round(max(places[start] - usual / 2, 0) * pitch)
            high = max(round((places[n - 1] + 0.5 + usual / 2) * pitch), low + 1)
            own = np.nonzero(ink[:, low:high].any(axis=1))[0]
            top, bottom = (int(own[0]), int(own[-1]) + 1) if len(own) else (0, ink.shape[0])
            start = n
            if text:
                yield ReadWord(text, confidence, (corner[0] + low, corner[1] + top, corner[0] + high, corner[1] + bottom))


def _widest_gap(columns: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
    widest = run = 0
    for filled in columns:
        run = 0 if filled else run + 1
        widest = max(widest, run)
    return widest
