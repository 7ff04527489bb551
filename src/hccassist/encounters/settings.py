"""What kind of record this is: scored cues from its title, header and text (``data/settings.tsv``)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from hccassist.encounters.lines import Line
from hccassist.encounters.rules import SettingCue, phrases, setting_cues
from hccassist.patterns import Patterns
from hccassist.written_dates import DATE

_TITLE_LINES = 14
_HEAD_LINES = 22
_TITLE_LENGTH = 120
_LEAST = 2
_LEAST_HEADER = 2
_SHORT = 40
_BODY_HEADING = re.compile(
    rf"^\W*(?:\d+[.)]\s*)?(?:{phrases('body_heading')})\b[^a-z]{{0,3}}(?:$|:|/|-|\(| {{2,}})", re.IGNORECASE
)
"""The first heading of a note's body: what follows is the note, not its header."""
_REASON_HEADING = re.compile(rf"^\W*(?:{phrases('reason_heading')})\W*$", re.IGNORECASE)
_VISIT_HEADING = re.compile(
    rf"^\W*(?:\d+[.)]\s*)?(?P<heading>{phrases('visit_heading')})\b[^a-z]{{0,3}}(?:$|:|/|-|\(|and\b|&| {{2,}})", re.IGNORECASE
)
_VISIT_TITLE = re.compile(rf"\b(?:{phrases('visit_title')})\b", re.IGNORECASE)
_BEFORE_DISCHARGE = re.compile(phrases("before_discharge"), re.IGNORECASE)
_AT_DISCHARGE = re.compile(phrases("at_discharge"), re.IGNORECASE)
_DAY_OF_DISCHARGE = re.compile(r"\bdischarged?(?: date| on)?\s*:?\s*\d", re.IGNORECASE)
_DAY_OF_STAY = re.compile(r"\b(?:date of )?(?:admi(?:ssion|tted|t)|discharged?)(?: date| on)?\s*:?\s*\d", re.IGNORECASE)
_UNTICKED = re.compile(r"(?:☐|\[ \])[^☐☒☑◉\[]*")
"""A box that was left empty, and what it would have said: "☒ Established   ☐ Telehealth"."""
_WITHDRAWN = re.compile(rf"\W*(?:{phrases('withdrawn')})", re.IGNORECASE)
_BANNER = 120
"""A longer line is a paragraph."""
_FIRST_SENTENCE = re.compile(r"(?<=[a-z])[.:](?=\s)")
_LISTS = ("summary", "med_list", "problem_list", "immunization", "education", "patient_form", "referral")
_RESULTS = frozenset({"lab", "pathology", "diagnostic_test"})
_NOTE_HEADINGS = 2
# Sections of a note that are also kinds of record: inside a page they start no record of their own.
_SECTION_SETTINGS = frozenset(
    {"summary", "med_list", "problem_list", "immunization", "education", "patient_form", "letter", "referral", "administrative"}
)


@cache
def _cues_of(where: str) -> tuple[Patterns, list[SettingCue]]:
    """The cues of a place, and their patterns."""
    cues = [cue for cue in setting_cues() if cue.where == where]
    return Patterns((cue.cue for cue in cues), re.IGNORECASE | re.MULTILINE), cues


def _cues_in(where: str, text: str) -> Iterator[SettingCue]:
    """The cues of a place that its text holds, in file order."""
    patterns, cues = _cues_of(where)
    return map(cues.__getitem__, patterns.matching(text))


def header_of(lines: Sequence[Line]) -> list[Line]:
    """The first lines of a record up to its body: letterhead, title, patient, date, provider. At least three lines."""
    header: list[Line] = []
    for line in lines:
        if line.fax:
            continue
        if len(header) >= _TITLE_LINES or (len(header) >= _LEAST_HEADER and _BODY_HEADING.match(line.text)):
            break
        header.append(line)
    return header


