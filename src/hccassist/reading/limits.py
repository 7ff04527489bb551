"""How much of a file the readers accept, so that no file can exhaust the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

ENVIRONMENT = "HCCASSIST_LIMITS"


class LimitsError(ValueError):
    """``HCCASSIST_LIMITS`` names no limit, or none of its values: one line with the cure."""


class Clock:
    """What a chart's pages have taken so far: how many they are, and the processor's seconds of this thread, so that other
    work on a busy machine costs no page."""

    def __init__(self) -> None:
        self.pages = 0
        self._started = time.thread_time()

    def seconds(self) -> float:
        return time.thread_time() - self._started


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one chart. Sizes are bytes, page sides PDF points (1/72 inch), times seconds.

    ``page_seconds`` are for drawing and reading one page: what takes longer is a page unread. All pages of a chart may take
    ``seconds`` and ``mean_page_seconds`` for each, ``chart_seconds`` at most: those left then are unread. ``draw_seconds``,
    ``seconds`` and ``memory`` are what the reviewer gives to a page's picture and to a chart; in a batch its own options say
    it. ``on_page`` is called when a page was read, so that whoever waits for a long scan knows that it goes on. ``clock`` is
    the chart's, whose reading starts it."""

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
    mean_page_seconds: float = 5.0
    chart_seconds: float = 3600.0
    draw_seconds: float = 20.0
    seconds: float = 300.0
    memory: int = 4 << 30
    on_page: Callable[[], None] | None = None
    clock: Clock | None = None

    def in_time(self) -> bool:
        """Whether the chart has time for one more page, which it then counts."""
        if self.clock is None:
            return True
        self.clock.pages += 1
        most = min(self.seconds + self.mean_page_seconds * self.clock.pages, self.chart_seconds)
        return self.clock.seconds() <= most

    def told(self, pages: Iterable[T]) -> Iterator[T]:
        """The pages, each told to ``on_page`` when it was read."""
        for page in pages:
            if self.on_page:
                self.on_page()
            yield page


def configured() -> Limits:
    """The limits with those that ``HCCASSIST_LIMITS`` sets ("max_pages=8000 page_seconds=30"), for every process that the
    environment reaches. Raises ``LimitsError``."""
    return _limits_of(os.environ.get(ENVIRONMENT, ""))


@cache
def _limits_of(settings: str) -> Limits:
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Limits) if field.default is not None}
    values: dict[str, Any] = {}
    for part in settings.split():
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
