"""Pages of words become one ``Chart``: the text laid out page after page, offsets, running headers and footers
marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hccassist.reading.errors import ReadError
from hccassist.reading.grid import Rules
from hccassist.reading.layout import HYPHENS, compose
from hccassist.reading.lines import Token
from hccassist.reading.noise import EdgeLine, find_noise
from hccassist.reading.two_up import pages_of
from hccassist.schema import Chart, Page, PageSource, UnreadReason, Word

PAGE_SEPARATOR = "\n\f"
_EDGE_LINES = 10


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A page read but not yet laid out. ``groups`` holds its words by direction, the main text first, each in the
    frame that makes it upright; ``frame_height`` is that frame's height for the main text, ``rules`` the lines printed in
    it; ``unread`` says why an unread page is one. Sizes are points as displayed."""

    width: float
    height: float
    source: PageSource
    rotation: int
    frame_height: float
    groups: tuple[list[Token], ...]
    rules: Rules = Rules()  # noqa: RUF009  frozen
    unread: UnreadReason | None = None


def unopened(reason: UnreadReason) -> PageDraft:
    """A page that was not opened, taken to be of paper size."""
    return PageDraft(612.0, 792.0, "unread", 0, 792.0, (), unread=reason)


class Vocabulary:
    """The lower-case words that stand unbroken in the pages so far; built only when a broken word asks for it."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._pending: list[str] = []

    def add(self, text: str) -> None:
        """Takes in one page's text."""
        self._pending.append(text)

    def __contains__(self, word: object) -> bool:
        for text in self._pending:
            self._words.update(re.findall(r"[a-z]{4,}(?![a-z]*-\n)", text.lower()))
        self._pending.clear()
        return word in self._words


def assemble(drafts: Iterable[PageDraft], name: str, sha256: str, max_characters: int) -> Chart:
    """The chart of these pages; raises ``ReadError`` where its text outgrows ``max_characters``."""
    parts: list[str] = []
    pages: list[Page] = []
    edges: list[list[EdgeLine]] = []
    vocabulary = Vocabulary()
    at = 0
    for number, draft in enumerate(drafts, start=1):
        if number > 1:
            parts.append(PAGE_SEPARATOR)
            at += len(PAGE_SEPARATOR)
        text, words, edge = _lay_out(draft, at, vocabulary)
        vocabulary.add(text)
        size = (draft.width, draft.height)
        pages.append(Page(number, *size, draft.source, draft.rotation, at, at + len(text), words, unread=draft.unread))
        edges += edge
        parts.append(text)
        at += len(text)
        if at > max_characters:
            raise ReadError("too_large", f"{name}: more than {max_characters:,} characters; split the file and try again")
    return Chart(name, sha256, "".join(parts), tuple(pages), find_noise(edges))


def _lay_out(draft: PageDraft, offset: int, vocabulary: Vocabulary) -> tuple[str, tuple[Word, ...], list[list[EdgeLine]]]:
    """The text of a page with its words, and the first and last lines of each page that its sheet holds."""
    frame_width = draft.width + draft.height - draft.frame_height
    # The rules are in the main text's frame.
    main = pages_of(draft.groups[0], frame_width, draft.frame_height, draft.rules) if draft.groups else []
    parts = [*main, *((group, Rules()) for group in draft.groups[1:])]
    text = ""
    words: list[Word] = []
    edges: list[list[EdgeLine]] = []
    for n, (group, rules) in enumerate(parts):
        if not group:
            continue
        if text:
            text += PAGE_SEPARATOR if n < len(main) else "\n\n"
        if any(t.text[-1] in HYPHENS for t in group):
            vocabulary.add(" ".join(t.text for t in group))
        start = len(text)
        composed = compose(group, draft.frame_height, offset + start, vocabulary, rules)
        text += composed.text
        words += composed.words
        if n < len(main) or not edges:
            lines = composed.lines
            kept = lines if len(lines) <= 2 * _EDGE_LINES else (*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:])
            edges.append([EdgeLine(m.start, m.end, m.top, m.bottom, text[m.start - offset : m.end - offset]) for m in kept])
    return text, tuple(words), edges or [[]]
