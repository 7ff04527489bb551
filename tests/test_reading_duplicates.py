"""Pages that a chart holds twice are found and named; notes that only resemble each other are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_files import PROSE, image_pdf, lines, pdf, scan, together

from hccassist.encounters import find_encounters
from hccassist.reading import read_chart
from hccassist.schema import Chart


def read(tmp_path: Path, data: bytes) -> Chart:
    path = tmp_path / "chart.pdf"
    path.write_bytes(data)
    return read_chart(path, "chart.pdf")


def note(day: str, banner: str = "") -> object:
    head = [f"Patient: Lund, Otis   DOB: 02/03/1950   Date of visit: {day}"]
    return together(lines([banner], y=780, size=8), lines(head, y=740), lines(PROSE, y=700))


def test_a_page_faxed_again_repeats_the_first(tmp_path: Path) -> None:
    pages = (
        note("03/04/2025", "2025-04-01 08:10 FAX FROM A TO B P.1/3"),
        note("05/06/2025", "2025-04-01 08:10 FAX FROM A TO B P.2/3"),
        note("03/04/2025", "2025-04-01 08:10 FAX FROM A TO B P.3/3"),
    )
    chart = read(tmp_path, pdf(*pages))  # type: ignore[arg-type]
    assert [p.duplicate_of for p in chart.pages] == [None, None, 1]
    assert "Page 3 repeats page 1." in find_encounters(chart)[-1].problems


def test_a_note_copied_forward_to_another_day_is_no_duplicate(tmp_path: Path) -> None:
    chart = read(tmp_path, pdf(note("03/04/2025"), note("05/06/2025")))  # type: ignore[arg-type]
    assert [p.duplicate_of for p in chart.pages] == [None, None]


def test_scans_of_one_page_are_duplicates_of_another_day_not(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr")
    first, other = pdf(note("03/04/2025")), pdf(note("05/06/2025"))  # type: ignore[arg-type]
    chart = read(tmp_path, image_pdf(scan(first), scan(first, turn=0.8), scan(other)))
    assert [p.duplicate_of for p in chart.pages] == [None, 1, None]
