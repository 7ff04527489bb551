"""A review of certain service years: records of other years are kept, but carry nothing for them."""

from __future__ import annotations

from dataclasses import replace

from hccassist.encounters import find_encounters
from hccassist.encounters.years import within_years
from hccassist.reading.plain import text_chart
from hccassist.schema import Encounter
from hccassist.screening import load_screener, screen

STAY = Encounter("e1", 0, 1, (1,), "2024-12-30", "2025-01-02", "2024-12-30", valid="yes")
NOTE = """Lakeview Clinic
Patient: Otis Lund   DOB: 02/03/1950   Date of visit: 03/04/2024
Assessment and Plan
1. COPD: lungs clear today, continue tiotropium.
Electronically signed by Ada Ruiz, MD 03/04/2024"""


def test_no_years_leave_all_records_as_they_are() -> None:
    assert within_years((STAY,), ()) == (STAY,)


def test_a_stay_belongs_to_the_year_of_its_last_day() -> None:
    assert within_years((STAY,), (2025,)) == (STAY,)
    (other,) = within_years((STAY,), (2024,))
    assert other.valid == "no"


def test_a_record_without_a_date_is_left_to_the_coder() -> None:
    undated = Encounter("e1", 0, 1, (1,), valid="unknown")
    assert within_years((undated,), (2025,)) == (undated,)


def test_suggestions_of_another_year_are_held_back_with_that_reason() -> None:
    chart = text_chart(NOTE, "note", "")
    result = screen(chart, find_encounters(chart), replace(load_screener(), years=(2025, 2026)))
    copd = next(s for s in result.suggestions if s.icd10 == "J44.9")
    assert copd.tier == "suppressed"
    assert "The date of service is not in 2025 or 2026." in copd.reason
    assert result.encounters[0].problems == ("The date of service is not in 2025 or 2026.",)
    assert result.versions is not None
    assert result.versions["years"] == "2025, 2026"


def test_suggestions_of_the_year_are_shown() -> None:
    chart = text_chart(NOTE, "note", "")
    result = screen(chart, find_encounters(chart), replace(load_screener(), years=(2024,)))
    assert next(s for s in result.suggestions if s.icd10 == "J44.9").tier == "supported"
