"""How much of a file the readers accept, so that no file can exhaust the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one chart. Sizes are bytes, page sides PDF points (1/72 inch), times seconds. ``on_page`` is called when a page
    was read, so that whoever waits for a long scan knows that it goes on."""

    max_bytes: int = 500_000_000
    max_pages: int = 5_000
    max_page_side: float = 14_400.0
    max_characters: int = 50_000_000
    max_image_pixels: int = 200_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_archive_members: int = 2_000
    ocr: bool = True
    ocr_dpi: int = 200
    ocr_seconds: float = 30.0
    on_page: Callable[[], None] | None = None

    def told(self, pages: Iterable[T]) -> Iterator[T]:
        """The pages, each told to ``on_page`` when it was read."""
        for page in pages:
            if self.on_page:
                self.on_page()
            yield page
