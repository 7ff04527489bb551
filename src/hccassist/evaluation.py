"""Labelled cases: what a careful coder supports, and by which words, against what screening proposes. Feeds training.

Three formats. *Notes*: ``{"note_id", "conditions": [{"icd10", "icd10_ok", "supported", "meat": {"M": [quotes]..}}]}``
beside a folder of ``note_id.txt``: every chronic or paying condition of a note is annotated. *Single cases*: ``{"id", "text",
"kind": "positive" | "trap", "icd10", "icd10_ok", "meat"}``: one condition of a short text; what else it names is not judged.
*Charts*: a folder of files with a ``NAME.gold.json`` each: ``{"chart", "encounters": [{"pages", "date_of_service",
"risk_adjustable", "other_patient", "conditions"}]}``.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

from hccassist.candidates import link_candidates
from hccassist.encounters import find_encounters
from hccassist.evidence.detect import detect, support_of
from hccassist.evidence.strength import Strength
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.places import Places
from hccassist.ranking.features import FEATURES, Around, Candidate, features, surroundings
from hccassist.reading import read_chart
from hccassist.reading.plain import text_chart
from hccassist.schema import Chart, Encounter
from hccassist.screening import Screener, read_encounter, screen
from hccassist.terminology.codes import Codes
from hccassist.terminology.groups import code_group
from hccassist.terminology.lexicon import Lexicon

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition's acceptable codes and, where it is supported, its quotes: (MEAT letter, start, end)."""

    codes: frozenset[str]
    quotes: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One encounter and its verdicts. ``complete``: whatever is not listed is not supported; otherwise it is not judged."""

    encounter: Encounter
    supported: tuple[Verdict, ...]
    refused: tuple[Verdict, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A chart as screening reads it, with what a coder says of each record. ``kind``: note, case, wording or chart."""

    id: str
    kind: str
    chart: Chart
    records: tuple[Record, ...]
    source: int = 0
    """Which of several files of labelled notes it stands in: of short notes a reader quotes more."""


class LabelledError(Exception):
    """A file of labelled cases is wrong: one line that names the file, the line and the cure."""


def read_notes(gold: Path, notes: Path) -> Iterator[Case]:
    """Cases of the notes format. Raises ``LabelledError``, as all readers here do."""

    def case(row: Mapping[str, Any], number: int) -> Case:
        text = _text_of(notes / f"{row['note_id']}.txt")
        kept = [c for c in row["conditions"] if not c.get("disputed")]
        return _plain_case(row["note_id"], "note", text, *_sides(kept, text), complete=True)

    return _each(gold, _json_lines(gold), case)


def read_single_cases(path: Path) -> Iterator[Case]:
    """Cases of the single-case format."""

    def case(row: Mapping[str, Any], number: int) -> Case:
        verdict = (_verdict(row, row["text"]),)
        positive = row["kind"] == "positive"
        return _plain_case(row["id"], "case", row["text"], verdict if positive else (), () if positive else verdict)

    return _each(path, _json_lines(path), case)


def read_wording_cases(path: Path) -> Iterator[Case]:
    """Cases of tests/cases/wording*.csv: ``text,code,expected`` with ``supported`` or ``held``."""

    def case(row: Mapping[str, Any], number: int) -> Case:
        text = row["text"].replace("\\n", "\n")
        verdict = (Verdict(frozenset(row["code"].split("|"))),)
        positive = row["expected"] == "supported"
        name = f"{path.stem}:{number}"
        return _plain_case(name, "wording", text, verdict if positive else (), () if positive else verdict)

    return _each(path, csv.DictReader(StringIO(_text_of(path))), case)


def _each(path: Path, rows: Iterable[Mapping[str, Any]], case: Callable[[Mapping[str, Any], int], Case]) -> Iterator[Case]:
    for number, row in enumerate(rows):
        try:
            made = case(row, number)
        except (KeyError, TypeError, AttributeError) as error:
            lacks = f"lacks {error}" if isinstance(error, KeyError) else "does not fit"
            raise LabelledError(f"{path.name}: case {number + 1} {lacks}; docs/measuring.md has the formats") from None
        yield made


