"""The review store, on SQLite and on a real PostgreSQL: imports, decisions, undo, the record, and many at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import stat
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from review_builder import VISIT, Visit, chart, failed, write_chart, write_results
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from hccassist.cli import app
from hccassist.review import Action, Code, DecisionError, Quote, ResultsError, Store, open_store
from hccassist.review.audit import GENESIS, link
from hccassist.review.database import MIGRATIONS
from hccassist.review.drafts import Drafts
from hccassist.review.holds import Held
from hccassist.review.people import NotAllowed, Person
from hccassist.review.questions import Questions
from hccassist.review.tables import Base
from hccassist.review.versions import Versions

HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"
DRUG = Quote(10, 20, "some words", 1, "T", "drug")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "charts"
    return write_results(tmp_path / "results", root, [write_chart(root, "quill.txt"), failed("locked.pdf", "locked.")])


@pytest.fixture
def store(url: str, folder: Path) -> Store:
    opened = open_store(url)
    opened.import_results(folder)
    return opened


def act(store: Store, kind: str, suggestion: str = HF, who: str = "ann", **more: object) -> Action:
    action = Action(uuid.uuid4().hex, kind, suggestion, **more)  # type: ignore[arg-type]
    store.record(chart(store), action, who)
    return action


def decided(store: Store, suggestion: str = HF) -> str | None:
    state = chart(store).states.get(suggestion)
    return state.decision.kind if state and state.decision else None


# ---- imports


def test_an_import_lists_charts_with_their_counts_and_errors(store: Store, folder: Path) -> None:
    locked, quill = store.worklist(folder)
    assert (quill.tiers, quill.decided, quill.progress) == (
        {"supported": 3, "mention_only": 1, "suspect": 1, "suppressed": 1}, 0, "not started",
    )  # fmt: skip
    assert (quill.complexity.pages, quill.complexity.encounters, quill.complexity.candidates) == (1, 1, 5)
    assert (locked.progress, locked.error) == ("error", "locked.")


def test_a_second_import_changes_nothing_and_keeps_decisions(store: Store, folder: Path) -> None:
    act(store, "accept")
    before = store.worklist(folder)
    assert store.import_results(folder) == store.import_results(folder)
    os.utime(folder / "suggestions.jsonl")  # now it is read again
    store.import_results(folder)
    assert store.worklist(folder) == before
    assert decided(store) == "accept"


def test_charts_screened_again_are_found_where_they_moved_to(store: Store, folder: Path, tmp_path: Path) -> None:
    act(store, "accept")
    root = tmp_path / "charts"
    write_results(folder, root, [write_chart(root, "before.txt"), write_chart(root, "quill.txt")])
    store.import_results(folder)
    assert [r.chart for r in store.worklist(folder)] == ["before.txt", "quill.txt"]
    assert decided(store) == "accept"


def test_a_changed_file_is_another_chart_with_nothing_decided(store: Store, folder: Path, tmp_path: Path) -> None:
    act(store, "accept")
    root = tmp_path / "charts"
    write_results(folder, root, [write_chart(root, "quill.txt", [replace(VISIT, text=VISIT.text + "Addendum.")])])
    store.import_results(folder)
    assert decided(store) is None
    assert len(store.events()) == 1


def test_a_decision_follows_its_code_when_a_new_screening_renames_the_suggestion(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    act(store, "accept")
    result = write_chart(tmp_path / "charts", "quill.txt")
    renamed = tuple(replace(s, id=f"new-{s.id}") for s in result.suggestions)
    write_results(folder, tmp_path / "charts", [replace(result, suggestions=renamed)])
    store.import_results(folder)
    [row] = store.worklist(folder)
    assert (decided(store, f"new-{HF}"), row.decided) == ("accept", 1)


def test_a_decision_never_stands_at_another_visit_that_a_new_screening_gave_its_number(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    act(store, "accept")
    earlier, now = Visit("Seen early. " + VISIT.text, date="2025-01-10"), VISIT
    result = write_chart(tmp_path / "charts", "quill.txt", [earlier, now])
    write_results(folder, tmp_path / "charts", [replace(result, sha256=chart(store).result.sha256)])
    store.import_results(folder)
    assert (decided(store), decided(store, "e2:I50.22")) == (None, "accept")
    opened = chart(store)
    key = opened.keys[HF]
    store.record(opened, Action("next", "reject", key, reason="no_meat"), "ann")
    assert (decided(store), decided(store, "e2:I50.22")) == ("reject", "accept")
    snapshot = store.events()[-1].snapshot["encounter"]
    assert (snapshot["date_of_service"], chart(store).suggestion(HF).encounter) == ("2025-01-10", "e2")  # type: ignore[index, union-attr]
    os.utime(folder / "suggestions.jsonl")
    store.import_results(folder)
    [row] = store.worklist(folder)
    assert (decided(store), decided(store, "e2:I50.22"), row.decided) == ("reject", "accept", 2)


def test_two_suspects_of_one_day_are_told_apart_after_a_new_screening(store: Store, folder: Path, tmp_path: Path) -> None:
    act(store, "query", "e1:N18.4")
    opened = chart(store)
    suspect = replace(opened.suggestion("e1:N18.4"), icd10=None, id="e1:kidney", condition="kidney")  # type: ignore[type-var]
    other = replace(suspect, id="e1:dementia", condition="dementia")
    write_results(folder, tmp_path / "charts", [replace(opened.result, suggestions=(suspect, other))])
    store.import_results(folder)
    assert chart(store).states == {}
    store.record(chart(store), Action("q", "query", "e1:kidney"), "ann")
    moved = [replace(s, id=f"x{s.id}") for s in (suspect, other)]
    write_results(folder, tmp_path / "charts", [replace(opened.result, suggestions=tuple(moved))])
    store.import_results(folder)
    assert list(chart(store).states) == ["xe1:kidney"]


def test_a_decision_without_a_suggestion_of_today_is_kept_apart(store: Store, folder: Path, tmp_path: Path) -> None:
    act(store, "accept")
    result = write_chart(tmp_path / "charts", "quill.txt")
    fewer = tuple(s for s in result.suggestions if s.id != HF)
    write_results(folder, tmp_path / "charts", [replace(result, suggestions=fewer)])
    store.import_results(folder)
    assert [s.suggestion_id for s in chart(store).orphans] == [HF]


def test_lines_that_are_no_charts_are_counted_and_a_half_written_line_waits(store: Store, folder: Path) -> None:
    path = folder / "suggestions.jsonl"
    path.write_text(path.read_text() + '{"no": "chart"}\n{"chart": "half', encoding="utf-8")
    assert store.import_results(folder).skipped == 1


def test_a_folder_without_results_says_what_to_do(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="hccassist screen"):
        store.import_results(tmp_path)


# ---- decisions


@pytest.mark.parametrize("kind", ["accept", "reject", "query", "escalate"])
def test_a_decision_stands_with_who_and_when(store: Store, kind: str) -> None:
    act(store, kind, rationale="Because.")
    decision = chart(store).states[HF].decision
    assert decision is not None
    assert (decision.kind, decision.who, decision.rationale) == (kind, "ann", "Because.")
    assert datetime.fromisoformat(decision.at).utcoffset() == timedelta(0)


def test_nothing_is_decided_beforehand(store: Store) -> None:
    assert chart(store).states == {}


def test_undo_takes_back_one_decision_and_its_amendments(store: Store) -> None:
    act(store, "accept")
    act(store, "reject")
    act(store, "amend", reason="no_meat", rationale="Listed only.")
    rejected = chart(store).states[HF].decision
    assert rejected is not None
    assert (rejected.reason, rejected.rationale) == ("no_meat", "Listed only.")
    act(store, "undo", target=rejected.seq)
    assert decided(store) == "accept"
    [accepted] = [e for e in store.events() if e.action.kind == "accept"]
    act(store, "undo", target=accepted.seq)
    assert decided(store) is None
    assert store.worklist()[1].decided == 0
    assert len(store.events()) == 5


def test_the_same_action_sent_twice_is_recorded_once(store: Store) -> None:
    action = Action("once", "accept", HF)
    for _ in range(3):
        store.record(chart(store), action, "ann")
    assert [e.seq for e in store.events()] == [1]
    act(store, "reject", DM)
    assert [e.seq for e in store.events()] == [1, 2]


def test_a_changed_code_and_an_added_condition_keep_the_code_as_it_was_shown(store: Store) -> None:
    act(store, "change", code=Code("I50.32", "Chronic diastolic heart failure", "V28 HCC 226"))
    act(store, "add", "added:1", code=Code("J44.9", "COPD"), quote=Quote(0, 4, "COPD", 1), encounter="e1")
    opened = chart(store)
    assert opened.states[HF].decision.code == Code("I50.32", "Chronic diastolic heart failure", "V28 HCC 226")  # type: ignore[union-attr]
    [added] = opened.orphans
    assert (added.encounter, added.quote, added.accepted) == ("e1", Quote(0, 4, "COPD", 1), True)


def test_evidence_is_struck_restored_and_added(store: Store) -> None:
    act(store, "strike", quote=DRUG)
    assert chart(store).states[HF].struck == {("T", 10, 20)}
    act(store, "unstrike", quote=DRUG)
    act(store, "evidence", quote=DRUG)
    state = chart(store).states[HF]
    assert (state.struck, state.evidence, state.decision) == (frozenset(), (DRUG,), None)


def test_a_decision_made_meanwhile_by_somebody_else_is_not_overwritten_unseen(store: Store) -> None:
    act(store, "accept", who="ann")
    store.take_over(chart(store), "t1", "ben")
    with pytest.raises(DecisionError, match="ann decided on this meanwhile"):
        act(store, "reject", who="ben", seen=0)
    assert decided(store) == "accept"
    act(store, "reject", who="ben", seen=1)
    assert decided(store) == "reject"
    assert store.verify_audit().intact


def test_nobody_gives_another_persons_decision_a_reason_or_rationale(store: Store) -> None:
    """It would stand in an export, or before an auditor, as that person's own."""
    act(store, "reject", who="ann")
    act(store, "amend", who="ann", reason="no_meat")
    store.take_over(chart(store), "t1", "ben")
    with pytest.raises(DecisionError, match="the decision of ann: decide yourself"):
        act(store, "amend", who="ben", rationale="Copied forward.")
    act(store, "reject", who="ben", rationale="Copied forward.")
    act(store, "amend", who="ben", reason="not_current")
    decision = chart(store).states[HF].decision
    assert decision is not None
    assert (decision.who, decision.reason, decision.rationale) == ("ben", "not_current", "Copied forward.")


