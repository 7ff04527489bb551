"""A second reader for pages that tesseract guesses at: handwriting, poor copies. RapidOCR (PaddleOCR's models, in its wheel).

Slower by far, so it sees weak pages only. Where it is not installed there is no second opinion, and no error.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

ReadLine = tuple[str, float, tuple[int, int, int, int]]
"""A line's text, its confidence (0 to 100), its pixels (left, top, right, bottom)."""

_LEAST_SCORE = 0.6
_BOXES = re.compile(r"[□☐■▢○]")
_PARAMETERS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.use_cls": False,
    "Global.log_level": "critical",
}


@lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        return None
    return RapidOCR(params=_PARAMETERS)


def second_opinion(level: Image) -> list[ReadLine] | None:
    """The lines of a level page image; None where the second reader is not installed."""
    engine = _engine()
    if engine is None:
        return None
    import numpy as np

    found = engine(np.asarray(level.convert("RGB")))
    if found.boxes is None:
        return []
    lines: list[ReadLine] = []
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        # Its check boxes are letters to it; ours are found by their outline.
        plain = _BOXES.sub(" ", str(text)).strip()
        if score >= _LEAST_SCORE and plain:
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            lines.append((plain, 100 * float(score), (round(left), round(top), round(right), round(bottom))))
    return lines
