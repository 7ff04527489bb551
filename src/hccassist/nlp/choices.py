"""Rows of a form that offer answers: a ring ("◉") or a mark stands before the one chosen, the others are not chosen.

"Cancer  Active  ◉ History  None  resected 2011", "COPD  [ ] agree [x] disagree", "Retinopathy: none  ◉ mild NPDR  PDR",
"Asthma: [ ] no  [x] mild  [ ] severe"; or the head of the table says what its boxes mean: "Problem  Present  Absent",
"COPD  [x]  [ ]".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from hccassist.schema import Status

RING = "◉"
_TICKS = r"\[\s?[xX✓✔]\s?\]|[☒☑✓✔]|\(\s?[xX]\s?\)"
_BLANKS = r"\[\s{0,2}\]|[☐□]|\(\s{1,2}\)"
_MARK = re.compile(rf"(?P<ring>{RING})|(?P<tick>{_TICKS})|(?P<blank>{_BLANKS})")
_MAY_MARK = re.compile(rf"[{RING}\[(☐□☑☒✓✔]")
"""What every mark begins with: a quicker look than for the mark itself."""
_GAP = re.compile(r"\s{2,}|\t|\s\|\s")
_MOST_OPTION_WORDS = 5
_TEXT = re.compile(r"[.;]|\d{3}|,\s")
"""What options do not hold, and remarks do."""
_WORDS: dict[str, Status] = {
    **dict.fromkeys("active yes y current present positive pos agree agreed confirmed accept accepted valid".split(), "active"),
    "ves": "active",  # a ring takes the foot of its "y"
    **dict.fromkeys("history hist hx past former resolved prior previous historical inactive remote".split(), "history"),
    **dict.fromkeys("rule r/o suspect suspected possible probable unknown unsure uncertain questionable".split(), "uncertain"),
    **dict.fromkeys("none no n never absent negative neg denies denied disagree disagreed rejected n/a".split(), "negated"),
}  # fmt: skip
_MOST_TABLE_LINES, _LEAST_CHOICES = 40, 2
_LEAST_MISREAD, _NEAR, _NEARER = 5, 66, 85
_LONG_WORDS = [word for word in _WORDS if len(word) >= _LEAST_MISREAD]
_UNREAD_ANSWER = re.compile(
    r"(?:^|\s)(?:Active|Current|Present)\s*(?:Hist(?:ory)?|Past|Resolved)\s*(?:Rule ?out\s*)?(?:None|No|Never)?(?=\s|$)",
    re.IGNORECASE,
)
"""The choices of a form printed side by side: which was chosen, no mark tells."""
_MAY_PRINT = re.compile(r"(?:active|current|present)\s*(?:hist|past|resolved)")
"""A quick look for them in lower case."""
_LONE_ANSWER = re.compile(r"[^\n]*?\s{2,}(?:yes|y|no|n)(?=\s{2}|\s*$)", re.IGNORECASE)
_BOTH_ANSWERS = re.compile(rf"(?:{RING}\s*y(?:es)?\s+no?|\by(?:es)?\s+{RING}\s*no?)(?=\s|$)", re.IGNORECASE)
_NEAR_ROWS = 300
_CHOICE_LABEL = re.compile(r".*?(?:[:?]|\b(?:stage|type|grade|class)\b)\s*", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[A-Za-z/]+")
_ASKED = re.compile(r"(?:\s?\([^()\n]{1,20}\))?\s?[:?]\s*")
"""What stands between a question and its choices."""
_NEXT_QUESTION = re.compile(r"(?<=[a-z\d)])\s+[A-Z][^:?]*[:?].*", re.DOTALL)
_GOES_ON = re.compile(rf"[:?]\s*(?:{_TICKS}|{_BLANKS})[^.;]*(?:{_TICKS}|{_BLANKS})[^\[\]☐☒:.;]{{0,40}}$")
"""A line that ends among the choices of a question."""
_BOXED = re.compile(rf"(?:[:?]\s*|[ \t]{{2,}})(?={_TICKS}|{_BLANKS})")
_LABELS_ROW = re.compile(rf"(?: [A-Za-z]+){{0,2}}[ \t]{{2,}}(?={_TICKS}|{_BLANKS})")
"""What stands between the condition that labels a table's row and the choices in its next cell."""
_TICKED = re.compile(_TICKS)
_LABEL_WORDS = r"(?P<label>[A-Za-z][A-Za-z/'-]*(?: [A-Za-z/'-]+){0,4})"
_LABEL_BEFORE = re.compile(rf"(?<![A-Za-z]){_LABEL_WORDS}(?: ?\([^()\n]{{1,20}}\))? ?[:?][^:?;\n]*(?:\n[^:?;\n]*)?\Z")
_ROWS_FIRST_CELL = re.compile(rf"\s*{_LABEL_WORDS}(?:\s{{2,}}|\s*(?={_TICKS}|{_BLANKS}))")
"""What a row asks: the words before the last colon, or its first cell."""
_CHOICE_WORDS = r"[A-Za-z0-9][\w/-]*(?: [A-Za-z0-9][\w/-]*){0,2}"
_BOX_BEHIND = re.compile(rf"(?P<words>{_CHOICE_WORDS})\s?(?:(?P<tick>{_TICKS})|{_BLANKS})")
_BOXES_BEHIND = re.compile(rf"(?:{_CHOICE_WORDS}\s?(?:{_TICKS}|{_BLANKS})[ \t,;]*){{2,}}(?=$|[.\n])")
"""Choices of which each stands before its box: "mild ( )  moderate (x)  severe ( )"."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a row: its place in the row, its words, and the mark before them."""

    start: int
    end: int
    text: str
    mark: str
    at: int
    """Where its words begin in the row."""
    asks: bool
    """A colon behind its words makes them the label of a question."""

    @property
    def chosen(self) -> bool:
        return self.mark in ("ring", "tick")

    @property
    def answer(self) -> Status | None:
        """What it says of the row's condition if it is a plain answer ("History", "rule out"); None for any other words."""
        word = _FIRST_WORD.match(self.text.lstrip("\"'‘“(<«["))
        return _answer(word.group().lower()) if word and len(self.text.split()) <= _MOST_OPTION_WORDS else None

    @property
    def is_option(self) -> bool:
        return len(self.text.split()) <= _MOST_OPTION_WORDS and not _TEXT.search(self.text)