def test_a_take_over_stands_in_the_record_once_with_who_held_the_chart_and_decides_nothing(store: Store) -> None:
    store.holds.open(chart(store).id, "ann")
    for _ in range(2):
        store.take_over(chart(store), "t1", "ben")
    [event] = store.events()
    assert (event.who, event.action.kind, event.snapshot["held_by"]) == ("ben", "take_over", "ann")
    assert (chart(store).states, chart(store).orphans) == ({}, ())
    assert store.verify_audit().intact
    with pytest.raises(DecisionError, match="its own command"):
        act(store, "take_over", who="ben")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("change", {}), ("add", {"code": Code("J44.9")}), ("strike", {}), ("undo", {}), ("reject", {"reason": "bored"}),
        ("evidence", {"quote": Quote(0, 1, "x", 1)}), ("delete", {}),
    ],
)  # fmt: skip
def test_what_is_incomplete_is_refused_and_leaves_no_trace(store: Store, kind: str, more: dict[str, object]) -> None:
    with pytest.raises(DecisionError):
        act(store, kind, **more)
    assert (store.events(), store.verify_audit().events) == ([], 0)


def test_a_suspect_is_queried_and_never_made_a_code(store: Store) -> None:
    for kind, more in (("accept", {}), ("change", {"code": Code("N18.4")})):
        with pytest.raises(DecisionError, match="no diagnosis"):
            act(store, kind, "e1:N18.4", **more)
    act(store, "query", "e1:N18.4")
    assert decided(store, "e1:N18.4") == "query"


