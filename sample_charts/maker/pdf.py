"""A chart's records become one PDF. The same sources give the same bytes (reportlab's invariant mode)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import reportlab
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from sample_charts.maker.body import flowables
from sample_charts.maker.looks import LOOKS, MARGIN, Sheet, page_size
from sample_charts.maker.paper import scans
from sample_charts.maker.source import ChartSource, Record

GUTTER = 18.0


def register_fonts() -> None:
    """The fonts that reportlab ships, so that every machine makes the same pages."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in ("Vera", "VeraBd", "VeraIt"):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    face = pdfmetrics.EmbeddedType1Face(str(folder / "callig15.afm"), str(folder / "callig15.pfb"))
    pdfmetrics.registerTypeFace(face)
    pdfmetrics.registerFont(pdfmetrics.Font("callig15", face.name, "WinAnsiEncoding"))


def write_chart(source: ChartSource, target: Path) -> list[list[int]]:
    """Writes the PDF; returns the page numbers of each record."""
    counts = [_layout(record, lambda sheet, canvas: None, io.BytesIO()) for record in source.records]
    total, first = sum(counts), 1
    chart = _SharedCanvas(str(target), invariant=1, pageCompression=1)
    chart.setTitle(source.fields.get("pdf_title", ""))
    pages = []
    for record, count in zip(source.records, counts, strict=True):
        decorate = _banner(source, first, total)
        if kind := record.get("scan"):
            printed = io.BytesIO()
            _layout(record, decorate, printed, count)
            for picture in scans(printed.getvalue(), kind, zlib.crc32(f"{source.name}{first}".encode())):
                _draw_picture(chart, picture, page_size(record), record.get("sideways"))
        else:
            _layout(record, decorate, chart, count)
        pages.append(list(range(first, first + count)))
        first += count
    chart.write()
    return pages


class _SharedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that several document templates write to: each of them would save it when done."""

    def save(self) -> None:
        pass

    def write(self) -> None:
        super().save()


Decorate = Callable[[Sheet, Any], None]


def _layout(record: Record, decorate: Decorate, target: Any, of: int = 0) -> int:
    """Lays a record out on ``target`` (a file or a canvas) and returns its number of pages."""
    look = LOOKS[record.get("look")]
    width, height = page_size(record)

    def on_page(canvas: Any, document: Any) -> None:
        canvas.saveState()
        sheet = Sheet(record, document.page, of, width, height)
        look.head(canvas, sheet, look)
        decorate(sheet, canvas)
        canvas.restoreState()

    columns = int(record.get("columns", "1"))
    column = (width - 2 * MARGIN - GUTTER * (columns - 1)) / columns
    tall = height - look.top - look.bottom
    frames = [
        Frame(MARGIN + i * (column + GUTTER), look.bottom, column, tall, 0, 0, 0, 0, id=f"column{i}") for i in range(columns)
    ]
    shared = isinstance(target, _SharedCanvas)
    document = BaseDocTemplate(io.BytesIO() if shared else target, pagesize=(width, height), invariant=1)
    document.addPageTemplates([PageTemplate("page", frames, onPage=on_page, pagesize=(width, height))])
    maker = (lambda *_, **__: target) if shared else Canvas
    document.build(flowables(record.lines, look, column), canvasmaker=maker)
    return int(document.page)


def _banner(source: ChartSource, first: int, total: int) -> Decorate:
    """The line a fax machine prints above every page."""
    fax = source.fields.get("fax")

    def draw(sheet: Sheet, canvas: Any) -> None:
        if fax:
            canvas.setFont("Courier", 8)
            canvas.drawString(20, sheet.height - 16, fax)
            canvas.drawRightString(sheet.width - 20, sheet.height - 16, f"P.{first + sheet.number - 1:03d}/{total:03d}")

    return draw


def _draw_picture(canvas: Any, picture: bytes, size: tuple[float, float], sideways: str) -> None:
    """``sideways``: the sheet went in sideways, and the page's rotation entry sets it upright again."""
    width, height = size
    image = ImageReader(io.BytesIO(picture))
    if sideways:
        canvas.setPageSize(size)
        # reportlab turns the page's box; what is drawn must be turned here.
        canvas.setPageRotation(90)
        canvas.translate(height, 0)
        canvas.rotate(90)
        canvas.drawImage(image, 0, 0, width, height)
        canvas.showPage()
        canvas.setPageRotation(0)
    else:
        canvas.setPageSize(size)
        canvas.drawImage(image, 0, 0, width, height)
        canvas.showPage()
