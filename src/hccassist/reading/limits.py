"""How much of a file the readers accept, so that no file can exhaust the machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T")

ENVIRONMENT = "HCCASSIST_LIMITS"


class LimitsError(ValueError):
    """``HCCASSIST_LIMITS`` names no limit, or none of its values: one line with the cure."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one chart. Sizes are bytes, page sides PDF points (1/72 inch), times seconds.

    ``page_seconds`` are for drawing and reading one page: what takes longer is a page unread. ``draw_seconds``, ``seconds``
    and ``memory`` are what the reviewer gives to a page's picture and to a chart; in a batch its own options say it.
    ``on_page`` is called when a page was read, so that whoever waits for a long scan knows that it goes on."""

    max_bytes: int = 500_000_000
    max_pages: int = 5_000
    max_page_side: float = 14_400.0
    max_characters: int = 50_000_000
    max_image_pixels: int = 100_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_archive_members: int = 2_000
    ocr: bool = True
    ocr_dpi: int = 200
    page_seconds: float = 60.0
    draw_seconds: float = 20.0
    seconds: float = 300.0
    memory: int = 4 << 30
    on_page: Callable[[], None] | None = None

    def told(self, pages: Iterable[T]) -> Iterator[T]:
        """The pages, each told to ``on_page`` when it was read."""
        for page in pages:
            if self.on_page:
                self.on_page()
            yield page


def configured() -> Limits:
    """The limits with those that ``HCCASSIST_LIMITS`` sets ("max_pages=8000 page_seconds=30"), for every process that the
    environment reaches. Raises ``LimitsError``."""
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Limits) if field.name != "on_page"}
    values: dict[str, Any] = {}
    for part in os.environ.get(ENVIRONMENT, "").split():
        name, _, value = part.partition("=")
        if name not in kinds:
            raise LimitsError(f"{ENVIRONMENT}: no limit {name!r}; use {', '.join(kinds)}")
        try:
            values[name] = bool(int(value)) if kinds[name] is bool else kinds[name](value)
        except ValueError:
            raise LimitsError(f"{ENVIRONMENT}: {name} is {value!r}; give a number") from None
        if kinds[name] is not bool and not values[name] > 0:  # what is no number (NaN) is not above it either
            raise LimitsError(f"{ENVIRONMENT}: {name} is {value!r}; give a number above 0")
    return Limits(**values)