def test_a_record_needs_a_name(store: Store) -> None:
    with pytest.raises(DecisionError, match="who you are"):
        act(store, "accept", who="  ")


# ---- the record


def test_the_record_says_what_the_decision_rested_on(store: Store) -> None:
    act(store, "accept")
    [event] = store.events()
    content = json.loads(json.dumps(event.snapshot))
    assert content["suggestion"]["icd10"] == "I50.22"
    assert content["encounter"]["date_of_service"] == "2025-03-04"
    assert content["versions"]["hccassist"] == "0.1.0"
    assert event.chart_sha256 == chart(store).result.sha256
    assert "carvedilol 12.5 mg twice daily" in [q["text"] for q in content["suggestion"]["quotes"]]


def test_the_record_is_append_only(store: Store) -> None:
    act(store, "accept")
    for statement in ("UPDATE events SET who = 'mallory'", "DELETE FROM events"):
        with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement))


def tamper(store: Store, *statements: str) -> None:
    """Change the record as somebody with full rights on the database could."""
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER IF EXISTS events_no_UPDATE"))
            connection.execute(text("DROP TRIGGER IF EXISTS events_no_DELETE"))
        else:
            connection.execute(text("DROP TRIGGER events_append_only ON events"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statements", "seq", "message"),
    [
        (("UPDATE events SET who = 'mallory' WHERE seq = 2",), 2, "changed"),
        (("UPDATE events SET content = replace(content, 'reject', 'accept') WHERE seq = 2",), 2, "changed"),
        (("DELETE FROM events WHERE seq = 2",), 2, "missing"),
        (("DELETE FROM events WHERE seq = 3",), 3, "end of the chain"),
    ],
)
def test_a_tampered_record_shows(store: Store, statements: tuple[str, ...], seq: int, message: str) -> None:
    for kind in ("accept", "reject", "query"):
        act(store, kind)
    assert store.verify_audit().intact
    tamper(store, *statements)
    report = store.verify_audit()
    assert (report.problems[0].seq, message in report.problems[0].message) == (seq, True)


# ---- durability and many at once


def test_twenty_reviewers_on_one_worklist_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    """Each takes the next chart that nobody holds, decides all of it, sending each decision twice, and goes on."""
    root = tmp_path / "charts"
    folder = write_results(tmp_path / "r", root, [write_chart(root, f"c{n:02}.txt") for n in range(30)])
    open_store(url).import_results(folder)
    charts = [r.id for r in open_store(url).worklist()]
    suggestions = [HF, DM, STROKE]

    def work(number: int) -> int:
        own, who, refused = open_store(url), f"coder {number}", 0
        for chart_id in charts[number:] + charts[:number]:
            opened = own.open_chart(chart_id)
            assert opened is not None
            if own.holds.open(chart_id, who).who != who:
                with pytest.raises(Held, match="take it over"):
                    own.record(opened, Action(uuid.uuid4().hex, "reject", HF), who)
                refused += 1
                continue
            for suggestion in suggestions:
                action = Action(uuid.uuid4().hex, "accept", suggestion)
                own.record(opened, action, who)
                own.record(opened, action, who)
        return refused

    with ThreadPoolExecutor(20) as pool:
        refusals = list(pool.map(work, range(20)))
    store = open_store(url)
    events = store.events()
    assert [e.seq for e in events] == list(range(1, 30 * 3 + 1))
    assert {e.action.kind for e in events} == {"accept"}
    assert sum(refusals) == 20 * 30 - 30
    deciders: dict[int, set[str]] = {}
    for chart_id in charts:
        deciders[chart_id] = {e.who for e in store.events(chart_id)}
        assert len(store.events(chart_id)) == 3
    assert all(len(names) == 1 for names in deciders.values())
    assert store.verify_audit().intact


def test_of_two_windows_that_first_write_the_same_row_at_once_none_fails_and_one_row_is_left(store: Store, url: str) -> None:
    """What is typed, a bookmark or a setting may be kept from two windows of a person in the same moment."""
    stores = [open_store(url) for _ in range(8)]

    def write(own: Store) -> None:
        own.set_note("ann", 1, "Ask Lee.")
        own.bookmark("ann", 1, HF)
        own.set_setting("last_name", "ann")
        Drafts(own).keep("ann", 1, HF, "Edema went down.")

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(write, stores))
    assert (store.note("ann", 1), store.stopped_at("ann", 1), store.setting("last_name")) == ("Ask Lee.", HF, "ann")
    assert Drafts(store).of("ann", 1) == {HF: "Edema went down."}


