"""A chart's source text: records, each a list of body lines, with what a careful coder finds in it written beside it.

@chart fax="..."                                          once; a fax banner for every page, if any
@record look=clinic title="..." dos=2025-01-14 ...        starts a record; see ``Record``
# heading / - bullet / 1. item / | table | row / --- / plain paragraphs / **bold**
@code E11.22 MEAT words                                   a code the record supports, with the letters found for it
@trap I63.9 history words                                 what must not be suggested here, and its true status
@suspect E11.9 words                                      clues without a stated diagnosis
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Code:
    """``also`` are other codes that a reasonable coder could choose instead."""

    icd10: str
    also: tuple[str, ...]
    meat: str
    note: str


@dataclass(frozen=True)
class Trap:
    icd10: str
    status: str
    note: str


@dataclass
class Record:
    """One record of a chart. ``fields`` are the words after @record: look, title, org, dos, provider, valid..."""

    fields: dict[str, str]
    lines: list[str] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)
    suspects: list[Trap] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)


@dataclass
class ChartSource:
    name: str
    fields: dict[str, str]
    records: list[Record]


class SourceError(ValueError):
    """A line of a chart source that cannot be read."""


def read_source(path: Path) -> ChartSource:
    chart = ChartSource(path.stem, {}, [])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            _take(chart, line)
        except (ValueError, IndexError) as error:
            raise SourceError(f"{path.name}:{number}: {error}") from error
    return chart


def _take(chart: ChartSource, line: str) -> None:
    word, _, rest = line.partition(" ")
    match word:
        case "@chart":
            chart.fields = _fields(rest)
        case "@record":
            chart.records.append(Record({**chart.fields, **_fields(rest)}))
        case "@code":
            codes, meat, *note = rest.split(" ", 2)
            icd10, *also = codes.split("|")
            chart.records[-1].codes.append(Code(icd10, tuple(also), _letters(meat), " ".join(note)))
        case "@trap":
            icd10, status, *note = rest.split(" ", 2)
            chart.records[-1].traps.append(Trap(icd10, status, " ".join(note)))
        case "@suspect":
            icd10, *note = rest.split(" ", 1)
            chart.records[-1].suspects.append(Trap(icd10, "suspect", " ".join(note)))
        case _:
            if chart.records:
                chart.records[-1].lines.append(line)
            elif line.strip():
                raise ValueError("text before the first @record")


def _fields(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in shlex.split(text)]
    return {name: value for name, _, value in pairs}


def _letters(meat: str) -> str:
    if not meat or set(meat) - set("MEAT"):
        raise ValueError(f"{meat!r} is not made of the letters M, E, A, T")
    return meat
