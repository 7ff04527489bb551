"""A stretch of text as language sees it: sections, sentences and tokens, all with offsets into the chart's text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from hccassist.nlp.choices import choices_go_on
from hccassist.nlp.sections import FINDINGS
from hccassist.terminology.groups import said, word_group
from hccassist.terminology.lexicon import Lexicon
from hccassist.terminology.words import Normalizer, Tokens
from hccassist.written_dates import YEAR

_BULLET = re.compile(
    r"[ \t]*(?:[•●▪◦○■·*#>»]+|[-–—]+(?=\s)|\(?\d{1,2}[.)](?=\s|[A-Za-z])|[a-z][.)](?=\s)|\[[ xX✓]?\]|[☐☑☒◉])[ \t]*"
)
_FULL_STOP = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]*(?:[A-Z0-9•#*\-]|(?:eGFR|iPTH|proBNP|hsCRP|pH|pro-BNP|mPAP)\b))")
_BOUNDARY = re.compile(rf"{_FULL_STOP.pattern}|[ \t]+[•●▪][ \t]*|\s{{6,}}|[ \t]\|[ \t]")
_APART = ("  ", "\t", "\xa0", "|", "•", "●", "▪")
"""A block without any of these has no boundary but full stops, which are found in half the time."""
_VALUE_CELL = re.compile(rf"(?:[<>]?(?!{YEAR}\b)\d+(?:\.\d+)?(?:/\d{{2,3}})?%?(?![\w/.)-])|--?(?=\s{{2}}))")
"""A cell that holds a result: it belongs to the test that its row begins with."""
_LOWER_BOUNDARY = re.compile(r"\.\s+(?=[a-z])(\w+)")
"""A full stop before a small letter: quick typists begin their sentences so."""
_LAST_WORD = re.compile(r"([\w%/'’+-]*)([)\"]?)$")
_LONGEST_WORD = 24
_LEADS_ON, _DOSED = word_group("leads_on"), word_group("dosed")
"""Abbreviations that go with the word behind them ("mod. AS"), words that go with the dose before them ("20 mg. daily")."""
_UNLETTERED = "".join(rf"(?<!\b{re.escape(word)} )" for word in sorted(word_group("lettered")))
_NOT_AN_END = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|vs|st|approx|e\.g|i\.e|etc|jr|sr|fig|incl?|ext|q|b\.i\.d|t\.i\.d|q\.d|p\.o|p\.r\.n|pt|hx|wt|ht|dx"
    r"|temp|resp|dept|prof|susp|poss|prob)|(?<![\w)] )\b[tr]x"
    rf"|(?<!\d )(?<!['’/]){_UNLETTERED}\b[A-Z])\.$",
    re.IGNORECASE,
)
"""Abbreviations and initials; "f/u.", "on tx." and "hep C." may end a sentence."""
_HEADING_TAIL = re.compile(r"\s*\([^)]*\)|\s*[-–]?\s*\d{1,2}/\d{1,4}(?:/\d{2,4})?")
_OF_RELATIVES = said("relative_line", before=r"(?:\W*\w+){0,3}?\W*\b")
_TOLD_INSTEAD = {"allergy": "start", "data": "hpi"}
_WHOSE_NOTE = word_group("whose_note")
"""Headings that, as a note's first word, say whose note it is: "Surg: sigmoid volvulus, detorsed this morning"."""
_TELLS, _OF_A_FORM = said("tells_of_patient"), said("form_instruction", before="")
"""Instructions to whoever fills in a form, not to the patient."""
_SPACED_SLASH = re.compile(r"\s*/\s*")
_COLON_HEADING = re.compile(
    r"(?:^|(?<=[.;] )|(?<=  ))[ \t]*([A-Za-z][A-Za-z/&'’ .,()-]{0,60}?(?: \d{1,2}/\d{1,4}(?:/\d{2,4})?)?)[ \t]*"
    r"(?::|(?<= )[-–] )",
    re.MULTILINE,
)
_SOAP = re.compile(r"^[ \t]*([SOAP])[ \t]?/(?=[ \t])", re.MULTILINE)
_RUN_IN = re.compile(
    r"^[ \t]*(A ?[/&] ?P|Assessment(?: ?(?:and|&|/) ?Plan)?|Impression|Imp|Dx|Problems|Plan)(?=[ \t]+(?:1[.)]|#1)[ \t])",
    re.MULTILINE | re.IGNORECASE,
)
"""A heading that runs into its first problem: "A/P 1. Heart failure"."""
_FORMAL = "legal"
_FIELDS, _LONGEST_VALUE = frozenset({"education", "screening", "instructions"}), 40
_ONE_LINERS = frozenset({"pmh", "psh", "family_history", "social_history", "allergies", "problem_list", "ros", _FORMAL})
_WRAP_COLUMN = 45
_WIDEST_PAGE = 160
"""A text with a longer line was not broken to a width: where a line of it ends, it was ended."""
_MOST_HEADING_WORDS = 9
_MOST_SLASHED = 3
_SOURCE_OF_A_SECTION = frozenset("per from by via obtained reviewed updated according".split())
_NUMBERED = re.compile(r"^[ \t]*[#(]?(\d{1,2})[.)][ \t]+(\S[^\n]*)", re.MULTILINE)
_NEXT_PROBLEM = re.compile(r"\n\s*\n(?=\s*\S)|\n(?=[ \t]*#?\d{1,2}[.)][ \t])")
_LONE_HEADINGS = frozenset({"imp", "impression", "assessment", "plan", "assessment/plan", "assessment and plan", "a/p", "dx"})
"""Headings that quick typists write in small letters, on a line of their own."""
_CONCLUDING = frozenset({"assessment_plan", "hospital_course", "instructions"})
_BEFORE_PLAN = frozenset({"start", "hpi", "exam", "results", "vitals"})
_LEAST_STORY, _LEAST_ITEMS, _LEAST_SAID = 400, 2, 4
"""Characters before an unheaded plan, its items, and the words of an item that says more than a name."""
_LEAST_FOUND = 60
_PLANS = said("planning")
"""What a plan says and a report's numbered impression does not."""
_GAP = re.compile(r"(?<=\S)\s{2,}(?=\S)")
_CELL_GAP = re.compile(r"(?<=[^\s.:;!?])\s{2,}(?=\S)")
_ROW_GAPS = 2
"""A line with so many wide gaps is a table's row: the next one begins with a cell of its own. One is enough where the next
line has one, too."""
_RING, _REMARK_WORDS = "◉", 4
_LONGEST_HEADING = 60
_LONGEST_STOPPED = 34
_STOPPED = frozenset("exam vitals results assessment_plan medications pmh psh family_history social_history ros".split())
"""Sections whose headings may end in a full stop and run on."""
_LONGEST_HEADING_LINE = 110