def read_charts(folder: Path) -> Iterator[Case]:
    """Cases of the charts format. A record that screening found is judged by the labelled one that it shares most pages
    with; in a record that cannot carry a diagnosis (another patient's, a laboratory's) nothing is supported."""
    for path in sorted(folder.glob("*.gold.json")):
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            chart = read_chart(folder / row["chart"], row["chart"])
        except (OSError, ValueError, KeyError) as error:
            raise LabelledError(f"{path.name}: not a labelled chart ({type(error).__name__})") from None
        records = []
        for encounter in find_encounters(chart):
            shared = max(row["encounters"], key=lambda e: _shared(encounter, e), default=None)
            if shared is not None and _shared(encounter, shared)[0]:
                text = chart.text[encounter.start : encounter.end]
                supported, refused = _sides(shared["conditions"], text, encounter.start)
                counts = shared["risk_adjustable"] and not shared["other_patient"]
                records.append(Record(encounter, supported if counts else (), refused, complete=True))
        yield Case(row["chart"], "chart", chart, tuple(records))


def _shared(encounter: Encounter, labelled: dict[str, Any]) -> tuple[int, bool]:
    pages = len(set(encounter.pages) & set(labelled["pages"]))
    return pages, labelled["date_of_service"] == encounter.date_of_service


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_text_of(path).splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                raise LabelledError(f"{path.name}:{number}: not a line of JSON; one case a line") from None


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledError(f"{path.name}: cannot be read ({type(error).__name__}); name an existing UTF-8 file") from None


def _plain_case(
    name: str, kind: str, text: str, supported: tuple[Verdict, ...], refused: tuple[Verdict, ...], complete: bool = False
) -> Case:
    chart = text_chart(text, name, "")
    records = tuple(Record(e, supported, refused, complete) for e in find_encounters(chart))
    return Case(name, kind, chart, records)


def _sides(conditions: Sequence[dict[str, Any]], text: str, base: int = 0) -> tuple[tuple[Verdict, ...], tuple[Verdict, ...]]:
    """The supported and the other conditions of a text that begins at ``base``."""
    sides = [tuple(_verdict(c, text, base) for c in conditions if c["supported"] is side) for side in (True, False)]
    return sides[0], sides[1]


def _verdict(row: Mapping[str, Any], text: str, base: int = 0) -> Verdict:
    quotes = [
        (letter, base + at, base + at + len(q))
        for letter, found in (row.get("meat") or {}).items()
        for q in found
        if (at := text.find(q)) >= 0
    ]
    return Verdict(frozenset([row["icd10"], *row["icd10_ok"]]), tuple(quotes))


def _units(codes: frozenset[str], tables: Codes) -> set[tuple[str, str]]:
    """What a code stands for when codes are compared: its payment categories, else its three characters."""
    return {unit for code in codes for unit in tables.paying_categories(code) or {("ICD", code[:3])}}


def label(candidate: Candidate, record: Record, tables: Codes) -> bool | None:
    """Whether a coder supports the candidate; None where the record does not judge it."""
    if any(_meant(candidate, verdict, tables) for verdict in record.supported):
        return True
    return False if record.complete or any(_meant(candidate, verdict, tables) for verdict in record.refused) else None


def _meant(candidate: Candidate, verdict: Verdict, tables: Codes) -> bool:
    shared = _units(frozenset([candidate.icd10]), tables) & _units(verdict.codes, tables)
    return bool(shared) or any(candidate.icd10.startswith(c) for c in verdict.codes)


def judged(case: Case, lexicon: Lexicon, strength: Strength) -> Iterator[tuple[Candidate, Around, bool]]:
    """Every candidate of a case that the case judges, with what the chart adds to it and whether a coder supports it.

    What a coder supports, the candidate that states it stands for: another one of the same category that is denied or past
    ("no further seizures" beside epilepsy) is not judged."""
    read = [(r, read_encounter(case.chart, r.encounter, lexicon, strength)[0]) for r in case.records]
    arounds = iter(surroundings([c for _, candidates in read for c in candidates], Places(case.chart)))
    for record, candidates in read:
        stated = [v for v in record.supported if any(c.status == "active" and _meant(c, v, lexicon.codes) for c in candidates)]
        for candidate in candidates:
            around = next(arounds)
            if candidate.status != "active" and any(_meant(candidate, v, lexicon.codes) for v in stated):
                continue
            verdict = label(candidate, record, lexicon.codes)
            if verdict is not None:
                yield candidate, around, verdict


