"""The sample charts and what is expected of them agree: pages, sources, codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from hccassist.encounters import find_encounters
from hccassist.reading import read_chart
from hccassist.screening import Screener, screen
from hccassist.terminology.codes import load_codes
from sample_charts.maker.expected import expected_chart
from sample_charts.maker.source import read_source

FOLDER = Path(__file__).parents[1] / "sample_charts"
EXPECTED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "sample_charts_expected.json").read_text(encoding="utf-8")
)["charts"]


def test_every_chart_is_expected_and_every_expected_chart_is_there() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in {".pdf", ".txt"}}
    assert {chart["chart"] for chart in EXPECTED} == files


@pytest.mark.parametrize("chart", EXPECTED, ids=lambda c: c["chart"])
def test_expected_json_is_what_the_source_says(chart: dict[str, Any]) -> None:
    source = read_source(FOLDER / "source" / f"{Path(chart['chart']).stem}.chart")
    pages = [encounter["pages"] for encounter in chart["encounters"]]
    assert expected_chart(source, chart["chart"], pages) == chart, "run: python -m sample_charts.make_charts"


@pytest.mark.parametrize("chart", [c for c in EXPECTED if c["chart"].endswith(".pdf")], ids=lambda c: c["chart"])
def test_records_cover_the_pages_of_their_pdf(chart: dict[str, Any]) -> None:
    count = len(pdfium.PdfDocument(FOLDER / chart["chart"]))
    assert [page for encounter in chart["encounters"] for page in encounter["pages"]] == list(range(1, count + 1))


def test_expected_codes_are_icd_10_cm_and_none_is_both_right_and_a_trap() -> None:
    titles = load_codes().titles
    for chart in EXPECTED:
        for encounter in chart["encounters"]:
            right = {c for code in encounter["codes"] for c in (code["icd10"], *code["icd10_ok"])}
            assert right <= set(titles), f"{chart['chart']}, {encounter['title']}: {right - set(titles)}"
            assert not right & {trap["icd10"] for trap in encounter["traps"]}, f"{chart['chart']}, {encounter['title']}"


def test_the_charts_are_screened_much_as_expected(screener: Screener) -> None:
    """What a coder reports is shown and what is a trap is not: counted over all charts by exact code, with floors that
    only rise. A code counts where a record that shares its pages shows it."""
    codes = found = traps = fallen_for = 0
    for expected in EXPECTED:
        chart = read_chart(FOLDER / expected["chart"], expected["chart"])
        result = screen(chart, find_encounters(chart), screener)
        pages = {e.id: set(e.pages) for e in result.encounters}
        for record in expected["encounters"]:
            mine = [s for s in result.suggestions if s.tier == "supported" and pages[s.encounter] & set(record["pages"])]
            shown = {s.icd10 for s in mine}
            codes += len(record["codes"])
            found += sum(bool(shown & {c["icd10"], *c["icd10_ok"]}) for c in record["codes"])
            traps += len(record["traps"])
            fallen_for += sum(t["icd10"] in shown for t in record["traps"])
    assert (codes, traps) == (219, 251)
    assert found >= 178
    assert fallen_for <= 5


def test_a_handout_that_speaks_to_the_patient_carries_no_code(screener: Screener) -> None:
    name = "suspects_and_templates.pdf"
    chart = read_chart(FOLDER / name, name)
    result = screen(chart, find_encounters(chart), screener)
    [handout] = [e for e in result.encounters if e.setting == "education"]
    assert (handout.valid, handout.pages) == ("no", (4,))
    assert {s.tier for s in result.suggestions if s.encounter == handout.id} == {"suppressed"}
