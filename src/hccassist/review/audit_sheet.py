"""The audit sheet: a PDF that shows, years later, which words on which page supported each code, who decided, when and why.

One section a chart: the accepted codes, each with its visit, the quoted words by MEAT letter, the place cut out of the page
image, and the decision; then what was decided against. A code that no person accepted is never listed as one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image as Picture
from PIL import ImageChops, ImageStat
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from hccassist.reading import ReadError
from hccassist.reading.apart import page_image
from hccassist.review.claims import CLAIM
from hccassist.review.decisions import REJECT_REASONS, Decision, SuggestionState
from hccassist.review.export import ORIGIN, categories_of, element_name, quotes_of, versions_line
from hccassist.review.snapshot import OpenChart
from hccassist.schema import Box, provider_line

rl_config.useA85 = 0  # images written as text take a quarter more room, and time
FONT, BOLD = "Vera", "VeraBd"
SCALE = 2.0
"""Pixels a point of the page images that crops are cut from."""
MARGIN = 24.0
"""Points shown above and below the words."""
PAGES_AT_HAND = 4
MAX_CROP = 220.0
"""Points: a taller crop shows its first part only."""
COLORED = 40
"""By how much (of 255) a color of a page differs from its gray at least, where the page is shown in color."""
WIDTH = LETTER[0] - 1.4 * inch
FRAME, FRAME_GAP, RULE = colors.HexColor("#1f5f99"), 1.0, colors.HexColor("#c8d0d7")
_Pages = Callable[[Path, int], Picture.Image | None]
_STYLES = {
    "title": ParagraphStyle("title", fontName=BOLD, fontSize=14, leading=18, spaceAfter=6),
    "chart": ParagraphStyle("chart", fontName=BOLD, fontSize=12, leading=15, spaceBefore=4, spaceAfter=4),
    "code": ParagraphStyle("code", fontName=BOLD, fontSize=10.5, leading=14, spaceBefore=10, spaceAfter=2, keepWithNext=1),
    "body": ParagraphStyle("body", fontName=FONT, fontSize=8.5, leading=12, alignment=TA_LEFT),
    "quiet": ParagraphStyle("quiet", fontName=FONT, fontSize=7.5, leading=10, textColor=colors.HexColor("#4a555f")),
}


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A chart of the sheet; ``path`` is its file where that is still the one that was screened, for the crops."""

    opened: OpenChart
    path: Path | None


def audit_sheet(charts: Iterable[SheetChart], made: str, title: str = "Audit sheet") -> bytes:
    """The sheet of some charts as PDF; ``made`` is the moment (UTC) printed on each page."""
    _fonts()
    pages = lru_cache(maxsize=PAGES_AT_HAND)(_drawn)
    story: list[Flowable] = [_text(title, "title")]
    for number, chart in enumerate(charts):
        story += [PageBreak()] if number else []
        story += _chart(chart, pages)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=LETTER, leftMargin=0.7 * inch, rightMargin=0.7 * inch, topMargin=0.7 * inch, bottomMargin=0.7 * inch,
        title=title, author="hccassist",
    )  # fmt: skip

    def footer(canvas: Any, page: Any) -> None:
        canvas.setFont(FONT, 7)
        canvas.drawString(
            0.7 * inch,
            0.45 * inch,
            f"hccassist, made {made[:16].replace('T', ' ')} UTC. Every code was accepted by the person named.",
        )
        canvas.drawRightString(LETTER[0] - 0.7 * inch, 0.45 * inch, f"Page {page.page}")

    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _chart(chart: SheetChart, pages: _Pages) -> list[Flowable]:
    opened = chart.opened
    states = [*opened.states.values(), *opened.orphans]
    accepted = [s for s in states if s.accepted]
    others = [s for s in states if s.decision is not None and not s.accepted]
    story = [
        _text(opened.result.chart, "chart"),
        _text(f"SHA-256 of the file: {opened.result.sha256}", "quiet"),
        _text(f"accepted codes: {len(accepted)}, other decisions: {len(others)}", "quiet"),
    ]
    crops = _Crops(chart, pages)
    for state in sorted(accepted, key=_order):
        story += _code(state, crops)
    if others:
        story += [_text("Decided against, or open", "code"), _against(others)]
    return story