def decide_forever(url: str, pipe: int) -> None:
    """Record decisions until killed, and tell of each one that was recorded."""
    store = open_store(url)
    opened = chart(store)
    while True:
        action_id = uuid.uuid4().hex
        store.record(opened, Action(action_id, "accept", HF), "ann")
        os.write(pipe, action_id.encode())


def test_the_record_is_verified_from_the_command_line(store: Store, url: str) -> None:
    act(store, "accept")
    act(store, "reject", DM)
    verified = CliRunner().invoke(app, ["verify", url])
    assert (verified.exit_code, f"decisions: 2 rows, head {store.verify_audit().head}" in verified.output) == (0, True)
    tamper(store, "UPDATE events SET who = 'mallory' WHERE seq = 1")
    assert CliRunner().invoke(app, ["verify", url]).exit_code == 1


@pytest.mark.slow
def test_kill_9_at_100_random_moments_loses_no_recorded_decision(tmp_path: Path, folder: Path) -> None:
    url = str(tmp_path / "killed.db")
    open_store(url).import_results(folder)
    told: set[str] = set()
    moments = random.Random(7)
    for _ in range(100):
        reader, writer = os.pipe()
        process = multiprocessing.get_context("fork").Process(target=decide_forever, args=(url, writer))
        process.start()
        os.close(writer)
        heard = os.read(reader, 32)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.join()
        while more := os.read(reader, 65536):
            heard += more
        os.close(reader)
        told |= {heard[i : i + 32].decode() for i in range(0, len(heard) - 31, 32)}
    store = open_store(url)
    assert len(told) >= 100
    assert told <= {e.action.action_id for e in store.events()}
    assert store.verify_audit().intact


