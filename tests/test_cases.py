"""Language behaviour, pinned by case files: one line a case, one test a line. A bug becomes a line (docs/cases.md)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hccassist.evidence.detect import detect
from hccassist.nlp.document import analyse
from hccassist.schema import ChartResult, Suggestion
from hccassist.terminology.codes import load_codes
from hccassist.terminology.compiled import load_lexicon

CASES = Path(__file__).parent / "cases"
ANSWERS = {
    "status": {"active", "history", "negated", "family", "uncertain", "hypothetical", "absent"},
    "linked": {"yes", "no"}, "letter": {"M", "E", "A", "T", ""}, "setting": {"inpatient", ""},
    "expected": {"supported", "held", "yes", "no"},
}  # fmt: skip
"""What a cell may say. A row with one comma too many would ask for something that always holds."""


def cases(name: str) -> list[Any]:
    """The rows of every file ``name*.csv`` as test parameters, named after file and line; those of ``misses_name.csv`` are
    known not to work yet, and fail the day they do."""
    params = []
    missed = CASES / f"misses_{name}.csv"
    for path in [*sorted(CASES.glob(f"{name}*.csv")), *([missed] if missed.exists() else [])]:
        marks = [pytest.mark.xfail(reason="known miss", strict=True)] if path == missed else []
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                wrong = [name for name, known in ANSWERS.items() if name in row and (row[name] or "") not in known]
                if wrong or None in row:
                    raise ValueError(f"{path.name}:{number}: quote a cell that holds a comma")
                params.append(pytest.param(row, id=f"{path.stem}:{number}", marks=marks))
    return params


def unescape(text: str) -> str:
    r"""``\n`` in a case is a line break."""
    return text.replace("\\n", "\n")


def found(result: ChartResult, code: str) -> list[Suggestion]:
    """Suggestions whose code is ``code`` or lies below it."""
    return [s for s in result.suggestions if s.icd10 and s.icd10.startswith(code)]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.csv")), ids=lambda path: path.stem)
def test_codes_that_cases_name_exist(path: Path) -> None:
    """A mistyped code that must not be found never would be."""
    begins = {code[:end] for code in all_codes() for end in range(1, len(code) + 1)}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [[row.get(column) or "" for column in ("code", "codes", "not_codes")] for row in csv.DictReader(file)]
    named = {code for row in rows for cell in row for code in cell.split("|") if code}
    assert named <= begins


@cache
def all_codes() -> frozenset[str]:
    """Every code and heading, those of earlier years that a model maps too."""
    codes = load_codes()
    mapped = (code for years in codes.hcc.values() for mapping in years.values() for code in mapping)
    return frozenset((*codes.titles, *codes.headings, *mapped))


@pytest.mark.parametrize("case", cases("status"))
def test_status_of_a_condition(case: dict[str, str], screen_text: Any) -> None:
    result = screen_text(unescape(case["text"]), case.get("setting") or None)
    statuses = {s.status for code in case["code"].split("|") for s in found(result, code)}
    if case["status"] == "absent":
        assert not statuses
    else:
        assert statuses == {case["status"]}


@pytest.mark.parametrize("case", cases("codes"))
def test_code_that_the_wording_supports(case: dict[str, str], screen_text: Any) -> None:
    result = screen_text(unescape(case["text"]), case.get("setting") or None)
    active = {s.icd10 for s in result.suggestions if s.status == "active"}
    for code in filter(None, case["codes"].split("|")):
        assert code in active
    for code in filter(None, (case.get("not_codes") or "").split("|")):
        assert code not in active


@pytest.mark.parametrize("case", cases("linking"))
def test_evidence_belongs_to_its_condition(case: dict[str, str], screen_text: Any) -> None:
    text = unescape(case["text"])
    quote = unescape(case["quote"])
    start = text.index(quote)
    result = screen_text(text, case.get("setting") or None)
    letters = {
        e.element
        for s in found(result, case["code"])
        for e in s.evidence
        if min(e.end, start + len(quote)) - max(e.start, start) >= 0.5 * min(e.end - e.start, len(quote))
    }
    if case["linked"] == "yes":
        assert case["letter"] in letters
    else:
        assert not letters


@pytest.mark.parametrize("case", cases("proof"))
def test_drugs_tests_findings_and_devices_speak_for_their_conditions(case: dict[str, str]) -> None:
    lexicon, wanted, silent = load_lexicon(), frozenset(case["conditions"].split("|")), []
    assert wanted <= lexicon.conditions.keys()
    for word in case["words"].split("|"):
        items = detect(analyse(f"Plan:\nReviewed: {word}.", lexicon), lexicon)
        if not any(item.word.conditions & wanted for item in items):
            silent.append(word)
    assert not silent


@pytest.mark.parametrize("case", cases("wording"))
def test_wording_is_found_with_support_or_held_back(case: dict[str, str], screen_text: Any) -> None:
    result = screen_text(unescape(case["text"]), case.get("setting") or None)
    shown = [s for code in case["code"].split("|") for s in found(result, code) if s.tier == "supported"]
    assert bool(shown) is (case["expected"] == "supported")


@pytest.mark.parametrize("case", cases("suspects"))
def test_clues_without_a_diagnosis_ask_a_question_and_never_code(case: dict[str, str], screen_text: Any) -> None:
    result = screen_text(unescape(case["text"]), None)
    suspects = [s for s in result.suggestions if s.tier == "suspect" and s.condition == case["condition"]]
    assert bool(suspects) is (case["expected"] == "yes")
    assert all(s.icd10 is None and s.evidence for s in suspects)