def may_mark(text: str) -> bool:
    """Whether a text may hold a mark at all: a quick look."""
    return bool(_MAY_MARK.search(text))


def read_choice(text: str, start: int, end: int) -> tuple[Status, str] | None:
    """What the choices of its row say of the condition at [start, end) of ``text``, and why; None where its row offers
    none, or where they leave it to the words."""
    low, high = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    row = text[low : high if high >= 0 else len(text)]
    marked, unread_answer = _prints_choices(row)
    if not marked:
        unread = unread_answer and _UNREAD_ANSWER.search(row, end - low)
        if unread or ("  " in row and _LONE_ANSWER.match(row, end - low) and _offers_both(text, low, high)):
            return "uncertain", "no choice is marked on the form, or the mark was not read"
        return None
    cells = _cells(row)
    n = next((k for k, c in enumerate(cells) if c.start <= start - low < c.end), None)
    if n is None:
        return None
    if any(c.mark == "ring" for c in cells):
        if n == 0 and (place := _offered(cells, n)) and place[0] <= start - low:
            # "Arthritis: osteoarthritis  ◉ rheumatoid": the first choice stands in the label's cell.
            return "negated", "another choice is ringed on the form"
        first = next((k for k in range(n, 0, -1) if cells[k].asks), 0)
        own = cells[first : next((k for k in range(n + 1, len(cells)) if cells[k].asks), len(cells))]
        if any(c.mark == "ring" for c in own):
            return _of_ringed_row(own, n - first)
        if first < n and len(own) > _LEAST_CHOICES and all(c.is_option and not c.mark for c in own):
            # The ring is on another question of the row, "Retina:  mild  severe  Edema:  ◉ none".
            return "uncertain", "no choice is marked on the form, or the mark was not read"
        return _of_ringed_row(cells, n)
    return _of_marked_row(cells, n) or _of_headed_row(cells, n, text, low)