def test_the_default_database_is_wal_durable_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HCCASSIST_DB", raising=False)
    store = open_store()
    path = tmp_path / ".local/share/hccassist/review.db"
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setenv("HCCASSIST_DB", str(tmp_path / "other.db"))
    open_store()
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_database_that_was_started_again_is_worked_with_as_before(store: Store) -> None:
    with ExitStack() as stack:
        for _ in range(3):  # several connections stand open, and go back to the pool
            stack.enter_context(store.engine.connect()).execute(text("SELECT 1"))
    with store.engine.connect() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cut = connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")).all()
        assert len(cut) == 2
        connection.execute(text("SELECT 1"))
        act(store, "accept")
    assert decided(store) == "accept"
    assert store.verify_audit().intact


def test_two_first_starts_at_once_make_one_schema(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url), range(4)))
    assert all(s.verify_audit().intact for s in stores)


def test_a_store_of_the_first_version_is_migrated_with_its_decisions(url: str, folder: Path) -> None:
    address = url.replace("postgresql://", "postgresql+psycopg://") if "://" in url else f"sqlite:///{url}"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    content = '{"action":{"action_id":"old","kind":"accept","suggestion_id":"e1:I50.22"},"snapshot":{}}'
    sha256 = write_chart(folder.parent / "charts", "quill.txt").sha256
    with create_engine(address).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        values = {"f": str(folder), "c": content, "s": sha256}
        for statement in (
            "INSERT INTO results_folders (id, path, size, modified_ns, roots, skipped) VALUES (50, :f, 1, 1, '[]', 0)",
            'INSERT INTO charts (id, chart, sha256, folder_id, "offset", length, line_hash, present, status, summary) '
            "VALUES (50, 'quill.txt', :s, 50, 0, 0, 'x', true, 'ok', '{}')",
            "INSERT INTO events VALUES (1, 'old', '2026-01-01', 'ann', 'accept', 50, :s, 'e1:I50.22', :c, 'x', 'y')",
            "INSERT INTO decisions VALUES (50, 'e1:I50.22', 'accept', 'ann', '2026-01-01', 1)",
        ):
            connection.execute(text(statement).bindparams(**{k: v for k, v in values.items() if f":{k}" in statement}))
        command.upgrade(config, "0004")  # the first that kept roles and versions
        granted = (1, "2026-01-01", "ada", "role", "grant", "coder", "", "ann@example.org")
        rows = ", ".join(f"'{value}'" for value in (*granted, GENESIS, link(GENESIS, granted)))
        connection.execute(text(f"INSERT INTO versions VALUES ({rows})"))
    store = open_store(url)
    assert (Versions(store).verify().intact, Versions(store).verify().events) == (True, 1)
    store.import_results(folder)
    assert decided(store) == "accept"
    assert [(r.chart, r.decided, r.mostly) for r in store.worklist() if r.status == "ok"] == [
        ("quill.txt", 1, "Diabetes with Chronic Complications")
    ]


