"""The file behind a chart: shown only when it is the one that was screened, as screening read it."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from review_builder import VISIT, plain, write_chart

from hccassist.reading.kept import keep, kept
from hccassist.reading.names import printable
from hccassist.review import chart_file
from hccassist.review.complexity import Complexity, complexity
from hccassist.schema import ChartResult


@pytest.fixture
def result(tmp_path: Path) -> ChartResult:
    return write_chart(tmp_path / "charts", "quill.txt")


def test_the_text_is_the_files_own(tmp_path: Path, result: ChartResult) -> None:
    found = chart_file.read(result, [str(tmp_path / "elsewhere"), str(tmp_path / "charts")], tmp_path / "results")
    assert (found.state, found.chart.text if found.chart else None) == ("ok", plain(VISIT.text))


@pytest.mark.parametrize("name", ["one\u00a0space.txt", "sub\u202efolder/notes\x07.txt"])
def test_a_file_whose_name_cannot_be_printed_is_found_by_the_name_that_screening_gave_it(tmp_path: Path, name: str) -> None:
    result = write_chart(tmp_path / "charts", name)
    result = replace(result, chart=printable(name))
    assert result.chart.isprintable()
    assert chart_file.read(result, [str(tmp_path / "charts")], tmp_path / "results").state == "ok"
    assert chart_file.find(result.chart, result.sha256, [str(tmp_path / "elsewhere")]).state == "missing"


def test_a_missing_file_and_a_changed_one_are_told_apart_and_not_shown(tmp_path: Path, result: ChartResult) -> None:
    roots = [str(tmp_path / "charts")]
    (tmp_path / "charts/quill.txt").write_text("something else")
    assert chart_file.read(result, roots, tmp_path).state == "changed"
    (tmp_path / "charts/quill.txt").unlink()
    missing = chart_file.read(result, roots, tmp_path)
    assert (missing.state, missing.chart) == ("missing", None)
    assert "charts" in missing.message


def test_a_text_whose_words_are_not_where_the_result_says_is_not_shown(tmp_path: Path, result: ChartResult) -> None:
    first = result.suggestions[0]
    moved = replace(first, mentions=(replace(first.mentions[0], start=0, end=5),))
    broken = replace(result, suggestions=(moved,))
    assert chart_file.read(broken, [str(tmp_path / "charts")], tmp_path / "results").state == "changed"


def test_the_text_is_kept_so_that_a_scan_is_read_once(
    tmp_path: Path, result: ChartResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots, results = [str(tmp_path / "charts")], tmp_path / "results"
    first = chart_file.read(result, roots, results)
    monkeypatch.setattr(chart_file, "read_text", lambda *_: pytest.fail("read again"))
    again = chart_file.read(result, roots, results)
    assert again.chart == first.chart
    [file] = (results / "charts").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_damaged_kept_text_is_read_again(tmp_path: Path, result: ChartResult) -> None:
    results = tmp_path / "results"
    found = chart_file.read(result, [str(tmp_path / "charts")], results)
    assert found.chart is not None
    next((results / "charts").iterdir()).write_bytes(b"\x1f\x8b broken")
    assert kept(results, result.sha256) is None
    keep(results, found.chart)
    assert kept(results, result.sha256) == found.chart


def test_complexity_adds_up_its_parts(result: ChartResult) -> None:
    parts = complexity(result)
    assert (parts.pages, parts.encounters, parts.candidates, parts.conflicts, parts.unread) == (1, 1, 5, 0, 0)
    assert Complexity(pages=200, encounters=30, candidates=40, conflicts=3, unread=4).score == 20 + 30 + 20 + 6 + 2


def test_a_condition_present_here_and_denied_there_is_a_conflict(result: ChartResult) -> None:
    present = next(s for s in result.suggestions if s.status == "active")
    denied = replace(present, id="other", encounter="e2", status="negated", tier="suppressed")
    assert complexity(replace(result, suggestions=(present, denied))).conflicts == 1
