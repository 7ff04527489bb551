"""How much of a file the readers accept, so that no file can exhaust the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one chart. Sizes are bytes, page sides PDF points (1/72 inch), times seconds."""

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