def test_the_migrations_build_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


# ---- questions and guidance


def test_an_escalated_case_is_a_question_until_it_is_answered_and_guidance_from_then_on(store: Store) -> None:
    act(store, "escalate", rationale="Is compensated an assessment?")
    act(store, "escalate", DM)
    act(store, "accept", DM)
    questions = Questions(store)
    [question] = questions.open()
    assert (question.text, question.icd10, question.who) == ("Is compensated an assessment?", "I50.22", "ann")
    with pytest.raises(NotAllowed):
        questions.answer(question, "No.", Person("ann", "coder"))
    questions.answer(question, "Yes, it is.", Person("lee", "lead"))
    assert questions.open() == []
    [known] = questions.guidance([question.condition, "other"])
    assert (known.answer, known.who, known.question) == ("Yes, it is.", "lee", "Is compensated an assessment?")
    assert questions.guidance(["other"]) == []


# ---- holds


def test_whoever_opens_a_chart_holds_it_and_somebody_else_decides_only_after_taking_it_over(store: Store) -> None:
    number = chart(store).id
    assert store.holds.open(number, "ann").who == "ann"
    assert store.holds.open(number, "ben").who == "ann"
    with pytest.raises(Held, match="ann is deciding on this chart since"):
        act(store, "accept", who="ben")
    assert store.events() == []
    store.take_over(chart(store), "t1", "ben")
    act(store, "accept", who="ben")
    with pytest.raises(Held, match="ben is deciding"):
        act(store, "reject", who="ann")
    assert decided(store) == "accept"


def test_a_decision_takes_hold_of_a_chart_that_nobody_holds(store: Store) -> None:
    act(store, "accept", who="ann")
    held = store.holds.holder(chart(store).id)
    assert held is not None
    assert held.who == "ann"
    assert list(store.holds.all()) == [chart(store).id]


def test_a_hold_lapses_after_a_quarter_of_an_hour_without_a_sign_of_life(url: str, folder: Path) -> None:
    now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    store = open_store(url, clock=lambda: now)
    store.import_results(folder)
    number = chart(store).id
    store.holds.open(number, "ann")
    now += timedelta(minutes=14)
    assert store.holds.open(number, "ann").since == "2026-01-05T09:00:00.000+00:00"
    now += timedelta(minutes=14)
    assert store.holds.open(number, "ben").who == "ann"
    now += timedelta(minutes=2)
    assert store.holds.holder(number) is None
    assert store.holds.open(number, "ben").who == "ben"
    store.holds.leave_all("ben", but=number)
    assert store.holds.open(number, "ann").who == "ben"
    store.holds.leave_all("ben")
    assert store.holds.open(number, "ann").who == "ann"


