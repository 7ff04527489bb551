"""Files of every kind for the reading tests, made on the spot; everyone in them is invented."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

PROSE = (
    "She walks two miles on most days and sleeps well through the night without",
    "any medicine for it. The knee is better since the brace was fitted in the",
    "spring and she climbs the stairs to her flat without stopping. Her appetite",
    "is good and her weight has been steady for the whole of the past half year.",
    "She sees her daughter every week and they cook together on Sunday evening.",
    "No falls, no dizzy spells and no trouble with her sight were reported today.",
    "The garden keeps her busy until late autumn and she reads in the winter days.",
    "She was told to keep on with the exercises and to come back in three months.",
)


def pdf(*pages: Callable[[Canvas], None], size: tuple[float, float] = letter, **options: Any) -> bytes:
    """A PDF whose pages the given functions draw."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, **options)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(
    texts: Sequence[str], x: float = 72, y: float = 720, step: float = 14, font: str = "Helvetica", size: float = 11
) -> Callable[[Canvas], None]:
    """Draws lines of text down the page from (x, y)."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        for n, text in enumerate(texts):
            canvas.drawString(x, y - n * step, text)

    return draw


def together(*draws: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
    """Draws several things on one page."""

    def draw(canvas: Canvas) -> None:
        for one in draws:
            one(canvas)

    return draw


def scan(source: bytes, dpi: int = 200, turn: float = 0.0, page: int = 0) -> Any:
    """A page of a PDF as a picture, as a scanner would make it, turned by so many degrees counterclockwise."""
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    image = document[page].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    return image.rotate(turn, expand=turn % 90 == 0, fillcolor=255) if turn else image


def image_pdf(*images: Any, banner: str = "") -> bytes:
    """A PDF of scanned pages; ``banner`` is printed over each as text, as fax servers do."""
    from reportlab.lib.utils import ImageReader

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter)
    for image in images:
        width, height = image.width * 72 / 200, image.height * 72 / 200
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(image.convert("RGB")), 0, 0, width, height)
        if banner:
            canvas.setFont("Courier", 8)
            canvas.drawString(20, height - 12, banner)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
