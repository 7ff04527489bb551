"""A record's lines become what reportlab lays out: headings, paragraphs, lists, tables, check boxes, signatures."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, HRFlowable, PageBreak, Paragraph, Preformatted, Spacer, Table, TableStyle

from sample_charts.maker.looks import Look

_DIRECTIVE = re.compile(r"#|---|@\w")
_SHORT = 60
_BREAK = "<br/>"
_ITEM = re.compile(r"(\d+[.)]|-)\s+(.*)")


def flowables(lines: list[str], look: Look, width: float) -> list[Any]:
    """Lines of one paragraph or list item are joined; an empty line ends it."""
    styles = _styles(look)
    out: list[Any] = []
    for block in _blocks(lines):
        if block[0].startswith("|"):
            out += [_table(block, look, styles["cell"], width), Spacer(1, 5)]
        else:
            out += _flow(block, look, styles)
    return out


def _blocks(lines: list[str]) -> list[list[str]]:
    """Groups lines: the rows of a table, the lines of a paragraph or an item, or one directive."""
    blocks: list[list[str]] = []
    open_ = False
    for line in lines:
        directive, row = bool(_DIRECTIVE.match(line)), line.startswith("|")
        if not line.strip():
            open_ = False
            continue
        goes_on = open_ and not directive and not _ITEM.match(line) and row == blocks[-1][0].startswith("|")
        if goes_on:
            blocks[-1].append(line)
        else:
            blocks.append([line])
        open_ = not directive
    return blocks


def _flow(block: list[str], look: Look, styles: dict[str, ParagraphStyle]) -> list[Any]:
    """What one directive, item or paragraph becomes."""
    word, _, rest = block[0].partition(" ")
    match word:
        case "#":
            text = rest.upper() if look.upper else rest
            text = f"---- {text} ----" if look.heading == "dashes" else text
            rule = [HRFlowable(width="100%", thickness=0.6, color=HexColor(look.accent), spaceAfter=2)]
            return [Paragraph(_markup(text, look), styles["heading"]), *(rule if look.heading == "rule" else [])]
        case "##":
            return [Paragraph(_markup(rest, look), styles["title"])]
        case "---":
            return [HRFlowable(width="100%", thickness=0.5, color=HexColor("#777777"), spaceBefore=4, spaceAfter=4)]
        case "@break":
            return [PageBreak()]
        case "@space":
            return [Spacer(1, float(rest or 12))]
        case "@small":
            return [Paragraph(_markup(rest, look), styles["small"])]
        case "@hand":
            return [Spacer(1, 8), _Handwriting(rest)]
        case "@pre":
            return [Preformatted(rest or " ", styles["pre"])]
    text = " ".join(line.strip() for line in block)
    if item := _ITEM.match(text):
        return [Paragraph(_markup(item[2], look), styles["item"], bulletText=item[1] if item[1] != "-" else "\u2022")]
    return [Paragraph(_BREAK.join(_markup(part, look) for part in _broken(block)), styles["body"])]


def _broken(block: list[str]) -> list[str]:
    """A paragraph's lines, joined but where one is short: an address or a signature keeps its lines."""
    parts = [""]
    for line in block:
        parts[-1] = f"{parts[-1]} {line.strip()}".strip()
        if len(line) < _SHORT:
            parts.append("")
    return [part for part in parts if part]


class _Handwriting(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A name written by hand. Its words are set one by one: the font has no space."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.words = name.split()
        self.width, self.height = 220.0, 26.0

    def draw(self) -> None:
        self.canv.setFont("callig15", 24)
        self.canv.setFillColor(HexColor("#1b2a6b"))
        x = 0.0
        for word in self.words:
            self.canv.drawString(x, 6, word)
            x += self.canv.stringWidth(word, "callig15", 24) + 8


def _markup(text: str, look: Look) -> str:
    text = re.sub(r"\*\*(.+?)\*\*", rf'<font name="{look.bold}">\1</font>', escape(text))
    return text.upper().replace("<FONT NAME", "<font name").replace("</FONT>", "</font>") if look.upper else text


def _styles(look: Look) -> dict[str, ParagraphStyle]:
    lead = look.size * 1.25
    body = ParagraphStyle("body", fontName=look.font, fontSize=look.size, leading=lead, spaceAfter=4)
    bar = {"backColor": HexColor("#dfe8f1"), "borderPadding": (1, 3, 1, 3)} if look.heading == "bar" else {}
    color = HexColor(look.accent)
    return {
        "body": body,
        "heading": ParagraphStyle(
            "heading", body, fontName=look.bold, textColor=color, spaceBefore=6, spaceAfter=3, keepWithNext=1, **bar
        ),
        "title": ParagraphStyle(
            "title", body, fontName=look.bold, fontSize=look.size + 4, leading=lead + 6, alignment=TA_CENTER
        ),
        "item": ParagraphStyle("item", body, leftIndent=20, bulletIndent=4, spaceAfter=2.5, bulletFontName=look.font,
                               bulletFontSize=look.size),
        "cell": ParagraphStyle("cell", body, fontSize=look.size - 0.8, leading=lead - 1.2, spaceAfter=0),
        "small": ParagraphStyle("small", body, fontSize=look.size - 2, leading=lead - 2.2),
        "pre": ParagraphStyle("pre", body, fontName="Courier", fontSize=8.6, leading=10.4, spaceAfter=0),
    }  # fmt: skip


def _table(rows: list[str], look: Look, cell: ParagraphStyle, width: float) -> Any:
    """Rows of cells; a row of ``|-`` makes the row above it a header. Columns get room by their longest cell."""
    has_header = any(row.startswith("|-") for row in rows)
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in rows if not row.startswith("|-")]
    count = max(map(len, cells))
    longest = [max(min(len(row[i]), 60) if i < len(row) else 1 for row in cells) + 3 for i in range(count)]
    widths = [width * n / sum(longest) for n in longest]
    data = [[Paragraph(_markup(c, look), cell) for c in row] + [""] * (count - len(row)) for row in cells]
    style: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 1.5)]
    style += [("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
    if look.grid:
        style += [("GRID", (0, 0), (-1, -1), 0.4, HexColor("#999999"))]
    if has_header:
        style += [("BACKGROUND", (0, 0), (-1, 0), HexColor("#e8e8e8"))]
    return Table(data, colWidths=widths, style=TableStyle(style), repeatRows=int(has_header))