@lru_cache(maxsize=8192)
def titles_of(text: str) -> Mapping[str, int]:
    """The settings that a line names, with the weight of each; a sentence names none."""
    found: dict[str, int] = {}
    text = _UNTICKED.sub("", text) if "☐" in text or "[ ]" in text else text
    if text[:1].isdigit() and (day := DATE.match(text)):
        text = text[day.end() :].lstrip(" :-")
    if len(text) > _TITLE_LENGTH or (text.endswith(".") and len(text) > _SHORT and not text.isupper()):
        return found
    for cue in _cues_in("title", text):
        found[cue.setting] = max(cue.weight, found.get(cue.setting, 0))
    return found


def record_title(line: Line) -> str | None:
    """The setting a line names as the title of a record of its own, not of a section; None where it names none."""
    text = line.text.strip()
    if len(text) > 80 or text.endswith((".", ";", ",")):
        return None
    found = {s: w for s, w in titles_of(text).items() if s not in _SECTION_SETTINGS}
    return max(found, key=lambda s: found[s]) if found else None


def is_ongoing(lines: Sequence[Line]) -> bool:
    """Whether a hospital record names itself one of the days before discharge."""
    return is_before_discharge(" ".join(line.text for line in header_of(lines)))


def is_before_discharge(head: str) -> bool:
    """Whether the first lines of a hospital record say that it is an admission, progress or consultation note. Guideline II.H
    codes the uncertain diagnoses that are known at discharge, not theirs."""
    if _DAY_OF_DISCHARGE.search(head):
        # Printed later, every note of a stay has both its days in its header: they say nothing of this one.
        head = _DAY_OF_STAY.sub(" ", head)
    return bool(_BEFORE_DISCHARGE.search(head)) and not _AT_DISCHARGE.search(head)


def is_withdrawn(text: str) -> bool:
    """Whether a line says that its record was entered in error: a banner or a field, no sentence about a value."""
    return len(text) <= _BANNER and "r" in text and bool(_WITHDRAWN.match(text))


def has_visit(lines: Sequence[Line]) -> bool:
    """Whether a record is titled as a visit or has the headings of one: what was found and what was made of it."""
    titled = any(len(line.text) <= _TITLE_LENGTH and _VISIT_TITLE.search(line.text) for line in header_of(lines))
    return titled or sum(bool(_VISIT_HEADING.match(line.text)) for line in lines) >= _NOTE_HEADINGS


def setting_of(lines: Sequence[Line]) -> str:
    """The setting of a record; ``unknown`` where its words do not say."""
    score: dict[str, float] = defaultdict(float)
    own = [line for line in lines if not line.fax]
    best: dict[str, float] = {}
    header = header_of(lines)
    for n, line in enumerate(header):
        if n and _REASON_HEADING.match(header[n - 1].text):
            # "CHIEF COMPLAINT / Medication refill.": why the patient came, not what the record is.
            continue
        named = titles_of(line.text)
        if not n and not named:
            # A note of one paragraph begins with its title: "Hospital discharge summary. Admitted 4/2 ...".
            named = titles_of(_FIRST_SENTENCE.split(line.text, 1)[0])
        for setting, weight in named.items():
            best[setting] = max(best.get(setting, 0.0), weight * (1.0 if n < 6 else 0.7))
    for setting, value in best.items():
        score[setting] += value
    head = "\n".join(line.text for line in own[:_HEAD_LINES])
    body = "\n".join(line.text for line in own)
    headings = {m.group("heading").lower() for line in own if (m := _VISIT_HEADING.match(line.text))}
    for where, text in (("head", head), ("any", body)):
        for cue in _cues_in(where, text):
            # Tables of results stand in notes too: beside a history, an exam and an assessment they are a section.
            if not (where == "any" and cue.setting in _RESULTS and len(headings) >= _NOTE_HEADINGS):
                score[cue.setting] += cue.weight
    if headings:
        # Lists stand in every note: beside a history, an exam or an assessment they are sections of it.
        for listed in _LISTS:
            score.pop(listed, None)
    if not score:
        return "unknown"
    setting = max(score, key=lambda s: score[s])
    return setting if score[setting] >= _LEAST else "unknown"
