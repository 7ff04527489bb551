"""The policy: which threshold counts, what is ignored, where what is held back goes, and clear words for a wrong file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hccassist.cli import app
from hccassist.ranking.policy import Facts, Policy, PolicyError, check_names, load_policy, parse_policy, with_threshold
from hccassist.screening import load_screener, versions

FACTS = Facts("active", "226", None, True, None, True, "office", frozenset({"assessment_plan"}))
BASE = Policy(version="1", threshold=0.5, without_hcc=0.3)
NOTE = "A/P\n1. CHF - euvolemic, continue furosemide and carvedilol.\n2. COPD - stable, continue Trelegy.\n"


@pytest.mark.parametrize(
    ("facts", "threshold"),
    [
        (FACTS, 0.7),
        (replace(FACTS, category="111"), 0.5),
        (replace(FACTS, group="acute stroke"), 0.9),
        (replace(FACTS, category=None, pays=False), 0.3),
        (replace(FACTS, category="111", status="uncertain"), 0.2),
    ],
)
def test_the_most_specific_threshold_counts(facts: Facts, threshold: float) -> None:
    policy = BASE.model_copy(update={"hcc": {"226": 0.7}, "high_risk": {"acute stroke": 0.9}, "status": {"uncertain": 0.2}})
    assert policy.threshold_of(facts) == threshold


@pytest.mark.parametrize(
    ("facts", "rule", "tier"),
    [
        (FACTS, "threshold", "supported"),
        (replace(FACTS, backed=False), "no_evidence", "mention_only"),
        (replace(FACTS, held="minor"), "minor", "suppressed"),
        (replace(FACTS, held="invalid_record", backed=False), "invalid_record", "suppressed"),
        (replace(FACTS, status="negated"), "status", "suppressed"),
        (replace(FACTS, sections=frozenset({"education"})), "ignored", "suppressed"),
        (replace(FACTS, setting="letter"), "ignored", "suppressed"),
    ],
)
def test_the_first_rule_that_holds_decides_the_tier(facts: Facts, rule: str, tier: str) -> None:
    policy = BASE.model_copy(update={"ignore_sections": ("education",), "ignore_note_types": ("letter",)})
    assert policy.rule_of(facts) == rule
    assert policy.tier_of(policy.rule_of(facts), facts, 0.8) == tier


def test_what_is_not_present_may_be_listed_and_is_never_shown_as_supported() -> None:
    policy = BASE.model_copy(update={"status": {"uncertain": 0.1}})
    doubted = replace(FACTS, status="uncertain")
    assert policy.tier_of("status", doubted, 0.99) == "mention_only"
    assert policy.tier_of("status", doubted, 0.05) == "suppressed"


def test_the_tier_of_what_is_held_back_is_the_teams_choice() -> None:
    policy = parse_policy('version = "2"\nthreshold = 0.5\nwithout_hcc = 0.3\n[tiers]\nbelow_threshold = "mention_only"\n')
    assert policy.tier_of("threshold", FACTS, 0.2) == "mention_only"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("threshold = 2", "threshold: Input should be less than or equal to 1"),
        ("treshold = 0.5", "treshold: Extra inputs are not permitted; known are version, threshold"),
        ("threshold = half", "not valid TOML"),
        ("[tiers]\nno_evidence = 'supported'", "tiers.no_evidence: Input should be 'mention_only' or 'suppressed'"),
        ("[hcc]\nHF = 0.4", "hcc.HF"),
    ],
)
def test_a_wrong_policy_is_told_by_file_field_and_cure(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "ours.toml"
    good = 'version = "1"\nwithout_hcc = 0.3\n'
    path.write_text(good + (line if line.startswith("threshold") else f"threshold = 0.5\n{line}"))
    with pytest.raises(PolicyError) as error:
        load_policy(path)
    assert str(error.value).startswith("ours.toml: ")
    assert says in str(error.value)


def test_names_that_match_nothing_are_refused() -> None:
    for change, says in (
        ({"hcc": {"999": 0.4}}, "category of CMS-HCC V28"),
        ({"high_risk": {"stroke": 0.4}}, "acute stroke"),
        ({"ignore_sections": ("footer",)}, "assessment_plan"),
        ({"ignore_note_types": ("letters",)}, "letter"),
    ):
        with pytest.raises(PolicyError, match=says):
            check_names(BASE.model_copy(update=change), {"226"}, {"acute stroke"}, {"assessment_plan"}, {"letter"})


def test_a_policy_written_and_read_again_is_the_same() -> None:
    policy = BASE.model_copy(
        update={
            "hcc": {"226": 0.7},
            "high_risk": {"acute stroke": 0.9},
            "ignore_sections": ("education",),
            "tiers": {"no_evidence": "suppressed"},
            "local_terms": ('our "own"',),
        }
    )
    assert parse_policy(policy.to_toml()) == policy


def test_one_threshold_moves_and_the_others_stay() -> None:
    moved = with_threshold(with_threshold(BASE, "hcc", "226", 0.61), "without_hcc", "", 0.4)
    assert (moved.threshold, moved.without_hcc, moved.hcc) == (0.5, 0.4, {"226": 0.61})


def screened(folder: Path, *options: str) -> tuple[int, str, bytes]:
    (folder / "note.txt").write_text(NOTE)
    ran = CliRunner().invoke(app, ["screen", str(folder / "note.txt"), "--out", str(folder / "out"), *options])
    results = folder / "out" / "suggestions.jsonl"
    return ran.exit_code, ran.output, results.read_bytes() if results.exists() else b""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test chooses by --policy or --ranker ends with it: the environment and what was loaded by it."""
    monkeypatch.setenv("HCCASSIST_POLICY", "")
    monkeypatch.setenv("HCCASSIST_RANKER", "")
    yield
    load_screener.cache_clear()
    versions.cache_clear()


@pytest.mark.slow
def test_screening_obeys_a_policy_records_it_and_repeats_itself_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "strict.toml"
    path.write_text('version = "strict-1"\nthreshold = 0.5\nwithout_hcc = 0.3\n[hcc]\n226 = 1.0\n')
    runs = []
    for name in ("a", "b"):
        for cached in (load_screener, versions):
            cached.cache_clear()
        (tmp_path / name).mkdir()
        code, output, content = screened(tmp_path / name, "--policy", str(path))
        assert code == 0, output
        runs.append(content)
    for cached in (load_screener, versions):
        cached.cache_clear()
    result = json.loads(runs[0])
    tiers = {s["icd10"]: s["tier"] for s in result["suggestions"]}
    assert tiers["I50.9"] == "suppressed"
    assert tiers["J44.9"] == "supported"
    assert result["versions"]["policy"].startswith("strict-1+")
    assert runs[0] == runs[1]


def test_a_missing_policy_ends_the_run_with_one_line(tmp_path: Path) -> None:
    code, output, content = screened(tmp_path, "--policy", str(tmp_path / "none.toml"))
    assert (code, content) == (2, b"")
    assert "none.toml: cannot be read" in output
