"""``hccassist screen`` as its operators use it: what is written, what bad input does, what the exit code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTE = (
    "ASSESSMENT AND PLAN\n1. Chronic systolic heart failure. Euvolemic today. Continue carvedilol and furosemide 40 mg daily.\n"
)


def run(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hccassist.cli", *map(str, arguments)]
    environment = {**os.environ, "XDG_STATE_HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "suggestions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_offsets_are_code_points_of_the_file_as_it_is(tmp_path: Path) -> None:
    text = "Café note — 72♀\r\n" + NOTE
    (tmp_path / "a.txt").write_bytes(text.encode())
    assert run("screen", tmp_path / "a.txt", "--out", tmp_path / "out", home=tmp_path).returncode == 0
    (result,) = lines(tmp_path / "out")
    spans = [s for x in result["suggestions"] for s in (*x["mentions"], *x["evidence"])]  # type: ignore[attr-defined, misc, index]
    assert spans
    assert all(text[s["start"] : s["end"]] == s["text"] for s in spans)


def test_same_input_and_versions_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NOTE)
    for name in ("one", "two"):
        run("screen", tmp_path / "a.txt", "--out", tmp_path / name, home=tmp_path)
    assert (tmp_path / "one/suggestions.jsonl").read_bytes() == (tmp_path / "two/suggestions.jsonl").read_bytes()


def test_bad_files_are_named_and_good_ones_still_screened(tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    charts.mkdir()
    (charts / "good.txt").write_text(NOTE)
    (charts / "empty.txt").write_text("")
    (charts / "latin.txt").write_bytes("Café".encode("latin-1"))
    (charts / "fake.pdf").write_bytes(b"\x00\x01 not a pdf")
    (charts / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    done = run("screen", charts, tmp_path / "nowhere", "--out", tmp_path / "out", home=tmp_path)
    assert done.returncode == 0
    for name in ("empty.txt", "latin.txt", "fake.pdf", "broken.pdf", "nowhere"):
        assert sum(name in line for line in done.stderr.splitlines()) == 1
    by_name = {r["chart"]: r for r in lines(tmp_path / "out")}
    assert by_name["good.txt"]["status"] == "ok"
    assert {n for n, r in by_name.items() if r["status"] == "error"} == {
        "empty.txt",
        "latin.txt",
        "fake.pdf",
        "broken.pdf",
    }


def test_exit_code_is_1_only_when_nothing_could_be_screened(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    assert run("screen", tmp_path / "empty.txt", "--out", tmp_path / "out", home=tmp_path).returncode == 1
    assert run("screen", tmp_path / "missing", "--out", tmp_path / "out", home=tmp_path).returncode == 1


def test_a_strict_run_tells_its_scheduler_that_a_chart_was_not_screened(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(NOTE)
    (tmp_path / "empty.txt").touch()
    assert run("screen", tmp_path / "good.txt", "--out", tmp_path / "a", "--strict", home=tmp_path).returncode == 0
    both = (tmp_path / "good.txt", tmp_path / "empty.txt")
    assert run("screen", *both, "--out", tmp_path / "b", "--strict", home=tmp_path).returncode == 3


def test_an_out_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NOTE)
    (tmp_path / "out").write_text("a file stands where the folder should be")
    done = run("screen", tmp_path / "a.txt", "--out", tmp_path / "out", home=tmp_path)
    assert done.returncode == 2
    assert "choose another --out folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_results_among_the_charts_are_not_taken_for_charts(tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    charts.mkdir()
    (charts / "a.txt").write_text(NOTE)
    for out in ("monday", "tuesday", "monday"):
        done = run("screen", charts, "--out", charts / out, "--resume", home=tmp_path)
        assert done.returncode == 0
        assert [r["chart"] for r in lines(charts / out)] == ["a.txt"]
    assert f"results of a run: {charts / 'tuesday'}" in done.stderr


def test_charts_behind_links_are_screened_once_and_links_in_circles_end(tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    (charts / "b").mkdir(parents=True)
    (tmp_path / "archive").mkdir()
    (charts / "b" / "a.txt").write_text(NOTE)
    (tmp_path / "archive" / "old.txt").write_text(f"{NOTE}Seen in March.\n")
    (charts / "archive").symlink_to(tmp_path / "archive")
    (charts / "b" / "up").symlink_to(charts)
    (charts / "again").symlink_to(tmp_path / "archive")
    assert run("screen", charts, "--out", tmp_path / "out", home=tmp_path).returncode == 0
    assert sorted(str(r["chart"]) for r in lines(tmp_path / "out")) == ["again/old.txt", "b/a.txt"]


def test_a_mistyped_command_never_costs_results(tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    charts.mkdir()
    (charts / "a.txt").write_text(NOTE)
    assert run("screen", charts, "--out", tmp_path / "out", home=tmp_path).returncode == 0
    before = (tmp_path / "out/suggestions.jsonl").read_bytes()
    for code, arguments, said in (
        (1, (tmp_path / "chart", "--out", tmp_path / "out"), "stay as they are"),
        (2, (charts, "--out", charts), "holds the charts themselves"),
        (2, (charts, "--out", ""), "blank --out"),
        (2, ("", "--out", tmp_path / "out"), "blank path"),
        (2, (charts, "--out", tmp_path / "out", "--cluster", "nonsense"), "tcp://HOST:8786"),
    ):
        done = run("screen", *arguments, home=tmp_path)
        assert done.returncode == code, arguments
        assert sum(said in line for line in done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
        assert (tmp_path / "out/suggestions.jsonl").read_bytes() == before
    assert [path.name for path in charts.iterdir()] == ["a.txt"]


@pytest.mark.timeout(900)  # all knowledge is compiled: on a busy machine that takes its time
def test_the_first_run_on_a_machine_says_what_it_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCCASSIST_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text(NOTE)
    for first in (True, False):
        done = run("knowledge", "compile", home=tmp_path)
        assert done.returncode == 0
        assert ("Compiling the clinical knowledge" in done.stderr) is first
    done = run("screen", tmp_path / "a.txt", "--out", tmp_path / "out", home=tmp_path)
    assert "Compiling" not in done.stderr


def test_review_without_results_says_what_to_do(tmp_path: Path) -> None:
    done = run("review", home=tmp_path)
    assert done.returncode == 2
    assert "hccassist screen" in done.stderr


def test_nothing_of_a_chart_reaches_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Patient Zebulon Quirke has COPD on Spiriva.")
    done = run("screen", tmp_path / "a.txt", "--out", tmp_path / "out", home=tmp_path)
    assert "Quirke" not in done.stdout + done.stderr