class Sentence(NamedTuple):
    """One sentence or list line. ``i``/``j`` bound its tokens; ``paragraph`` and ``line`` number what it stands in;
    ``bullet`` is the list marker that opens it, if any."""

    start: int
    end: int
    i: int
    j: int
    section: str
    paragraph: int
    line: int
    bullet: str
    indent: int


@dataclass(frozen=True, slots=True)
class Document:
    """Text of one encounter, analysed."""

    text: str
    tokens: Tokens
    sentences: tuple[Sentence, ...]

    def said(self, sentence: Sentence) -> str:
        """The words of a sentence."""
        return self.text[sentence.start : sentence.end]

    def written(self, i: int, j: int) -> str:
        """Tokens [i, j) as they stand in the text."""
        return self.text[self.tokens.starts[i] : self.tokens.ends[j - 1]]


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    section: str
    paragraph: int
    cut: list[int]


def _without_tail(heading: str) -> str:
    """A heading without what may follow it: a remark in parentheses, a date."""
    return _HEADING_TAIL.sub("", heading) if "(" in heading or "/" in heading else heading


def _heading(raw: str, sections: dict[str, str]) -> str | None:
    """The section that a heading's words open, or None. A known heading with a few more words around it counts too."""
    bare = _SPACED_SLASH.sub("/", _without_tail(raw).strip(" \t:.?#*=_-–—").lower())
    words = bare.split()
    if not words or len(words) > _MOST_HEADING_WORDS:
        return None
    for size in range(len(words), 1 if len(words) > 1 else 0, -1):
        if found := sections.get(" ".join(words[:size])) or sections.get(" ".join(words[-size:])):
            return found
    if words[1:] and words[1] in _SOURCE_OF_A_SECTION:
        # "PMH per intake sheet", "Meds reviewed today".
        return sections.get(words[0])
    first, slash, _ = bare.partition("/")
    if not slash or len(words) > _MOST_SLASHED:
        return None
    # "Allergy/Immunology return" is a clinic, "Allergies/reactions" a list.
    return sections.get(words[0]) or sections.get(first)