# ---- the person


def test_a_person_resumes_where_they_stopped(store: Store) -> None:
    number = chart(store).id
    store.bookmark("ann", number, DM)
    store.bookmark("ann", number, STROKE)
    assert (store.stopped_at("ann", number), store.last_chart("ann")) == (STROKE, number)
    assert (store.stopped_at("ben", number), store.last_chart("ben")) == (None, None)


def test_somebody_who_has_the_chart_open_is_named_for_a_while(url: str, folder: Path) -> None:
    now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    store = open_store(url, clock=lambda: now)
    store.import_results(folder)
    number = chart(store).id
    store.bookmark("ann", number, None)
    assert (store.others_in(number, "ben"), store.others_in(number, "ann")) == (("ann",), ())
    assert [r.open_by for r in store.worklist(who="ben")] == [(), ("ann",)]
    now += timedelta(minutes=16)
    assert store.others_in(number, "ben") == ()


def test_a_rationale_is_kept_while_it_is_typed_for_who_types_it_and_in_which_reading(store: Store) -> None:
    drafts, number = Drafts(store), chart(store).id
    drafts.keep("ann", number, HF, "EF 3")
    drafts.keep("ann", number, HF, "EF 35 % in the plan")
    drafts.keep("ann", number, HF, "Another view.", sample=4)
    drafts.keep("ben", number, DM, "Mine.")
    assert drafts.of("ann", number) == {HF: "EF 35 % in the plan"}
    assert drafts.of("ann", number, sample=4) == {HF: "Another view."}
    drafts.keep("ann", number, HF, " ")
    assert (drafts.of("ann", number), drafts.of("ben", number)) == ({}, {DM: "Mine."})
    assert store.events() == []


def test_words_that_are_typed_follow_their_visit_when_a_new_screening_numbers_the_visits_anew(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    drafts, opened = Drafts(store), chart(store)
    seen = {"date_of_service": "2025-03-04", "pages": [1]}
    for name, words in ((HF, "Compensated."), ("e1:Z99.9", "Gone by then."), (DM, "Its own.")):
        drafts.keep("ann", opened.id, name, words, visit=seen)
    drafts.keep("ann", opened.id, "answer 3", "Yes.")
    early = Visit("Seen early. " + VISIT.text.replace("[[dm]", "[[copd]"), date="2025-01-10")
    sha256 = opened.result.sha256
    for visits, home in (([early, VISIT], "e2"), ([VISIT, early], "e1")):
        found = replace(write_chart(tmp_path / "charts", "quill.txt", visits), sha256=sha256)
        write_results(folder, tmp_path / "charts", [found])
        store.import_results(folder)
        drafts.place("ann", chart(store))
        kept = {f"{home}:I50.22": "Compensated.", "e1:Z99.9": "Gone by then.", f"{home}:E11.22": "Its own.", "answer 3": "Yes."}
        assert drafts.of("ann", opened.id) == kept
    write_results(folder, tmp_path / "charts", [replace(write_chart(tmp_path / "charts", "quill.txt", [early]), sha256=sha256)])
    store.import_results(folder)
    drafts.place("ann", chart(store))
    assert drafts.of("ann", opened.id)["e1:I50.22@2"] == "Compensated."  # of a visit that is no more, and so of no suggestion


def test_notes_and_settings_are_kept_apart_from_the_record(store: Store) -> None:
    number = chart(store).id
    store.set_note("ann", number, "Ask about the echo.")
    store.set_setting("last_name", "ann")
    assert (store.note("ann", number), store.note("ben", number), store.setting("last_name")) == (
        "Ask about the echo.", "", "ann",
    )  # fmt: skip
    assert store.events() == []
