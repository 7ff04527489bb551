"""What a run leaves for analysts, spreadsheets and the worklist; and that its report is safe to open anywhere."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from rich.console import Console

from hccassist.batch.run import BatchError, Options, run
from hccassist.batch.tables import TABLES, write_tables
from hccassist.batch.task import brief_of
from hccassist.priority import PriorityError, counted_in, load_priority, priority_of
from hccassist.review import open_store
from hccassist.review.results import parse
from hccassist.schema import UNREAD_REASONS, unread_because

NOTE = "ASSESSMENT AND PLAN\n1. Chronic systolic heart failure. Euvolemic. Continue carvedilol and furosemide 40 mg daily.\n"
FORMULA = "=HYPERLINK(1).txt"
MARKUP = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("outputs")
    charts = base / "charts"
    charts.mkdir()
    (charts / FORMULA).write_text(NOTE)
    (charts / "copy.txt").write_text(NOTE)
    (charts / MARKUP).write_bytes(b"")
    (charts / "plain.txt").write_text("Feels well. Return in a year.\n")
    Image.new("L", (9, 9), 90).save(charts / "specks.tif", save_all=True, append_images=[Image.new("L", (8, 8), 90)])
    run([str(charts)], str(base / "out"), Console(file=io.StringIO()), Options())
    return base / "out"


def rows(out: Path, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(out / f"tables/{table}.parquet").to_pylist()
    return found


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "suggestions.jsonl").read_text().splitlines()]


def test_tables_hold_what_the_results_hold(out: Path) -> None:
    results = lines(out)
    assert [c["chart"] for c in rows(out, "charts")] == [r["chart"] for r in results]
    suggestions = [(r["chart"], s) for r in results for s in r["suggestions"]]  # type: ignore[attr-defined]
    told = [(s["chart"], s["icd10"], s["tier"], s["confidence"]) for s in rows(out, "suggestions")]
    assert told == [(chart, s["icd10"], s["tier"], s["confidence"]) for chart, s in suggestions] != []
    encounters = [(r["chart"], e["provider"], e["specialty"]) for r in results for e in r["encounters"]]  # type: ignore[attr-defined]
    assert [(e["chart"], e["provider"], e["specialty"]) for e in rows(out, "encounters")] == encounters != []
    evidence = [(e["chart"], e["start"], e["end"], e["text"]) for e in rows(out, "evidence")]
    spans = [(chart, x["start"], x["end"], x["text"]) for chart, s in suggestions for x in (*s["mentions"], *s["evidence"])]
    assert evidence == spans != []


def test_a_suggestion_has_the_letters_of_its_evidence(out: Path) -> None:
    held = {(r["chart"], s["id"]): s for r in lines(out) for s in r["suggestions"]}  # type: ignore[attr-defined]
    told = {(s["chart"], s["suggestion"]): s["letters"] for s in rows(out, "suggestions")}
    assert told == {key: "".join(c for c in "MEAT" if c in {e["element"] for e in s["evidence"]}) for key, s in held.items()}
    assert any(len(str(letters)) > 1 for letters in told.values())
    roles = {(e["chart"], e["suggestion"]): Counter[object]() for e in rows(out, "evidence")}
    for e in rows(out, "evidence"):
        roles[e["chart"], e["suggestion"]][e["role"]] += 1
    for key, counts in roles.items():
        assert counts == Counter(mention=len(held[key]["mentions"]), evidence=len(held[key]["evidence"])) - Counter()


def test_charts_are_counted_as_the_worklist_counts_them(out: Path) -> None:
    told = {c["chart"]: c for c in rows(out, "charts")}
    for line in lines(out):
        result = parse(json.dumps(line).encode())
        assert result is not None
        counts = counted_in(result)
        row = told[result.chart]
        assert {name: row[name] for name in counts if name in row} == {name: n for name, n in counts.items() if name in row}
        assert row["supported"] == counts["paying"] + counts["not_paying"]
        assert row["held_back"] == sum(s.tier == "suppressed" for s in result.suggestions)


def test_many_lines_and_a_very_long_one_make_the_same_tables_as_few(out: Path, tmp_path: Path) -> None:
    [line] = [line for line in lines(out) if line["chart"] == "copy.txt"]
    suggestions = line["suggestions"] * 5000  # type: ignore[operator]
    long = line | {"chart": "long.txt", "suggestions": suggestions}
    broken = line | {"chart": "bad.txt", "status": "error", "error": {"type": "empty", "message": "bad.txt: empty"}}
    broken |= {"pages": [], "encounters": [], "suggestions": []}
    raw = [json.dumps(value).encode() + b"\n" for value in (broken, line, long, line, broken)]
    assert len(raw[2]) > 8_000_000, "as much as is read at a time"
    write_tables(raw, {}, load_priority(), tmp_path)
    found = pq.read_table(tmp_path / "suggestions.parquet").to_pylist()
    count = len(line["suggestions"])  # type: ignore[arg-type]
    assert [s["chart"] for s in found] == ["copy.txt"] * count + ["long.txt"] * 5000 * count + ["copy.txt"] * count
    charts = pq.read_table(tmp_path / "charts.parquet").to_pylist()
    assert [(c["chart"], c["error"], c["supported"]) for c in charts if c["error"]] == [("bad.txt", "empty", 0)] * 2
    assert charts[2]["supported"] == 5000 * charts[1]["supported"] > 0


def test_a_run_without_any_suggestion_has_empty_tables(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    run([str(tmp_path / "empty.txt")], str(tmp_path / "out"), Console(file=io.StringIO()))
    assert [len(rows(tmp_path / "out", table)) for table in TABLES] == [1, 0, 0, 0]


def test_a_copy_is_named_and_comes_last(out: Path) -> None:
    by_name = {c["chart"]: c for c in rows(out, "charts")}
    assert by_name["copy.txt"]["duplicate_of"] == FORMULA
    assert min(by_name.values(), key=lambda c: c["priority"])["chart"] == "copy.txt"  # type: ignore[arg-type, return-value]


def test_what_was_not_read_is_told_with_its_reason(out: Path) -> None:
    because = UNREAD_REASONS["too_coarse"]
    summary = json.loads((out / "run.json").read_text())["summary"]
    assert (summary["pages_unread"], summary["pages_unread_because"]) == (2, {because: 2})
    by_name = {c["chart"]: (c["unread_pages"], c["unread_why"]) for c in rows(out, "charts")}
    assert by_name["specks.tif"] == (2, f"pages 1, 2: {because}")
    assert by_name["plain.txt"] == (0, None)


def test_results_of_before_reasons_were_told_still_open(out: Path) -> None:
    [line] = [line for line in lines(out) if line["chart"] == "specks.tif"]
    old = line | {"pages": [{k: v for k, v in page.items() if k != "unread"} for page in line["pages"]]}  # type: ignore[attr-defined]
    raw = json.dumps(old).encode()
    opened = parse(raw)
    assert opened is not None
    assert brief_of(opened).unread == {"": 2}
    assert {unread_because(page.unread) for page in opened.pages} == {"the reason was not kept"}


def test_no_cell_of_the_summary_is_a_formula(out: Path) -> None:
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        summary = list(csv.DictReader(file))
    assert summary[1]["chart"] == f"'{FORMULA}"
    assert not [cell for row in summary for cell in row.values() if cell.startswith(("=", "+", "@"))]
    assert [row["error"] for row in summary if row["status"] == "error"] == ["empty"]


def test_the_report_runs_nothing_fetches_nothing_and_quotes_no_chart(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert MARKUP not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.txt" in page
    assert "default-src 'none'" in page
    for outside in ("http:", "https:", "//", "<script", "<link", "url("):
        assert outside not in page
    for quoted in ("Euvolemic", "carvedilol", "Feels well"):
        assert quoted not in page
    assert page.count("<svg") >= 4
    assert re.search(r"Pages that were not read.*specks\.tif.*<td>2</td>", page)


def test_the_worklist_knows_each_charts_priority_and_why(out: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/review.db")
    store.import_results(out)
    by_name = {row.chart: row for row in store.worklist(out)}
    rated = {c["chart"]: c for c in rows(out, "charts")}
    assert by_name[FORMULA].priority == rated[FORMULA]["priority"] > by_name["plain.txt"].priority
    assert by_name[FORMULA].priority_why == rated[FORMULA]["priority_why"] != ""


def test_a_team_orders_its_worklist_by_rules_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.write_text('version = "ours"\n[[rule]]\nsays = "page"\ncounts = "pages"\npoints = -1.5\nmost = 10\n')
    monkeypatch.setenv("HCCASSIST_PRIORITY", str(own))
    load_priority.cache_clear()
    rules = load_priority()
    assert priority_of({"pages": 4}, rules) == (-6.0, "4 x page (-6)")
    assert priority_of({"pages": 40}, rules)[0] == -15.0
    load_priority.cache_clear()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('version = "x"\n[[rule]]\nsays = "page"\ncounts = "pages"\n', "rule.0.points"),
        ('version = "x"\n[[rule]]\nsays = "page"\ncounts = "gold"\npoints = 1\n', "rule.0.counts"),
        ("version = ", "not valid TOML"),
    ],
)
def test_wrong_rules_are_one_clear_line_before_anything_is_screened(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(PriorityError, match=said) as caught:
        load_priority(tmp_path / "own.toml")
    assert str(caught.value).startswith("own.toml: ")
    assert "\n" not in str(caught.value)


def test_a_missing_rule_file_stops_the_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCCASSIST_PRIORITY", str(tmp_path / "none.toml"))
    load_priority.cache_clear()
    with pytest.raises(BatchError, match="HCCASSIST_PRIORITY"):
        run([str(tmp_path)], str(tmp_path / "out"), Console(file=io.StringIO()))
    load_priority.cache_clear()
    assert not (tmp_path / "out").exists()