def _section_starts(text: str, start: int, end: int, sections: dict[str, str]) -> list[tuple[int, int, str]]:
    """Where sections open: (offset of the heading, offset behind it, section), in order."""
    found: list[tuple[int, int, str]] = []
    found.extend((m.start(1), m.end(), sections[m[1].lower()]) for m in _SOAP.finditer(text, start, end))
    found.extend((m.start(1), m.end(), "assessment_plan") for m in _RUN_IN.finditer(text, start, end))
    at = start
    while at < end:
        to = text.find("\n", at, end)
        to = end if to < 0 else to
        line = text[at:to]
        if ":" in line or "- " in line or "– " in line:
            found += _colon_headings(text, at, to, sections)
        if (stop := text.find(". ", at, min(to, at + _LONGEST_STOPPED))) > 0:
            found += _stopped_heading(text, at, stop, sections)
        line = line.strip(" \t\r\f*#=_-:")
        plain = _without_tail(line).strip(" .") if len(line) <= _LONGEST_HEADING_LINE else ""
        dated = line.endswith(".") and plain != line.strip(" .")
        # "RHC 2/25." in a plan is an order, "Labs 2/25" a heading.
        if 0 < len(plain) <= _LONGEST_HEADING and not line.endswith((",", ";")) and not dated:
            ruled = text[at:to].lstrip()[:2] in ("==", "--", "**", "##", "__")
            looks = ruled or plain.isupper() or plain.istitle() or (plain[:1].isupper() and len(plain.split()) <= 5)
            looks = looks or (plain.islower() and plain in _LONE_HEADINGS)
            single = len(plain) > 2 or line.isupper()
            if looks and single and ":" not in plain and (section := _heading(line, sections)):
                found.append((at, to, section))
        at = to + 1
    found.sort()
    if found and not text[start : found[0][0]].strip() and text[slice(*found[0][:2])].strip(" \t:").lower() in _WHOSE_NOTE:
        del found[0]
    found = [(a, b, _by_content(text, a, b, end, name)) for a, b, name in found]
    found = _with_ended_tests(text, end, _with_ended_asides(text, end, found))
    return _with_ends(text, end, found)


