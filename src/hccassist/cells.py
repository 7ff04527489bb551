"""Cells of a spreadsheet file that no spreadsheet takes for a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Signs that a spreadsheet may take for the start of a formula (OWASP, CSV injection), in full width too."""


def guarded(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: file names and chart text may begin with any of its signs."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
