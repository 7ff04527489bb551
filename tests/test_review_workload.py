"""The order of the work, whose it is, and how much of it there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from review_builder import VISIT, Visit, write_chart, write_results

from hccassist.review import Action, DecisionError, Store, WorklistRow, open_store
from hccassist.review.complexity import Complexity
from hccassist.review.people import NotAllowed, Person
from hccassist.review.workload import Assignments, is_hard, shares, team_load, work_order

LEAD, CODER = Person("lee", "lead"), Person("ann", "coder")


def chart(number: int, encounters: int = 1, mostly: str = "", decided: int = 0, status: str = "ok") -> WorklistRow:
    tiers = {"supported": 3, "mention_only": 0, "suspect": 0, "suppressed": 0}
    complexity = Complexity(pages=0, encounters=encounters, candidates=0, conflicts=0, unread=0)
    last = "2026-01-01" if decided else None
    return WorklistRow(
        id=number, chart=f"c{number}", status=status, error=None, tiers=tiers, decided=decided, accepted=0, escalated=0,
        queries=0, high_risk=0, complexity=complexity, priority=0.0, priority_why="", last_who=None, last_at=last, open_by=(),
        mostly=mostly,
    )  # fmt: skip


def order(*rows: WorklistRow) -> list[int]:
    return [r.id for r in work_order(rows)]


def test_what_was_begun_comes_first_and_what_is_done_or_unread_last() -> None:
    assert order(chart(1, decided=3), chart(2, status="error"), chart(3), chart(4, decided=1)) == [4, 3, 1, 2]


def test_charts_of_one_kind_follow_one_another_the_largest_kind_first() -> None:
    found = order(
        chart(1, mostly="HF"), chart(2, mostly="DM"), chart(3, mostly="HF"), chart(4, mostly="DM"), chart(5, mostly="HF")
    )
    assert found == [1, 3, 5, 2, 4]


def test_after_two_hard_charts_comes_an_easier_one_while_there_is_one() -> None:
    hard = [chart(n, encounters=20) for n in range(1, 6)]
    easy = [chart(n, encounters=1, mostly="other") for n in (11, 12)]
    rows = work_order(hard + easy)
    assert "".join("H" if is_hard(r) else "e" for r in rows) == "HHeHHeH"
    assert sorted(r.id for r in rows) == [1, 2, 3, 4, 5, 11, 12]


def test_shares_are_equal_in_complexity_not_in_charts() -> None:
    rows = [chart(1, 30), *(chart(n, 10) for n in (2, 3, 4))]
    found = shares(rows, ["ann", "ben"])
    loads = {who: sum(r.complexity.score for r in rows if found[r.id] == who) for who in ("ann", "ben")}
    assert loads == {"ann": 30.0, "ben": 30.0}


def test_the_teams_load_is_in_complexity_and_names_nobody() -> None:
    loads = team_load([chart(1, 4), chart(2, 6, decided=1), chart(3, 2, decided=3), chart(4, status="error")])
    assert [(x.stage, x.charts, x.complexity) for x in loads] == [
        ("in progress", 1, 6.0), ("not started", 1, 4.0), ("done", 1, 2.0), ("error", 1, 1.0),
    ]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, url: str) -> Store:
    opened = open_store(url)
    root = tmp_path / "charts"
    charts = [write_chart(root, f"{n}.txt") for n in range(3)] + [write_chart(root, "big.txt", [Visit(VISIT.text)] * 9)]
    opened.import_results(write_results(tmp_path / "results", root, charts))
    return opened


def test_a_lead_shares_out_what_is_nobodys_and_not_done_and_takes_it_back(store: Store) -> None:
    opened = store.open_chart(1)
    assert opened is not None
    for suggestion in ("e1:I50.22", "e1:E11.22", "e1:I63.9"):
        store.record(opened, Action(suggestion, "accept", suggestion), "ann")
    assignments = Assignments(store)
    assignments.assign(LEAD, {2: "cleo"})
    got = assignments.share_out(LEAD, store.worklist(), ["ann", "ben"])
    assert set(got) == {3, 4}
    assert {r.id: r.assigned for r in store.worklist()} == {1: None, 2: "cleo", **got}
    with pytest.raises(DecisionError, match="Choose the people"):
        assignments.share_out(LEAD, store.worklist(), [], whosever=True)
    assert next(r for r in store.worklist() if r.id == 2).assigned == "cleo"
    assert assignments.share_out(LEAD, [r for r in store.worklist() if r.id == 2], ["ann"], whosever=True) == {2: "ann"}


def test_only_leads_give_out_work(store: Store) -> None:
    for attempt in (
        lambda: Assignments(store).assign(CODER, {1: "ann"}),
        lambda: Assignments(store).share_out(CODER, store.worklist(), ["ann"]),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(DecisionError, match="Choose the people"):
        Assignments(store).share_out(LEAD, store.worklist(), [])


def test_a_chart_says_what_it_is_mostly_about(store: Store) -> None:
    assert {r.mostly for r in store.worklist()} == {"Diabetes with Chronic Complications"}
