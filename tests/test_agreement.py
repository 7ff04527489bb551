"""How far screening agrees with labelled notes: the comparison itself, and the figures reached on notes of our own.

The notes of ``tests/notes`` are invented; they were written and labelled before screening saw them. What is asked here is a
little less than what is reached, so that only a real loss fails.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hccassist.agreement import LabelError, Labelled, Tally, agree, compare, read_labels, units
from hccassist.cli import app
from hccassist.encounters import find_encounters
from hccassist.reading.plain import text_chart
from hccassist.screening import Screener, screen

NOTES = Path(__file__).parent / "notes"


@pytest.mark.parametrize(
    ("name", "scope", "f1", "most_false", "code", "status"),
    [
        ("first", "hcc", 0.94, 0.08, 0.95, 0.94),
        ("first", "chronic", 0.94, 0.15, 0.95, 0.94),
        ("second", "hcc", 0.92, 0.10, 0.95, 0.94),
        ("second", "chronic", 0.92, 0.30, 0.95, 0.94),
        ("third", "hcc", 0.93, 0.14, 0.90, 0.88),
        ("third", "chronic", 0.90, 0.55, 0.95, 0.88),
        ("evidence", "hcc", 0.91, 0.12, 0.95, 0.94),
        ("evidence", "chronic", 0.90, 0.25, 0.95, 0.94),
        ("fourth", "hcc", 0.85, 0.14, 0.92, 0.92),
        ("fourth", "chronic", 0.83, 0.48, 0.90, 0.92),
        ("visits", "hcc", 0.93, 0.14, 0.95, 0.94),
        ("visits", "chronic", 0.92, 0.41, 0.95, 0.94),
        ("specialties", "hcc", 0.94, 0.10, 0.95, 0.90),
        ("specialties", "chronic", 0.93, 0.28, 0.95, 0.90),
    ],
)
def test_agreement_with_our_own_labelled_notes_holds(
    screener: Screener, name: str, scope: str, f1: float, most_false: float, code: float, status: float
) -> None:
    found = agree(NOTES / f"{name}.jsonl", NOTES / name, screener)
    tally = found.tallies[scope]
    assert tally.f1 >= f1
    assert tally.code >= code
    assert tally.false / tally.notes <= most_false
    assert found.status >= status


def test_every_quote_of_our_labels_stands_in_its_note() -> None:
    for gold in sorted(NOTES.glob("*.jsonl")):
        for line in gold.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = (NOTES / gold.stem / f"{row['note_id']}.txt").read_text(encoding="utf-8")
            for condition in row["conditions"]:
                quotes = [*condition["mentions"], *(q for found in condition["meat"].values() for q in found)]
                assert not [q for q in quotes if q not in text]


def test_a_missed_a_false_and_a_right_condition_are_counted(screener: Screener) -> None:
    chart = text_chart("ASSESSMENT AND PLAN\n\n1. COPD. Stable on tiotropium.\n2. Gout. Continue allopurinol.\n", "n", "")
    suggestions = screen(chart, find_encounters(chart), screener).suggestions
    labelled = [
        Labelled(icd10="J44.9", status="active", supported=True),
        Labelled(icd10="E11.9", status="active", supported=True),
    ]
    tally = Tally()
    compare(labelled, suggestions, "chronic", screener.lexicon.codes, tally)
    assert (tally.right, tally.missed, tally.false, tally.coded) == (1, 1, 1, 1)


def test_a_code_counts_by_its_v28_category_first(screener: Screener) -> None:
    codes = screener.lexicon.codes
    assert units("J44.9", "hcc", codes) == {("V28", "280")}
    assert units("Z99.2", "hcc", codes) == {("V24", "134")}
    assert units("I10", "hcc", codes) == set()
    assert units("I10", "chronic", codes) == {("ICD", "I10")}


def test_a_wrong_label_names_its_line_and_no_text(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        '{"note_id": "a", "conditions": []}\n{"note_id": "b", "conditions": [{"icd10": "I10"}]}\n', encoding="utf-8"
    )
    with pytest.raises(LabelError, match=r"gold\.jsonl:2: conditions\.0\.status"):
        list(read_labels(gold))


def test_evaluate_prints_the_figures(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ASSESSMENT AND PLAN\n\n1. COPD. Stable on tiotropium.\n", encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        '{"note_id": "a", "conditions": [{"icd10": "J44.9", "status": "active", "supported": true}]}\n', encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["evaluate", "--gold", str(gold), "--notes", str(tmp_path)])
    assert result.exit_code == 0
    assert "hcc      P 1.000  R 1.000  F1 1.000  code 1.000" in result.output
    assert "status   1.000 of 1" in result.output