@dataclass(frozen=True, slots=True)
class _Option:
    """A choice behind a box: the range of its words, and whether its box is ticked."""

    start: int
    end: int
    chosen: bool


def _options(text: str, at: int) -> list[_Option]:
    """The choices whose boxes follow each other from ``at`` on, on its line and on those below that go on with a box."""
    options: list[_Option] = []
    while mark := _MARK.match(text, at):
        if mark["ring"]:
            return []
        stop = next_mark.start() if (next_mark := _MARK.search(text, mark.end())) else len(text)
        words = _GAP.split(text[mark.end() : stop].split("\n", 1)[0].lstrip(), 1)[0].rstrip()
        start = mark.end() + len(text[mark.end() : stop]) - len(text[mark.end() : stop].lstrip())
        own = _NEXT_QUESTION.sub("", words)
        options.append(_Option(start, start + len(own), bool(mark["tick"])))
        at = start + len(own)
        at += len(text[at:stop]) - len(text[at:stop].lstrip())
    return options


def boxed_choices(text: str, start: int, end: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The choices of questions in [start, end) that were ticked, and those of the same questions that were not: "Asthma: [ ]
    mild  [x] severe", and "mild ( )  severe (x)", say nothing of mild."""
    chosen: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    if not _MAY_MARK.search(text, start, end):
        return chosen, others
    at = start
    while asked := _BOXED.search(text, at, end):
        options = _options(text, asked.end())
        if any(option.chosen for option in options):
            chosen += [(option.start, option.end) for option in options if option.chosen]
            others += [(option.start, option.end) for option in options if not option.chosen]
        at = max(options[-1].end if options else 0, asked.end())
    for run in _BOXES_BEHIND.finditer(text, start, end) if _MARK.search(text, start, end) else ():
        found = list(_BOX_BEHIND.finditer(text, run.start(), run.end()))
        if any(option["tick"] for option in found):
            for option in found:
                # Of "depression, recurrent mild ( )" the last word alone is the choice.
                whole = option is not found[0] or text[start : option.start()].rstrip().endswith((":", "?"))
                low = option.start("words") if whole else option.end("words") - len(option["words"].split()[-1])
                (chosen if option["tick"] else others).append((low, option.end("words")))
    return chosen, others


def boxes_left_open(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The choices in [start, end) that were not made: their words say nothing."""
    return boxed_choices(text, start, end)[1] if _TICKED.search(text, start, end) else []


def choices_go_on(line: str, below: str) -> bool:
    """Whether a line ends among the choices of a question and the one below begins with another of them."""
    return bool(_MARK.match(below)) and bool(_GOES_ON.search(line))


def read_options(text: str, end: int) -> tuple[Status, str] | None:
    """What the choices behind a question's words, which end at ``end``, say of them; None where no box is ticked or none
    follows."""
    asked = _ASKED.match(text, end)
    options = _options(text, asked.end()) if asked else []
    if not options and (asked := _LABELS_ROW.match(text, end)) and not _MARK.search(text, text.rfind("\n", 0, end) + 1, end):
        options = _options(text, asked.end())
        if any(o.start == o.end or text[o.start - 2 : o.start].isspace() for o in options):
            # Boxes that stand behind their words, or under the answers of the table's head.
            return None
    chosen = [text[o.start : o.end] for o in options if o.chosen]
    if not chosen:
        return None
    answers = [_answer(word.group().lower()) if (word := _FIRST_WORD.match(words)) else None for words in chosen]
    # "[x] mild [x] controlled" are two findings of what is there.
    return next((a for a in answers if a), "active"), f"“{chosen[0]}” marked on the form"


def answered(text: str, start: int, end: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The questions in [start, end) with a choice made: the range of the label's words and that of the choice's. "Amputation:
    [ ] none  [x] right great toe" names together what neither does alone."""
    made: list[tuple[tuple[int, int], tuple[int, int]]] = []
    ringed = ringed_choices(text, start, end)[0] if text.find(RING, start, end) >= 0 else []
    for first, last in (*boxed_choices(text, start, end)[0], *((low + 1, high) for low, high in ringed)):
        row = max(text.rfind("\n", start, first) + 1, start)
        label = _LABEL_BEFORE.search(text, start, first) or _ROWS_FIRST_CELL.match(text, row, first)
        if label:
            made.append((label.span("label"), (first, last)))
    return made


def _offers_both(text: str, low: int, high: int) -> bool:
    """Whether rows around print both answers and ring one: a row with one alone has lost the other with its ring."""
    return RING in text and bool(_BOTH_ANSWERS.search(text, max(low - _NEAR_ROWS, 0), max(high, low) + _NEAR_ROWS))


@lru_cache(maxsize=64)
def _prints_choices(row: str) -> tuple[bool, bool]:
    """Whether a row holds marks, and whether it prints answers side by side: asked again for each condition it names."""
    marked = bool(_MAY_MARK.search(row) and _MARK.search(row))
    return marked, bool(_MAY_PRINT.search(row.lower()) and _UNREAD_ANSWER.search(row))


def ringed_choices(text: str, start: int, end: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What the rows in [start, end) that hold a ring offer: the ranges of the words ringed, and of those to choose from that
    were not: "Stage  1  2  3a  ◉ 3b  4" says nothing of stage 3a."""
    chosen: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    low = text.rfind("\n", 0, start) + 1
    while low < end and text.find(RING, low, end) >= 0:
        stop = text.find("\n", low)
        stop = stop if stop >= 0 else len(text)
        cells = _cells(text[low:stop]) if RING in text[low:stop] else []
        for n, cell in enumerate(cells):
            if cell.mark == "ring":
                chosen.append((low + cell.start, low + cell.end))
            elif not cell.mark and (place := _offered(cells, n)):
                others.append((low + place[0], low + place[1]))
        low = stop + 1
    return chosen, others


def answers_left_open(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The printed answers in the rows of [start, end) that were not ringed: the "no" of "Gout  ◉ yes  no  allopurinol" denies
    nothing."""
    if text.find(RING, start, end) < 0:
        return []
    low = text.rfind("\n", 0, start) + 1
    found: list[tuple[int, int]] = []
    for line in text[low:end].split("\n"):
        for cell in _cells(line) if RING in line else ():
            word = _FIRST_WORD.match(cell.text)
            if cell.mark or not word or word.group().lower() not in _WORDS:
                continue
            # "No (diet given)" is the answer with a remark, "no edema" a remark that denies something.
            if not cell.text[word.end() :].lstrip()[:1].isalpha():
                found.append((low + cell.at, low + cell.at + word.end()))
        low += len(line) + 1
    return found


def _offered(cells: Sequence[_Cell], n: int) -> tuple[int, int] | None:
    """Which part of an unmarked cell is a choice of a group of which another is ringed; None for labels and remarks."""
    cell = cells[n]
    if n and (cell.asks or (n + 1 < len(cells) and cells[n + 1].answer)):
        # "Diabetes:  ◉ type 2  Insulin:  ◉ yes  no": the next question.
        return None
    label = _CHOICE_LABEL.match(cell.text)
    if n == 0 or label:
        # "Kidney disease: stage 1 2  ◉ 3a": the first choices stand in the label's cell.
        if label and label.end() < len(cell.text) and _ring_in_group(cells[n + 1 :]):
            return cell.at + label.end(), cell.at + len(cell.text)
        return None
    if not cell.is_option or cell.answer:
        return None
    return (
        (cell.at, cell.at + len(cell.text)) if _ring_in_group(cells[n + 1 :]) or _ring_in_group(cells[n - 1 : 0 : -1]) else None
    )


def _ring_in_group(cells: Sequence[_Cell]) -> bool:
    """Whether a ring comes up among the choices that follow each other; answers ("Active  None") are a group of their own."""
    for cell in cells:
        if cell.asks or cell.answer or not cell.is_option or cell.mark not in ("", "ring"):
            return False
        if cell.mark == "ring":
            return True
    return False


def _answer(word: str) -> Status | None:
    """What a word answers; one that a scan spelled slightly wrong ("Retive") still does."""
    if word in _WORDS or len(word) < _LEAST_MISREAD:
        return _WORDS.get(word)
    near = process.extractOne(word, _LONG_WORDS, scorer=fuzz.ratio, score_cutoff=_NEAR)
    # "Severe" is no misspelt "never", and "recurrent" no "current".
    is_near = near is not None and (len(near[0]) == len(word) or near[1] >= _NEARER) and not word.endswith(near[0])
    return _WORDS[near[0]] if near and is_near else None


def _cells(row: str) -> list[_Cell]:
    """The row's cells, cut at wide gaps and before marks."""
    edges = {0, len(row)}
    marks = {m.start(): m for m in _MARK.finditer(row)}
    edges.update(marks)
    edges.update(g.end() for g in _GAP.finditer(row) if not _MARK.fullmatch(row[: g.start()].rstrip()[-1:] or " "))
    cells: list[_Cell] = []
    ordered = sorted(edges)
    for low, high in itertools.pairwise(ordered):
        mark = marks.get(low)
        words = row[mark.end() if mark else low : high].strip(" \t|:")
        if words or mark:
            at = row.index(words, mark.end() if mark else low) if words else high
            asks = row[at + len(words) : at + len(words) + 1] in (":", "?") and not mark
            cells.append(_Cell(low, high, words, str(mark.lastgroup) if mark else "", at, asks))
    return cells


def _of_ringed_row(cells: Sequence[_Cell], n: int) -> tuple[Status, str] | None:
    own = cells[n]
    if own.mark == "ring":
        return "active", "ringed on the form"
    if own.mark:
        # "☐ CAD  ☒ Heart failure: systolic  ◉ diastolic": its own box answers, the ring is about another.
        return None
    before = [c for c in cells[:n] if c.mark == "ring"]
    ahead = next((k for k in range(n + 1, len(cells)) if cells[k].mark == "ring"), None)
    if ahead is not None and (n == 0 or all(c.answer for c in cells[n + 1 : ahead + 1])):
        # The row's label, or one of a second group of answers: "Angina  Active  ◉ None".
        return cells[ahead].answer or "active", f"“{cells[ahead].text}” ringed on the form"
    ringed = before[-1] if before else cells[ahead] if ahead is not None else None
    if ringed is None:
        return None
    if own.is_option and ringed.answer in (None, "negated"):
        # "Toe  ◉ BKA  AKA", "Toe  BKA  ◉ None": findings to choose from.
        return "negated", "another choice is ringed on the form"
    if before and ringed.answer not in (None, "active"):
        return ringed.answer or "uncertain", f"“{ringed.text}” ringed on the form"
    return None


def _of_marked_row(cells: Sequence[_Cell], n: int) -> tuple[Status, str] | None:
    """A row whose marks all stand before plain answers. Lists of conditions with a box before each are not meant."""
    options = [c for c in cells if c.mark]
    if len(options) < 2 or not all(c.answer for c in options) or cells[n].mark:
        return None
    chosen = [c for c in options if c.chosen]
    if len(chosen) != 1:
        return ("uncertain", "not answered on the form") if not chosen else None
    answer = chosen[0].answer
    if answer is None or (answer == "active" and n > 0):
        return None
    return answer, f"“{chosen[0].text}” marked on the form"


def _of_headed_row(cells: Sequence[_Cell], n: int, text: str, low: int) -> tuple[Status, str] | None:
    """A row whose marks stand under the answers of the table's head ("Problem  Present  Absent  Today"); ``low`` is where it
    starts in ``text``."""
    marked = [c for c in cells if c.mark]
    if n > 0 or cells[n].mark or len(marked) < 2:
        return None
    head = _head(text, low)
    chosen = [k for k, c in enumerate(marked) if c.chosen]
    if len(head) != len(marked) or len(chosen) > 1:
        return None
    if not chosen:
        return "uncertain", "not answered on the form"
    answer = head[chosen[0]]
    return answer.answer or "uncertain", f"“{answer.text}” marked on the form"


def _head(text: str, low: int) -> list[_Cell]:
    """The answers at the head of the table that the line at ``low`` is a row of; none where it has no such head."""
    for _ in range(_MOST_TABLE_LINES):
        if low <= 0:
            break
        high, low = low - 1, text.rfind("\n", 0, low - 1) + 1
        line = text[low:high]
        if "\f" in line:
            break
        if not _MARK.search(line) and len(answers := [c for c in _cells(line) if c.answer]) > 1:
            return answers
    return []