def ranker_rows(cases: Iterable[Case], lexicon: Lexicon, strength: Strength) -> Iterator[dict[str, float | str]]:
    """One row per judged candidate: the case's number (its text and id stay out), its kind, the label, the features."""
    for number, case in enumerate(cases):
        for candidate, around, verdict in judged(case, lexicon, strength):
            values = {name: round(value, 4) for name, value in features(candidate, around).items()}
            yield {"group": f"g{number}", "kind": case.kind, "supported": float(verdict), **values}


_HYPERTENSION = code_group("hypertension")


def _disease(code: str) -> str:
    """What a code is of when evidence is compared: its three-character category; hypertension is hypertension with whatever."""
    stem = code[:3]
    return "I10" if stem in _HYPERTENSION else stem


def linker_rows(cases: Iterable[Case], lexicon: Lexicon) -> Iterator[dict[str, float | str]]:
    """One row per sentence and supported condition: whether a reader quotes it, for which letters, and the clues. ``source``
    numbers the file of labelled notes. Charts stay out: of their many pages a reader quotes a few sentences, and of ordinary
    notes a linker that learns from them shows too few."""
    for number, case in enumerate(cases):
        if case.kind == "chart":
            continue
        for record in case.records:
            encounter = record.encounter
            document = analyse(case.chart.text, lexicon, encounter.start, encounter.end, case.chart.noise)
            items = detect(document, lexicon)
            located = find_mentions(document, lexicon, encounter.at_discharge, support_of(items))
            for candidate, code in link_candidates(document, located, items, lexicon):
                quotes = [q for v in record.supported if _disease(code) in {_disease(c) for c in v.codes} for q in v.quotes]
                if quotes:
                    letters = {q[0] for q in quotes if _overlaps(q, candidate.start, candidate.end)}
                    yield {
                        "group": f"g{number}",
                        "source": case.source,
                        "letters": "".join(sorted(letters)),
                        "clues": "|".join(sorted(candidate.clues.names)),
                    }


@dataclass(slots=True)
class Quotes:
    """Of the quotes of supported conditions how many are shown, of the passages shown how many hold one, and of the letters
    the right, the false and the missed."""

    quotes: int = 0
    found: int = 0
    passages: int = 0
    good: int = 0
    letters: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """The figures in one line."""
        right, wrong = self.letters["right"], self.letters["false"] + self.letters["missed"]
        return (
            f"recall {self.found / max(self.quotes, 1):.3f}  precision {self.good / max(self.passages, 1):.3f}"
            f"  letters F1 {2 * right / max(2 * right + wrong, 1):.3f}  ({self.quotes} quotes)"
        )


def tally_quotes(case: Case, screener: Screener, tally: Quotes) -> None:
    """Adds a case: per supported condition that screening shows, the evidence shown against the reader's quotes. The
    name of a condition alone counts neither way; a quote is found where half of it, or of what is shown, is in the other."""
    suggestions = screen(case.chart, tuple(r.encounter for r in case.records), screener).suggestions
    for record in case.records:
        seen = [s for s in suggestions if s.encounter == record.encounter.id and s.tier == "supported" and s.icd10]
        for verdict in record.supported:
            mine = [s for s in seen if s.icd10 and any(s.icd10[:3] == code[:3] for code in verdict.codes)]
            if not mine:
                continue
            names = {(m.start, m.end) for s in mine for m in s.mentions}
            shown = [e for s in mine for e in s.evidence if (e.start, e.end) not in names]
            tally.quotes += len(verdict.quotes)
            tally.found += sum(any(_overlaps(q, e.start, e.end) for e in shown) for q in verdict.quotes)
            tally.passages += len(shown)
            tally.good += sum(any(_overlaps(q, e.start, e.end) for q in verdict.quotes) for e in shown)
            wanted, given = {q[0] for q in verdict.quotes}, {e.element for e in shown}
            tally.letters.update(right=len(wanted & given), false=len(given - wanted), missed=len(wanted - given))


def _overlaps(quote: tuple[str, int, int], start: int, end: int) -> bool:
    shared = min(quote[2], end) - max(quote[1], start)
    return shared > 0 and shared >= _HALF * min(quote[2] - quote[1], end - start)


def from_sources(sources: Sequence[Iterable[Case]]) -> list[Case]:
    """All cases of several files of labelled notes, each with the number of its file."""
    return [replace(case, source=number) for number, cases in enumerate(sources) for case in cases]


def write_table(rows: Sequence[dict[str, float | str]], path: Path) -> None:
    """A training table: numbers and names of clues only, never words of a chart."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["group", "kind", "supported", *FEATURES])
        writer.writeheader()
        writer.writerows(rows)
