"""HTML: what a browser would show as text, blocks on lines of their own, table rows on one line, through selectolax."""

from __future__ import annotations

import re
from typing import Any

from hccassist.reading.errors import ReadError
from hccassist.reading.layout import CELL_SEPARATOR
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart

_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr li main nav"
    " ol p pre section table tbody thead tfoot tr ul title caption br".split()
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "head", "noscript", "template", "svg", "object", "iframe"})
_NESTING = re.compile(
    r"<(/?)(?:a|b|big|blockquote|center|div|em|font|form|i|ol|section|small|span|strong|sub|sup|table|u|ul)\b", re.IGNORECASE
)
_DEEPEST = 50_000
_PAGE_BREAK = re.compile(r"\b(?:page-)?break-(before|after)\s*:\s*(?:always|page|left|right)\b", re.IGNORECASE)
_PRINTED_LINE = "-" * 20
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)


def read_html(data: bytes, name: str, sha256: str) -> Chart:
    """The chart of an HTML file, without words; raises ``ReadError``."""
    markup = _decoded(data)
    if _depth(markup) > _DEEPEST:
        raise ReadError("unsafe", f"{name}: its parts are nested too deeply; save it again as PDF")
    text = html_text(markup)
    if not text.strip():
        raise ReadError("empty", f"{name}: the page holds no text; export it again")
    return text_chart(text, name, sha256)


def _depth(markup: str) -> int:
    """How deeply elements that need an end tag are nested: the parser's time grows with the square of it."""
    deepest = depth = 0
    for tag in _NESTING.finditer(markup):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _decoded(data: bytes) -> str:
    declared = _CHARSET.search(data[:2048])
    for encoding in ("utf-8", declared.group(1).decode("ascii") if declared else "", "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def html_text(markup: str) -> str:
    """The text that markup shows."""
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(markup).body
    if root is None:
        return ""
    parts: list[str] = []
    # A stack instead of recursion: nesting has no bound.
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        tag = node.tag or ""  # what the parser cannot name is looked into
        if tag == "-text":
            parts.append(re.sub(r"[ \t\r\n\f]+", " ", node.text(deep=False) or ""))
            continue
        if tag in _UNSEEN or tag.startswith("-") or tag == "_comment":
            continue
        before, after = ("\n", "\n") if tag in _BLOCKS else ("", CELL_SEPARATOR) if tag in _CELLS else ("", "")
        if (style := node.attributes.get("style")) and (broken := _PAGE_BREAK.search(style)):
            before, after = ("\n\f\n", after) if broken[1].lower() == "before" else (before, "\n\f\n")
        if tag == "hr":
            after = f"\n{_PRINTED_LINE}\n"
        children = list(node.iter(include_text=True))
        stack.append(after)
        stack.extend(reversed(children))
        stack.append(before)
    lines = (re.sub(r"^ +| +$", "", line) for line in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
