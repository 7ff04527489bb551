"""Labelled cases: what a careful coder supports, and by which words, against what screening proposes. Feeds training.

Two formats, JSON lines. *Notes*: ``{"note_id", "conditions": [{"icd10", "icd10_ok", "supported", "meat": {"M": [quotes]..}}]}``
beside a folder of ``note_id.txt``: every chronic or paying condition of a note is annotated. *Single cases*: ``{"id", "text",
"kind": "positive" | "trap", "icd10", "icd10_ok", "meat"}``: one condition of a short text; what else it names is not judged.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hccassist.candidates import link_candidates
from hccassist.encounters import find_encounters
from hccassist.evidence.detect import detect, support_of
from hccassist.nlp.document import analyse
from hccassist.nlp.mentions import find_mentions
from hccassist.ranking.features import FEATURES, Candidate, features
from hccassist.reading.plain import one_page
from hccassist.screening import Screener, read_encounter
from hccassist.terminology.codes import Codes

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition's acceptable codes and, where it is supported, its quotes: (MEAT letter, start, end)."""

    codes: frozenset[str]
    quotes: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A text and its verdicts. ``complete``: whatever is not listed is not supported; otherwise it is not judged."""

    id: str
    text: str
    supported: tuple[Verdict, ...]
    refused: tuple[Verdict, ...]
    complete: bool


def _verdict(row: dict[str, object], text: str) -> Verdict:
    meat: dict[str, list[str]] = row.get("meat") or {}  # type: ignore[assignment]
    quotes = [(letter, at, at + len(q)) for letter, found in meat.items() for q in found if (at := text.find(q)) >= 0]
    return Verdict(frozenset([row["icd10"], *row["icd10_ok"]]), tuple(quotes))  # type: ignore[misc, list-item]


def read_notes(gold: Path, notes: Path) -> Iterator[Case]:
    """Cases of the notes format."""
    for line in gold.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        row = json.loads(line)
        text = (notes / f"{row['note_id']}.txt").read_bytes().decode("utf-8")
        kept = [c for c in row["conditions"] if not c.get("disputed")]
        sides = {side: tuple(_verdict(c, text) for c in kept if c["supported"] is side) for side in (True, False)}
        yield Case(row["note_id"], text, sides[True], sides[False], True)


def read_single_cases(path: Path) -> Iterator[Case]:
    """Cases of the single-case format."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            verdict = (_verdict(row, row["text"]),)
            positive = row["kind"] == "positive"
            yield Case(row["id"], row["text"], verdict if positive else (), () if positive else verdict, False)


def read_wording_cases(path: Path) -> Iterator[Case]:
    """Cases of tests/cases/wording*.csv: ``text,code,expected`` with ``supported`` or ``held``."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            text = row["text"].replace("\\n", "\n")
            verdict = (Verdict(frozenset(row["code"].split("|"))),)
            positive = row["expected"] == "supported"
            yield Case(f"{path.stem}:{number}", text, verdict if positive else (), () if positive else verdict, False)


def _units(codes: frozenset[str], tables: Codes) -> set[tuple[str, str]]:
    """What a code stands for when codes are compared: its payment categories, else its three characters."""
    units: set[tuple[str, str]] = set()
    for code in codes:
        found = {("V28", c) for c in tables.categories(code, "V28")} or {("V24", c) for c in tables.categories(code, "V24")}
        units |= found or {("ICD", code[:3])}
    return units


def label(candidate: Candidate, case: Case, tables: Codes) -> bool | None:
    """Whether a coder supports the candidate; None where the case does not judge it."""
    mine = _units(frozenset([candidate.icd10]), tables)

    def meant(verdict: Verdict) -> bool:
        return bool(mine & _units(verdict.codes, tables)) or any(candidate.icd10.startswith(c) for c in verdict.codes)

    if any(map(meant, case.supported)):
        return True
    return False if case.complete or any(map(meant, case.refused)) else None


def ranker_rows(cases: Sequence[Case], screener: Screener) -> Iterator[dict[str, float | str]]:
    """One row per judged candidate: the case's number (its text and id stay out), the label, the features."""
    for number, case in enumerate(cases):
        chart = one_page(case.text, "case", "")
        for encounter in find_encounters(chart):
            for candidate in read_encounter(chart, encounter, screener.lexicon, screener.strength)[0]:
                verdict = label(candidate, case, screener.lexicon.codes)
                if verdict is not None:
                    values = {name: round(value, 4) for name, value in features(candidate).items()}
                    yield {"group": f"g{number}", "supported": float(verdict), **values}


_HYPERTENSIVE = ("I11", "I12", "I13")


def _disease(code: str) -> str:
    """What a code is of when evidence is compared: its three-character category; hypertension is hypertension with whatever."""
    stem = code[:3]
    return "I10" if stem in _HYPERTENSIVE else stem


def linker_rows(cases: Sequence[Case], screener: Screener) -> Iterator[dict[str, float | str]]:
    """One row per sentence and supported condition: whether a reader quotes it, for which letters, and the clues."""
    lexicon = screener.lexicon
    for number, case in enumerate(cases):
        chart = one_page(case.text, "case", "")
        for encounter in find_encounters(chart):
            document = analyse(chart.text, lexicon, encounter.start, encounter.end)
            items = detect(document, lexicon)
            located = find_mentions(document, lexicon, encounter.at_discharge, support_of(items))
            for candidate, code in link_candidates(document, located, items, lexicon):
                quotes = [q for v in case.supported if _disease(code) in {_disease(c) for c in v.codes} for q in v.quotes]
                if quotes:
                    letters = {q[0] for q in quotes if _overlaps(q, candidate.start, candidate.end)}
                    yield {
                        "group": f"g{number}",
                        "letters": "".join(sorted(letters)),
                        "clues": "|".join(candidate.clues.names),
                    }


def _overlaps(quote: tuple[str, int, int], start: int, end: int) -> bool:
    shared = min(quote[2], end) - max(quote[1], start)
    return shared > 0 and shared >= _HALF * min(quote[2] - quote[1], end - start)


def write_table(rows: Sequence[dict[str, float | str]], path: Path) -> None:
    """A training table: numbers and names of clues only, never words of a chart."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["group", "supported", *FEATURES])
        writer.writeheader()
        writer.writerows(rows)
