"""How far suggestions agree with notes that a person labelled: precision, recall, codes, status.

Labelled notes are JSON lines, ``{"note_id", "conditions": [{"icd10", "icd10_ok", "status", "supported"}]}``, beside a folder of
``note_id.txt``. Every chronic or paying condition of a note is labelled; whatever else is shown as supported is a false alarm.

Two scopes: ``hcc``, what conditions pay in (V28, else V24), and ``chronic``, their three-character ICD-10-CM categories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hccassist.encounters import find_encounters
from hccassist.reading.plain import text_chart
from hccassist.schema import Status, Suggestion
from hccassist.screening import Screener, screen
from hccassist.terminology.codes import Codes

Unit = tuple[str, str]
SCOPES = ("hcc", "chronic")


class LabelError(Exception):
    """A label file or a note it names cannot be used: one line with file, line number and cure."""


class Labelled(BaseModel):
    """One condition as a person labelled it; ``icd10_ok`` are further codes a coder may accept."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    icd10: str
    icd10_ok: tuple[str, ...] = ()
    status: Status
    supported: bool
    disputed: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.icd10, *self.icd10_ok)


class LabelledNote(BaseModel):
    """One line of a label file."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    note_id: str
    conditions: tuple[Labelled, ...]


@dataclass(slots=True)
class Tally:
    """Counts of one scope over all notes; ``coded``: of the right ones, those with an accepted code."""

    notes: int = 0
    right: int = 0
    false: int = 0
    missed: int = 0
    coded: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.false, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(2 * self.right + self.false + self.missed, 1)

    @property
    def code(self) -> float:
        return self.coded / max(self.right, 1)

    def line(self) -> str:
        """The figures in one line."""
        return (
            f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}  code {self.code:.3f}"
            f"  false/note {self.false / max(self.notes, 1):.2f}  ({self.right + self.missed} units, {self.notes} notes)"
        )


@dataclass(slots=True)
class Agreement:
    """The tallies by scope, and of the labelled conditions that some suggestion finds how many have the labelled status."""

    tallies: dict[str, Tally]
    status_right: int = 0
    status_seen: int = 0

    @property
    def status(self) -> float:
        return self.status_right / max(self.status_seen, 1)


def read_labels(gold: Path) -> Iterator[LabelledNote]:
    """The labelled notes of a file. Raises ``LabelError`` that names the line."""
    for number, line in enumerate(gold.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield LabelledNote.model_validate_json(line)
            except ValidationError as error:
                first = error.errors(include_input=False)[0]
                where = ".".join(map(str, first["loc"]))
                raise LabelError(f"{gold.name}:{number}: {where}: {first['msg']}") from None


def agree(gold: Path, notes: Path, screener: Screener) -> Agreement:
    """Screens every labelled note and compares. Raises ``LabelError`` when the labels or a note cannot be read."""
    found = Agreement({scope: Tally() for scope in SCOPES})
    for note in read_labels(gold):
        try:
            text = (notes / f"{note.note_id}.txt").read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            raise LabelError(
                f"{note.note_id}.txt: not readable in {notes.name}; --notes names the folder of the texts"
            ) from None
        chart = text_chart(text, note.note_id, "")
        suggestions = screen(chart, find_encounters(chart), screener).suggestions
        for scope, tally in found.tallies.items():
            compare(note.conditions, suggestions, scope, screener.lexicon.codes, tally)
        _compare_status(note.conditions, suggestions, found)
    return found


def units(code: str, scope: str, codes: Codes) -> set[Unit]:
    """What a code counts as: its payment categories (V28 where there is one, else V24), or its three characters."""
    return {("ICD", code[:3])} if scope == "chronic" else codes.paying_categories(code)


def compare(labelled: Sequence[Labelled], suggestions: Sequence[Suggestion], scope: str, codes: Codes, tally: Tally) -> None:
    """Adds one note to a tally. A condition that readers dispute counts neither way."""
    wanted: dict[Unit, tuple[set[Unit], set[str]]] = {}
    accepted: set[Unit] = set()
    for condition in labelled:
        every = set().union(*(units(c, scope, codes) for c in condition.codes))
        own = units(condition.icd10, scope, codes)
        if condition.supported or condition.disputed:
            accepted |= every
        if condition.supported and not condition.disputed:
            for unit in own:
                others, ok = wanted.setdefault(unit, (set(), set()))
                others |= {unit} | (every - own)
                ok |= set(condition.codes)
    shown = _shown(suggestions, scope, codes)
    tally.notes += 1
    for others, ok in wanted.values():
        hits = [unit for unit in others if unit in shown]
        tally.right += bool(hits)
        tally.missed += not hits
        tally.coded += any(code in ok for unit in hits for code in shown[unit])
    tally.false += sum(unit not in accepted for unit in shown)


def _shown(suggestions: Sequence[Suggestion], scope: str, codes: Codes) -> Mapping[Unit, list[str]]:
    shown: dict[Unit, list[str]] = {}
    for s in suggestions:
        if s.icd10 and s.tier == "supported":
            for unit in units(s.icd10, scope, codes):
                shown.setdefault(unit, []).append(s.icd10)
    return shown


def _compare_status(labelled: Sequence[Labelled], suggestions: Sequence[Suggestion], found: Agreement) -> None:
    for condition in (c for c in labelled if not c.disputed):
        categories = {code[:3] for code in condition.codes}
        statuses = {s.status for s in suggestions if s.icd10 and s.icd10[:3] in categories}
        found.status_seen += bool(statuses)
        found.status_right += condition.status in statuses
