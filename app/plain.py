"""Words as they are, where Streamlit would read Markdown: no file name becomes a link, a formula or another machine's image."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """The text with every sign escaped that Markdown gives a meaning."""
    return _SIGNS.sub(r"\\\1", str(text))