def _order(state: SuggestionState) -> tuple[str, str]:
    decision = state.decision
    assert decision is not None  # the caller chose accepted ones
    return decision.encounter.get("date_of_service") or "", decision.suggestion.get("icd10") or ""


def _code(state: SuggestionState, crops: _Crops) -> list[Flowable]:
    decision = state.decision
    assert decision is not None  # the caller chose accepted ones
    suggestion, encounter = decision.suggestion, decision.encounter
    head = [_text(f"{decision.icd10}  {decision.description}", "code")]
    if hcc := _categories(decision):
        head.append(_text(hcc, "body"))
    head.append(_text(_visit(encounter), "body"))
    head += [_text(f"Note on the record: {problem}", "body") for problem in encounter.get("problems", [])]
    if suggestion.get("high_risk"):
        head.append(_text(f"High risk: {suggestion['high_risk']}", "body"))
    story: list[Flowable] = [KeepTogether(head)]
    for letters, quote in _by_place(quotes_of(state)):
        words = " ".join(quote["text"].split())
        line = _text(f"{', '.join(letters)}: “{words}” (page {quote['page']})", "body")
        picture = crops.of(quote)
        story.append(KeepTogether([Spacer(1, 4), line, picture]) if picture else KeepTogether([Spacer(1, 4), line]))
    origin = ORIGIN[decision.kind]
    was = f" (suggested: {suggestion['icd10']})" if decision.kind == "change" and suggestion.get("icd10") else ""
    story += [
        Spacer(1, 4),
        _text(
            f"Decision: {origin}{was} by {decision.who} on {decision.at[:16].replace('T', ' ')} UTC, record no. {decision.seq}",
            "body",
        ),
        _text(f"Rationale: {decision.rationale or 'none written'}", "body"),
        _text(f"Suggested by: {versions_line(decision.snapshot)}", "quiet"),
    ]
    return story


def _by_place(quotes: Iterable[Mapping[str, Any]]) -> list[tuple[list[str], Mapping[str, Any]]]:
    """Quotes with what they stand for: the same words may count for several letters, and are shown once."""
    found: dict[tuple[int, int], tuple[list[str], Mapping[str, Any]]] = {}
    for quote in sorted(quotes, key=_place):
        letters, _ = found.setdefault((quote["start"], quote["end"]), ([], quote))
        letters.append(element_name(quote["element"]))
    return list(found.values())


def _place(quote: Mapping[str, Any]) -> tuple[int, int, int]:
    """What states the condition first, then the letters in their order, each as the chart has it."""
    return " MEAT".index(quote["element"] or " "), quote["page"], quote["start"]


def _categories(decision: Decision) -> str:
    """The categories of the code that a decision reports, in words."""
    models = sorted(categories_of(decision).items(), reverse=True)  # V28, V24, RxHCC
    return " · ".join(f"{m if m == 'RxHCC' else f'{m} HCC'} {c['category']} {c['label']}" for m, c in models)


def _visit(encounter: Mapping[str, Any]) -> str:
    named = provider_line(encounter.get("provider"), encounter.get("credential"), encounter.get("specialty"))
    provider = named or "provider not found"
    signed = "" if encounter.get("signed") is None else "signed" if encounter["signed"] else "not signed"
    valid = {"yes": "valid record", "no": "not a valid record", "unknown": "validity not certain"}.get(
        encounter.get("valid", ""), ""
    )
    parts = (
        encounter.get("date_of_service") or "no date of service", provider, (encounter.get("setting") or "").replace("_", " "),
        signed, valid, f"pages {', '.join(map(str, encounter['pages']))}" if encounter.get("pages") else "",
    )  # fmt: skip
    return " · ".join(p for p in parts if p)


def _against(states: Sequence[SuggestionState]) -> Table:
    rows = [[_text(t, "quiet") for t in ("Code", "Visit", "Decision", "By", "Rationale")]]
    for state in states:
        decision = state.decision
        assert decision is not None  # the caller chose decided ones
        suggestion, encounter = decision.suggestion, decision.encounter
        reason = REJECT_REASONS.get(decision.reason or "", "")
        _, _, claimed = state.suggestion_id.partition(CLAIM)
        day, _, code = claimed.partition(":")  # a submitted code that no suggestion has
        cells = (
            f"{suggestion.get('icd10') or code} {suggestion.get('description') or ''}",
            encounter.get("date_of_service") or day,
            f"{decision.kind}: {reason}" if reason else decision.kind,
            f"{decision.who}, {decision.at[:10]}",
            decision.rationale or "",
        )
        rows.append([_text(cell, "body") for cell in cells])
    table = Table(rows, colWidths=[WIDTH * share for share in (0.32, 0.14, 0.17, 0.17, 0.20)], repeatRows=1)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE)]))
    return table


