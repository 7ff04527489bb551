"""The bench: what a policy makes of judged suggestions, learning from decisions, noise, and the record of versions."""

from __future__ import annotations

import itertools
import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from review_builder import write_chart, write_results
from sqlalchemy import text

from hccassist.evaluation import LabelledError
from hccassist.qa import desk, labelled, learning
from hccassist.qa.bench import Bench
from hccassist.qa.labelled import Judged
from hccassist.qa.noise import noise
from hccassist.ranking.features import FEATURES
from hccassist.ranking.files import models_folder
from hccassist.ranking.model import load_ranker
from hccassist.ranking.policy import Policy, load_policy, parse_policy, with_threshold
from hccassist.ranking.training import read_table
from hccassist.review import Action, DecisionError, Store, open_store
from hccassist.review.versions import Versions

SUPPORTED = {"active": 1.0, "agreement": 1.0, "backed": 1.0, "treated": 0.9, "strength": 0.9, "pays": 1.0, "read": 1.0}
POLICY = Policy(version="1", threshold=0.5, without_hcc=0.5)


def judged(k: int, supported: bool = True, **changes: object) -> Judged:
    weak = {"treated": 0.0, "strength": 0.3} if not supported else {}
    row = Judged(
        chart=f"chart {k // 4}", kind="decision", condition="COPD", icd10="J44.9", label="COPD", supported=supported,
        status="active", category="280", group=None, pays=True, setting="office", sections=("assessment_plan",),
        features=SUPPORTED | weak, provider="Jane Roe", term="COPD", rule="unspecified; x", sentence="COPD, on Trelegy.",
        who=f"coder {k % 3}", at=f"2026-01-{1 + k // 40:02}",
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


def mixed(count: int = 400) -> list[Judged]:
    """Decisions that follow the evidence, some of them against it."""
    random = np.random.default_rng(5)
    rows = []
    for k in range(count):
        strength = round(float(random.random()), 2)
        right = bool(random.random() < strength)
        x = SUPPORTED | {"strength": strength, "treated": strength, "in_plan": float(random.random() < strength)}
        rows.append(judged(k, right, features=x, category=("280", "226")[k % 2], reason="" if right else "no_meat"))
    return rows


# ---- what a policy makes of them


def test_the_bench_gives_the_confidence_that_screening_gives() -> None:
    ranker, rows = load_ranker(), mixed(50)
    one_by_one = [ranker.confidence({n: r.features.get(n, 0.0) for n in FEATURES}) for r in rows]
    assert Bench(rows).confidences(ranker) == pytest.approx(one_by_one)


def test_a_higher_threshold_loses_and_a_lower_one_gains_chart_by_chart() -> None:
    bench = Bench(mixed())
    before = bench.outcome(POLICY, load_ranker())
    high = bench.under(POLICY.model_copy(update={"threshold": 0.9}), before.p)
    change = bench.change(before, high)
    assert len(change.gained) == 0
    assert len(change.lost) == before.shown.sum() - high.shown.sum() > 0
    per_chart = bench.by_chart(change)
    assert sum(c.lost_right + c.lost_wrong for c in per_chart) == len(change.lost)
    assert sum(c.lost_right for c in per_chart) == bench.y[change.lost].sum()
    back = bench.change(high, before)
    assert sorted(back.gained) == sorted(change.lost)


def test_a_threshold_of_one_category_touches_no_other() -> None:
    bench = Bench(mixed())
    before = bench.outcome(POLICY, load_ranker())
    after = bench.under(POLICY.model_copy(update={"hcc": {"226": 1.0}}), before.p)
    lost = bench.change(before, after).lost
    assert {bench.rows[k].category for k in lost} == {"226"}


def test_what_a_rule_holds_back_no_threshold_shows() -> None:
    rows = [judged(0), judged(1, features=SUPPORTED | {"invalid": 1.0}), judged(2, status="negated"),
            judged(3, sections=("education",))]  # fmt: skip
    policy = POLICY.model_copy(update={"threshold": 0.0, "ignore_sections": ("education",)})
    assert Bench(rows).outcome(policy, load_ranker()).shown.tolist() == [True, False, False, False]


def test_categories_come_in_the_order_of_their_noise() -> None:
    rows = [judged(k, k % 5 != 0, category="280") for k in range(20)] + [judged(k, True, category="226") for k in range(20)]
    bench = Bench(rows)
    policy = POLICY.model_copy(update={"threshold": 0.0})
    first, second = bench.by_category(policy, bench.outcome(policy, load_ranker()))
    assert (first.category, first.wrong, first.shown) == ("280", 4, 20)
    assert (second.category, second.wrong, second.precision) == ("226", 0, 1.0)


def test_figures_count_what_is_shown_right_wrong_and_missed() -> None:
    bench = Bench([judged(0), judged(1, False, features=SUPPORTED), judged(2, features=SUPPORTED | {"backed": 0.0})])
    found = bench.summary(bench.outcome(POLICY.model_copy(update={"threshold": 0.0}), load_ranker()))
    assert (found.shown, found.right, found.wrong, found.missed) == (2, 1, 1, 1)
    assert (found.precision, found.recall, found.noise) == (0.5, 0.5, 1.0)


# ---- where judged suggestions come from


@pytest.fixture
def store(tmp_path: Path) -> Store:
    ticks = itertools.count()
    return open_store(str(tmp_path / "db"), lambda: datetime(2026, 1, 1, 12, next(ticks) % 60, tzinfo=UTC))


def decide(store: Store, chart_id: int, suggestion: str, kind: str, who: str = "ada", **more: object) -> None:
    opened = store.open_chart(chart_id)
    assert opened is not None
    store.record(opened, Action(f"{chart_id}{suggestion}{kind}", kind, suggestion, **more), who)  # type: ignore[arg-type]


def with_features(path: Path, version: str) -> None:
    """Give the suggestions of a results folder features, and the version of them, as screening does."""
    import json

    lines = []
    for line in (path / "suggestions.jsonl").read_text(encoding="utf-8").splitlines():
        chart = json.loads(line)
        chart["versions"]["features"] = version
        for s in chart["suggestions"]:
            s["features"], s["sections"] = SUPPORTED, ["assessment_plan"]
        lines.append(json.dumps(chart))
    (path / "suggestions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_decisions_become_judged_suggestions_and_what_cannot_is_counted(store: Store, tmp_path: Path) -> None:
    from hccassist.ranking.features import features_version

    charts = [write_chart(tmp_path / "charts", f"{name}.txt") for name in "ab"]
    new = write_results(tmp_path / "new", tmp_path / "charts", charts[:1])
    with_features(new, features_version())
    old = write_results(tmp_path / "old", tmp_path / "charts", charts[1:])
    with_features(old, "another")
    for folder in (new, old):
        store.import_results(folder)
    a, b = [row.id for row in store.worklist()]
    decide(store, a, "e1:I50.22", "accept")
    decide(store, a, "e1:E11.22", "reject", reason="no_meat")
    decide(store, a, "e1:J44.9", "reject", reason="duplicate")
    decide(store, a, "e1:I63.9", "query")
    decide(store, b, "e1:I50.22", "accept")
    loaded = labelled.from_decisions(store)
    assert [(r.icd10, r.supported, r.reason, r.who) for r in loaded.rows] == [
        ("I50.22", True, "", "ada"), ("E11.22", False, "no_meat", "ada"),
    ]  # fmt: skip
    assert loaded.rows[0].provider == "Jane Roe"
    assert loaded.rows[0].features == SUPPORTED
    assert sum(loaded.left_out.values()) == 2


def test_labelled_cases_are_judged_kept_for_their_owner_only_and_read_again(tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text('text,code,expected\n"COPD - stable, continue Trelegy.",J44,supported\n"Denies COPD.",J44,held\n')
    loaded = labelled.load(cases)
    assert [(r.icd10, r.supported, r.status) for r in loaded.rows] == [("J44.9", True, "active"), ("J44.9", False, "negated")]
    assert "Trelegy" in loaded.rows[0].sentence
    kept = tmp_path / "bench.jsonl"
    labelled.write(loaded.rows, kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert labelled.load(kept).rows == loaded.rows


def test_labelled_notes_are_a_file_beside_the_folder_of_their_texts(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.txt").write_text("Assessment: COPD, stable, continue Trelegy.")
    condition = {"icd10": "J44.9", "icd10_ok": [], "status": "active", "supported": True, "meat": {}}
    (tmp_path / "own.jsonl").write_text(json.dumps({"note_id": "a", "conditions": [condition]}) + "\n")
    assert [(r.icd10, r.supported) for r in labelled.load(tmp_path / "own.jsonl").rows] == [("J44.9", True)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.jsonl", None, "no such file or folder"),
        ("cases.jsonl", "{broken\n", "cases.jsonl:1: not a line of JSON"),
        ("cases.jsonl", '{"id": "a", "kind": "trap"}\n', "cases.jsonl: case 1 lacks 'text'"),
        ("cases.csv", "text,code\nCOPD,J44\n", "cases.csv: case 1 lacks 'expected'"),
        ("notes.jsonl", '{"note_id": "a", "conditions": []}\n', "a.txt: cannot be read"),
        ("bench.jsonl", '{"features": "another"}\n', "made by another version"),
    ],
)
def test_wrong_labelled_cases_are_told_with_the_cure(
    store: Store, tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(LabelledError, match=says):
        desk.judged(store, str(tmp_path / name))


# ---- learning


def test_too_little_is_refused_and_says_how_much_is_needed() -> None:
    with pytest.raises(learning.TooLittle) as refused:
        learning.challenge(mixed(60), read_table(models_folder() / "training.csv"), load_ranker(), "c1")
    assert "140 more decisions (60 of 200)" in str(refused.value)
    assert "15 more charts with decisions (15 of 30)" in str(refused.value)


def test_one_coder_alone_is_not_the_team() -> None:
    alone = [replace(r, who="ada") for r in mixed()]
    assert any("second coder" in line for line in learning.missing(alone))


def test_a_challenger_learns_from_the_team_and_meets_the_champion_on_charts_it_did_not_see() -> None:
    rows = mixed(600)
    # This team accepts what stands in the plan and nothing else: the champion cannot know.
    rows = [replace(r, supported=bool(r.features["in_plan"])) for r in rows]
    found = learning.challenge(rows, read_table(models_folder() / "training.csv"), load_ranker(), "c1")
    assert found.learned_from + found.held_out == 600
    assert found.challenger["Brier"].value < found.champion["Brier"].value
    assert found.better
    again = learning.challenge(rows, read_table(models_folder() / "training.csv"), load_ranker(), "c1")
    assert again.content == found.content


def test_a_coder_with_most_decisions_is_weighed_down_and_named() -> None:
    rows = [judged(k, who="ada" if k < 90 else f"coder {k % 3}") for k in range(100)]
    shares, weight = learning.coder_weights(rows)
    ada = next(s for s in shares if s.who == "ada")
    assert ada.capped
    assert ada.share <= learning.LARGEST_SHARE + 1e-9
    assert weight[0] < weight[99] == 1
    assert sum(s.share for s in shares) == pytest.approx(1)


def test_two_policies_are_compared_category_by_category_what_changes_most_first() -> None:
    bench, ranker = Bench(mixed(200)), load_ranker()
    stricter = with_threshold(POLICY, "hcc", "226", 1.0)
    first, *rest = bench.compare_categories(
        (POLICY, bench.outcome(POLICY, ranker)), (stricter, bench.outcome(stricter, ranker))
    )
    assert (first.a.category, first.a.threshold, first.b.threshold, first.b.shown) == ("226", 0.5, 1.0, 0)
    assert first.size == first.a.shown > 0
    assert [change.size for change in rest] == [0]


# ---- noise


def test_noise_names_the_most_rejected_with_the_reason_and_examples() -> None:
    rows = [judged(k, k % 2 == 0, reason="" if k % 2 == 0 else "history_of") for k in range(8)]
    rows += [judged(k, False, term="MS", reason="other", sections=("pmh", "ros")) for k in range(6)]
    first, second = noise(rows, "term")
    assert (first.name, first.rejected, first.judged, first.reason) == ("ms", 6, 6, "Other")
    assert (second.name, second.rejected, second.reason) == ("copd", 4, "History of")
    assert len(first.examples) == 3
    assert {n.name for n in noise(rows, "section")} == {"assessment_plan", "pmh", "ros"}
    assert noise(rows, "provider")[0].name == "Jane Roe"


# ---- versions


def test_a_policy_is_saved_used_and_rolled_back_and_all_of_it_stands_in_the_record(store: Store) -> None:
    shipped = load_policy().policy
    stricter = with_threshold(shipped, "hcc", "226", 0.7)
    desk.keep_policy(store, stricter, "2026.11-a", "ada", "heart failure is noisy")
    desk.put_in_force(store, "policy", "2026.11-a", "ada", "agreed in the meeting")
    assert desk.in_force(store, "policy") == "2026.11-a"
    assert desk.policies(store)["2026.11-a"].hcc == {"226": 0.7}
    desk.put_in_force(store, "policy", shipped.version, "bea", "too strict")
    assert desk.in_force(store, "policy") == shipped.version
    record = Versions(store).record()
    assert [(e.action, e.version, e.who) for e in record] == [
        ("save", "2026.11-a", "ada"), ("use", "2026.11-a", "ada"), ("save", shipped.version, "bea"),
        ("use", shipped.version, "bea"),
    ]  # fmt: skip
    assert record[-1].reason == "too strict"
    assert Versions(store).verify().intact


def test_a_draft_moves_several_thresholds_and_forgets_one_that_is_moved_back() -> None:
    policy = load_policy().policy
    moves = {("hcc", "226"): 0.7, ("status", "uncertain"): 0.2, ("threshold", ""): policy.threshold}
    draft, moved = desk.drafted(policy, moves)
    assert (draft.hcc["226"], draft.status["uncertain"], draft.threshold) == (0.7, 0.2, policy.threshold)
    assert [(m.name, m.now) for m in moved] == [("226", 0.7), ("uncertain", 0.2)]
    assert desk.drafted(policy, {("threshold", ""): policy.threshold}) == (policy, [])


def test_a_category_keeps_its_threshold_where_the_draft_moves_the_general_one_before_it_or_after_it(store: Store) -> None:
    policy = load_policy().policy
    stays, general = (("hcc", "226"), policy.threshold), (("threshold", ""), 0.9)
    for moves in (dict((stays, general)), dict((general, stays))):
        desk.keep_draft(store, "ada", policy, moves)
        kept = desk.draft(store, "ada", policy)
        draft, _ = desk.drafted(policy, kept)
        assert (draft.threshold, draft.hcc["226"], kept) == (0.9, policy.threshold, moves)
    assert desk.draft(store, "bea", policy) == {}


def test_a_saved_policy_finds_its_own_terms_wherever_its_copy_is_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    (models / "our_terms").mkdir(parents=True)
    (models / "policy.toml").write_text('version = "s"\nthreshold = 0.5\nwithout_hcc = 0.5\nlocal_terms = ["our_terms"]\n')
    monkeypatch.setattr("hccassist.ranking.policy.models_folder", lambda: models)
    desk.keep_policy(store, with_threshold(desk.policies(store)["s"], "threshold", "", 0.6), "b", "ada", "because")
    desk.put_in_force(store, "policy", "b", "ada", "because")
    path = desk.write_in_force(store, "policy", tmp_path / "elsewhere")
    assert path is not None
    assert load_policy(path).local_terms == (models / "our_terms",)


def test_a_version_needs_a_reason_a_name_and_a_version_of_its_own(store: Store) -> None:
    draft = with_threshold(load_policy().policy, "threshold", "", 0.6)
    with pytest.raises(DecisionError, match="reason"):
        desk.keep_policy(store, draft, "b", "ada", " ")
    with pytest.raises(DecisionError, match="shipped"):
        desk.keep_policy(store, draft, load_policy().policy.version, "ada", "because")
    desk.keep_policy(store, draft, "b", "ada", "because")
    with pytest.raises(DecisionError, match="exists"):
        desk.keep_policy(store, with_threshold(draft, "threshold", "", 0.7), "b", "ada", "because")
    with pytest.raises(DecisionError, match="no saved policy c"):
        desk.put_in_force(store, "policy", "c", "ada", "because")
    with pytest.raises(DecisionError, match="letters, digits"):
        desk.keep_policy(store, draft, "no spaces", "ada", "because")


def test_a_policy_file_that_is_handed_in_is_a_version_like_any_other(store: Store) -> None:
    handed = '\ufeffversion = "ours-1"\nthreshold = 0.5\nwithout_hcc = 0.6\n\n[hcc]\n"226" = 0.7\n'
    policy = desk.given_policy("ours.toml", handed.encode())
    desk.keep_policy(store, policy, policy.version, "ada", "from our committee")
    desk.put_in_force(store, "policy", "ours-1", "ada", "agreed")
    assert desk.policies(store)[desk.in_force(store, "policy")] == policy


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"threshold = ", "not valid TOML"),
        (b'version = "a"\nthreshold = 0.5\nwithout_hcc = 2\n', "without_hcc: Input should be less than or equal to 1"),
        (b'version = "a"\nthreshold = 0.5\nwithout_hcc = 0.5\n[hcc]\n"999" = 0.5\n', "'999' is unknown"),
        (b'version = "a"\nthreshold = 0.5\nwithout_hcc = 0.5\nlocal_terms = ["terms"]\n', "name it by its full path"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 300_000, "larger than 256 KiB"),
    ],
)
def test_a_policy_file_that_is_wrong_is_refused_in_one_line_that_names_it(content: bytes, says: str) -> None:
    with pytest.raises(DecisionError, match=re.escape(says)) as refused:
        desk.given_policy("ours.toml", content)
    assert str(refused.value).startswith("ours.toml: ")
    assert "\n" not in str(refused.value)


def test_the_version_in_force_is_written_for_screening(store: Store, tmp_path: Path) -> None:
    assert desk.write_in_force(store, "policy", tmp_path) is None
    desk.keep_policy(store, with_threshold(load_policy().policy, "threshold", "", 0.6), "b", "ada", "because")
    desk.put_in_force(store, "policy", "b", "ada", "because")
    path = desk.write_in_force(store, "policy", tmp_path)
    assert path is not None
    assert load_policy(path).policy.threshold == 0.6


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE versions SET reason = 'other' WHERE seq = 1", "Its content was changed after it was recorded."),
        ("DELETE FROM versions WHERE seq = 2", "The end of the chain is not the last row that was recorded."),
    ],
)
def test_the_record_of_versions_cannot_be_changed_and_shows_it_where_it_was(store: Store, statement: str, message: str) -> None:
    Versions(store).save("policy", "b", parse_policy(POLICY.to_toml()).to_toml(), "ada", "because")
    Versions(store).use("policy", "b", "ada", "because")
    with pytest.raises(Exception, match="append-only"), store.write() as db:
        db.execute(text(statement))
    with store.write() as db:
        db.execute(text(f"DROP TRIGGER versions_no_{statement.split()[0]}"))
        db.execute(text(statement))
    assert [p.message for p in Versions(store).verify().problems] == [message]
