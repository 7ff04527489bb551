"""RTF: its text through striprtf."""

from __future__ import annotations

import re
from typing import Any

from hccassist.reading.errors import ReadError
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart

_PAGE = re.compile(r"\\page(?![a-z])")


def read_rtf(data: bytes, name: str, sha256: str) -> Chart:
    """The chart of an RTF file, without words; raises ``ReadError``."""
    from striprtf import striprtf

    convert: Any = striprtf.rtf_to_text  # untyped
    try:
        text = str(convert(_PAGE.sub(r"\\par\\'0c ", data.decode("latin-1")), errors="replace"))
    except Exception:  # striprtf raises whatever its input breaks
        raise ReadError("broken", f"{name}: a broken RTF file; save it again as PDF") from None
    text = text.replace("\r\n", "\n").replace("|\n", "\n").replace("\t", "  ")
    if not text.strip():
        raise ReadError("empty", f"{name}: the file holds no text; export it again")
    return text_chart(text, name, sha256)