class _Crops:
    """The places of quotes in a chart's page images."""

    def __init__(self, chart: SheetChart, pages: _Pages) -> None:
        self._path, self._pages = chart.path, pages
        result = chart.opened.result
        self._sizes = {p.number: (p.width, p.height) for p in result.pages}
        spans = (span for s in result.suggestions for span in (*s.mentions, *s.evidence))
        self._boxes: dict[tuple[int, int], tuple[Box, ...]] = {(s.start, s.end): s.boxes for s in spans if s.boxes}

    def of(self, quote: Mapping[str, Any]) -> Flowable | None:
        """The place of a quote with its words framed; None for plain text, or where the file is not the one screened."""
        boxes = self._boxes.get((quote["start"], quote["end"]), ())
        if self._path is None or not boxes:
            return None
        return _Crop(partial(self._pages, self._path, quote["page"]), self._sizes[quote["page"]], boxes)


class _Crop(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A strip of a page image, as wide as the page, with the words of some ``boxes`` (points of the page) framed. It is cut as
    it is laid out: those of a whole project at once would fill the memory."""

    def __init__(self, page: Callable[[], Picture.Image | None], size: tuple[float, float], boxes: Sequence[Box]) -> None:
        super().__init__()
        self._page, self._size, self._boxes = page, size, boxes
        self._top = max(0.0, min(b[1] for b in boxes) - MARGIN)
        self._bottom = min(size[1], max(b[3] for b in boxes) + MARGIN, self._top + MAX_CROP)
        self._scale = WIDTH / size[0]

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Nothing where the page cannot be drawn."""
        return WIDTH, (self._bottom - self._top) * self._scale if self._page() else 0.0

    def draw(self) -> None:
        """The strip, the frames over it: where a tall one was cut off, the rest of the words is not framed."""
        page, canvas = self._page(), self.canv
        if page is None:
            return
        height, pixels = (self._bottom - self._top) * self._scale, page.height / self._size[1]
        strip = page.crop((0, round(self._top * pixels), page.width, round(self._bottom * pixels)))
        canvas.drawImage(ImageReader(strip), 0, 0, WIDTH, height)
        canvas.setStrokeColor(RULE)
        canvas.rect(0, 0, WIDTH, height)
        canvas.setStrokeColor(FRAME)
        canvas.setLineWidth(1.2)
        for x0, y0, x1, y1 in ((v * self._scale for v in box) for box in self._boxes if box[3] <= self._bottom):
            lower = height + self._top * self._scale - y1
            canvas.rect(x0 - FRAME_GAP, lower - FRAME_GAP, x1 - x0 + 2 * FRAME_GAP, y1 - y0 + 2 * FRAME_GAP)


def _drawn(path: Path, page: int) -> Picture.Image | None:
    """A page as an image; in shades of gray where it has no color, which packs in a third of the time. None where it cannot be
    drawn."""
    try:
        picture = Picture.open(io.BytesIO(page_image(path, page, SCALE))).convert("RGB")
    except ReadError:
        return None
    gray = picture.convert("L")
    apart = ImageStat.Stat(ImageChops.difference(picture, gray.convert("RGB"))).extrema
    return picture if max(most for _, most in apart) > COLORED else gray


def _text(text: str, style: str) -> Paragraph:
    """A paragraph of plain text: nothing in it is read as markup, and a character that the font lacks is a question mark."""
    glyphs: Callable[[int], object] = pdfmetrics.getFont(FONT).face.charToGlyph.get
    printable = "".join(c if glyphs(ord(c)) or c == " " else "?" for c in " ".join(text.split()))
    return Paragraph(escape(printable), _STYLES[style])


def _fonts() -> None:
    """The fonts that reportlab brings: TrueType, so that ≥ and typographic quotes are printed."""
    for name in (FONT, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