def _colon_headings(text: str, start: int, end: int, sections: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """The headings of a line that have their text behind them."""
    line = text[start:end]
    matches: Iterable[re.Match[str]]
    if "  " in line or ". " in line or "; " in line:
        matches = _COLON_HEADING.finditer(text, start, end)
    else:
        # One at its beginning, if any.
        matches = filter(None, (_COLON_HEADING.match(text, start, end),))
    for match in matches:
        raw = match.group(1)
        section = sections.get(_without_tail(raw).strip(" .-–").lower()) or (
            _heading(raw, sections) if len(raw.split()) > 2 else None
        )
        if section:
            yield match.start(1), match.end(), section


def _stopped_heading(text: str, start: int, stop: int, sections: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """A heading that opens a line with a full stop behind it, as letters are dictated: "Examination. There was ..."."""
    raw = text[start:stop].strip()
    # "NKDA." and "Labs reviewed." are sentences.
    headlike = raw[:1].isupper() and raw[1:].islower() and not raw.endswith(("ed", "ing"))
    if headlike and (section := sections.get(raw.lower(), "")) in _STOPPED:
        yield start, stop + 1, section


def _with_unheaded_plan(text: str, start: int, end: int, starts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """A dictated note without headings ends with its numbered problems: where no heading opens an assessment, the last
    numbered list behind the story or the findings does, if its items say more than names."""
    if any(section in _CONCLUDING for _, _, section in starts):
        return starts
    items = list(_NUMBERED.finditer(text, start, end))
    first = next((k for k in range(len(items) - 1, -1, -1) if items[k][1] == "1"), None)
    if first is None:
        return starts
    behind_findings = _section_at(starts, items[first].start(), "start") in FINDINGS and _PLANS.search(
        text, items[first].start(), end
    )
    if items[first].start() - start < (_LEAST_FOUND if behind_findings else _LEAST_STORY):
        return starts
    run = items[first:]
    at = run[0].start()
    says = sum(len(item[2].split()) >= _LEAST_SAID for item in run)
    counted = [int(item[1]) for item in run] == list(range(1, len(run) + 1))
    if len(run) < _LEAST_ITEMS or not counted or 2 * says < len(run) or _section_at(starts, at, "start") not in _BEFORE_PLAN:
        return starts
    return sorted([*starts, (at, at, "assessment_plan")])


def _by_content(text: str, start: int, behind: int, end: int, section: str) -> str:
    """The section that a heading of two meanings opens, told by the line behind it: "Allergy" may head what an allergist tells,
    not a list of substances; "Data" what a therapist was told, not results."""
    told = _TOLD_INSTEAD.get(text[start:behind].strip(" \t:#*=_-").lower())
    if told is None and section != "instructions":
        return section
    first = text[behind:end].lstrip(" \t:*").lstrip().split("\n", 1)[0]
    if told is None:
        return "start" if _OF_A_FORM.match(first) else section
    return told if _TELLS.search(first) else section


def _with_ended_asides(text: str, end: int, starts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Prevention among the problems of a plan ("Health maintenance.") is one of them: it ends with its paragraph or before the
    next number."""
    more: list[tuple[int, int, str]] = []
    before = "start"
    for k, (_, behind, name) in enumerate(starts):
        if name == "screening" and before == "assessment_plan":
            following = starts[k + 1][0] if k + 1 < len(starts) else end
            stop = _NEXT_PROBLEM.search(text, behind, following)
            if stop:
                more.append((stop.end(), stop.end(), before))
        else:
            before = name
    return sorted([*starts, *more])


def _with_ended_tests(text: str, end: int, starts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """A test named with a colon inside a paragraph ("... TICI 3 flow. MRI: left MCA infarct. She was ...") is over with its
    sentence, a family's history with its relatives; what follows belongs to the section before it."""
    more: list[tuple[int, int, str]] = []
    section = "start"
    for k, (start, behind, name) in enumerate(starts):
        inside = text[text.rfind("\n", 0, start) + 1 : start].strip() != ""
        if name not in ("results", "family_history") or not inside or section == name:
            section = name
            continue
        stop = _BOUNDARY.search(text, behind, end)
        line = text.find("\n", behind, end)
        while name == "family_history" and stop and _OF_RELATIVES.match(text, stop.end()):
            stop = _BOUNDARY.search(text, stop.end(), end)
        following = starts[k + 1][0] if k + 1 < len(starts) else end
        if stop and (line < 0 or stop.end() < line) and stop.end() < following:
            more.append((stop.end(), stop.end(), section))
        else:
            section = name
    return sorted([*starts, *more])


def _with_ends(text: str, end: int, starts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """A list written behind its heading ("PMH: CHF, DM") ends with its line; what follows unmarked is not part of it."""
    ends: list[tuple[int, int, str]] = []
    before = "start"
    for start, behind, section in starts:
        stop = text.find("\n", behind, end)
        if section in _FIELDS and stop >= 0 and _is_field(text, start, behind, stop):
            ends.append((stop + 1, stop + 1, before))
            continue
        # A field of a form ("Code status: full code") ends whatever follows it, and what it stood in goes on.
        formal = section == _FORMAL
        before = before if formal else section
        if section not in _ONE_LINERS or stop < 0 or not text[behind:stop].strip():
            continue
        while stop >= 0 and _list_goes_on(text, stop):
            stop = text.find("\n", stop + 1, end)
        following = text[stop + 1 : stop + 3] if stop >= 0 else ""
        listed = not following.strip() or following[0].isspace() or _BULLET.match(text, stop + 1)
        if formal or not listed or (following[:1] == "\n" and _is_story(text, stop + 2, end, section)):
            ends.append((stop + 1, stop + 1, before if formal else "start"))
    opened = {start for start, _, _ in starts}
    return sorted([*starts, *(e for e in ends if e[0] not in opened)])


def _is_field(text: str, start: int, behind: int, stop: int) -> bool:
    """Whether a heading is a field in a row of them, with its value behind it: "Sex: F   Education: high school"."""
    row = text[max(start - 2, 0) : start]
    return len(row) == 2 and row in ("  ", "| ") and 0 < len(text[behind:stop].strip()) <= _LONGEST_VALUE


def _is_story(text: str, start: int, end: int, section: str) -> bool:
    """Whether the line behind a list and a blank one is prose again, and not of the relatives whose history the list was."""
    to = text.find("\n", start, end)
    line = text[start : end if to < 0 else to]
    prose = len(line) > _WRAP_COLUMN + 15 and line[:1].isupper() and ". " in line
    return prose and not (section == "family_history" and _OF_RELATIVES.match(line))


def _list_goes_on(text: str, stop: int) -> bool:
    """Whether a list that breaks off at ``stop`` goes on in the next line: it filled its line, or stopped behind a comma or a
    label ("Father:"), or the next line begins in lower case."""
    full = stop - text.rfind("\n", 0, stop) > _WRAP_COLUMN + 15 and text[stop - 1] not in ".:;"
    return full or text[stop - 1] in ":," or text[stop + 1 : stop + 2].islower()


def analyse(
    text: str, lexicon: Lexicon, start: int = 0, end: int | None = None, noise: Sequence[tuple[int, int]] = ()
) -> Document:
    """Sections, sentences and tokens of ``text[start:end]``; ``noise`` ranges (running headers, banners) belong to none."""
    end = len(text) if end is None else end
    starts = _with_unheaded_plan(text, start, end, _section_starts(text, start, end, lexicon.sections))
    lines = _lines(text, start, end, starts, noise)
    tokens = lexicon.normalizer.tokens(text, start, end)
    sentences: list[Sentence] = []
    token, count = 0, len(tokens)
    for number, block in enumerate(_join_wrapped(text, lines)):
        first = block[0]
        marker = _BULLET.match(text, first.start, block[-1].end)
        bullet = marker.group().strip() if marker else ""
        indent = len(text[first.start : first.end]) - len(text[first.start : first.end].lstrip())
        for s, e in _split(text, first.start, block[-1].end, [c for line in block for c in line.cut], lexicon.normalizer):
            while token < count and tokens.starts[token] < s:
                token += 1
            i = token
            while token < count and tokens.starts[token] < e:
                token += 1
            if token > i:
                section = _section_at(starts, s, first.section)
                sentences.append(Sentence(s, e, i, token, section, first.paragraph, number, bullet, indent))
                bullet = ""
    return Document(text, tokens, tuple(sentences))


def _section_at(starts: list[tuple[int, int, str]], at: int, default: str) -> str:
    n = bisect_right(starts, at, key=itemgetter(0))
    return starts[n - 1][2] if n else default


def _lines(
    text: str, start: int, end: int, starts: list[tuple[int, int, str]], noise: Sequence[tuple[int, int]]
) -> list[_Line]:
    lines: list[_Line] = []
    paragraph, section, at, k = 0, "start", start, 0
    skip = [(a, b) for a, b in noise if b > start and a < end]
    while at < end:
        to = text.find("\n", at, end)
        to = end if to < 0 else to
        if not text[at:to].strip():
            paragraph += 1
        elif any(a <= at and to <= b for a, b in skip):
            pass
        else:
            cut = []
            while k < len(starts) and starts[k][0] < to:
                if starts[k][0] - at > len(text[at : starts[k][0]]) - len(text[at : starts[k][0]].lstrip()):
                    cut.append(starts[k][0])
                else:
                    section = starts[k][2]
                cut.append(starts[k][1])
                k += 1
            lines.append(_Line(at, to, section, paragraph, cut))
            if cut:
                section = starts[k - 1][2]
        at = to + 1
    return lines


def _join_wrapped(text: str, lines: list[_Line]) -> list[list[_Line]]:
    """Lines that continue the line before (wrapped prose) form one block; list lines and headings stay apart."""
    blocks: list[list[_Line]] = []
    broken = all(line.end - line.start <= _WIDEST_PAGE for line in lines)
    for line in lines:
        if blocks:
            last = blocks[-1][-1]
            body = text[last.start : last.end].rstrip()
            head = text[line.start : line.end].lstrip()
            same = last.paragraph == line.paragraph and not line.cut and not (last.cut and last.cut[-1] >= last.end)
            open_end = body[-1:] not in ".:;!?|" and len(body) >= _WRAP_COLUMN
            full = broken and len(body) >= _WRAP_COLUMN + 15
            wrapped = same and open_end and (head[:1].islower() or (full and not _is_row(body, head)))
            if (same and choices_go_on(body, head)) or (wrapped and not _BULLET.match(text, line.start, line.end)):
                blocks[-1].append(line)
                continue
        blocks.append([line])
    return blocks


def _is_row(line: str, below: str) -> bool:
    """Whether a line is a table's row, told by its wide gaps, or by one where the line below has one, too."""
    return len(_GAP.findall(line)) >= _ROW_GAPS or bool(_CELL_GAP.search(line) and _CELL_GAP.search(below))


def _begins_small(text: str, stop: int, following: str, normalizer: Normalizer) -> bool:
    """Whether the full stop at ``stop`` before a small letter ends a sentence ("no falls. parkinson's stable") and not an
    abbreviation ("mod. stenosis")."""
    last = _LAST_WORD.search(text[max(stop - _LONGEST_WORD, 0) : stop])
    word, closed = last.groups() if last else ("", "")
    if closed:
        return True
    if len(word) <= 1 and not word.isdigit():
        return False
    bare = word.lower().rpartition("/")[2]
    return bare not in _LEADS_ON and following not in _DOSED and not normalizer.is_cut_off(bare, following)


def _split(text: str, start: int, end: int, cuts: list[int], normalizer: Normalizer) -> list[tuple[int, int]]:
    """Sentence ranges in a block, trimmed of white space; ``cuts`` are section headings that end a sentence anywhere."""
    ends = [c for c in cuts if start < c < end]
    ring = text.rfind(_RING, start, end)
    if ring >= 0:
        # A form's row: a "No" that was not chosen denies nothing of the remark behind the choices.
        gaps = list(_GAP.finditer(text, ring, end))
        cells = zip(gaps, [*(gap.start() for gap in gaps), end][1:], strict=True)
        ends += [gap.start() for gap, to in cells if len(text[gap.end() : to].split()) >= _REMARK_WORDS][:1]
    marker = _BULLET.match(text, start, end)
    first = marker.end() if marker else start
    boundary = _BOUNDARY if any(map(text[first:end].__contains__, _APART)) else _FULL_STOP
    for match in boundary.finditer(text, first, end):
        stop = match.start() + 1 if text[match.start()] in ".!?" else match.start()
        if text[match.start()] == "." and _NOT_AN_END.search(text, max(start, match.start() - 8), match.start() + 1):
            continue
        if text[match.start()] not in ".!?" and _VALUE_CELL.match(text, match.end()):
            continue
        ends.append(stop)
    small = _LOWER_BOUNDARY.finditer(text, start, end)
    ends += [m.start(1) for m in small if _begins_small(text, m.start(), m[1], normalizer)]
    ranges = []
    at = start
    for stop in [*sorted(set(ends)), end]:
        s, e = at, stop
        while s < e and text[s].isspace():
            s += 1
        while e > s and text[e - 1].isspace():
            e -= 1
        if e > s:
            ranges.append((s, e))
        at = stop
    return ranges
