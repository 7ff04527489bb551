"""Confidence: what raises and lowers it, that it is calibrated, and that a table gives the same ranker to the byte."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hccassist.places import Places
from hccassist.ranking.features import FEATURES, MONOTONIC, Around, Candidate, features, surroundings
from hccassist.ranking.figures import average_precision, ece, precision_at_recall, with_intervals
from hccassist.ranking.files import models_folder
from hccassist.ranking.model import Ranker, RankerError, load_ranker
from hccassist.ranking.training import NAMES, Table, nested, read_table, train, write_model
from hccassist.reading.plain import text_chart
from hccassist.schema import Encounter, Evidence, Mention, Page, Word

TEXT = "COPD, on Trelegy."


def candidate(encounter: str = "e1", status: str = "active", valid: str = "unknown", **changes: object) -> Candidate:
    known: dict[str, object] = {
        "encounter": Encounter(encounter, 0, len(TEXT), (1,), valid=valid),  # type: ignore[arg-type]
        "condition": "COPD", "icd10": "J44.9", "alternatives": (), "status": status,
        "mentions": (Mention("copd", 0, 4, status, "assessment_plan"),),  # type: ignore[arg-type]
        "evidence": (Evidence("T", "drug", 0, len(TEXT), 0.8, "same sentence"),), "course": "lifelong", "pays": True,
        "weak": False, "combined": False, "decided": (),
    }  # fmt: skip
    return Candidate(**(known | changes))  # type: ignore[arg-type]


def made_up_table(rows: int = 240) -> Table:
    """Candidates whose truth depends on status and evidence, in notes of four."""
    random = np.random.default_rng(3)
    x = random.random((rows, len(NAMES))).round(2)
    x[:, NAMES.index("active")] = random.random(rows) < 0.7
    odds = 4 * x[:, NAMES.index("active")] + 3 * x[:, NAMES.index("strength")] - 4.5
    y = (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    groups = np.array([f"g{k // 4}" for k in range(rows)])
    return Table(x, y, groups, np.full(rows, "note"), np.ones(rows))


def test_every_feature_lies_between_0_and_1() -> None:
    found = features(candidate(), Around())
    assert set(found) == set(FEATURES)
    assert all(0 <= value <= 1 for value in found.values())


def test_other_records_of_the_chart_agree_or_deny_and_invalid_ones_say_nothing() -> None:
    said = [candidate("e1"), candidate("e2"), candidate("e3", "negated"), candidate("e4", valid="no")]
    found = surroundings(said, Places(text_chart(TEXT, "n.txt", "")))
    assert (found[0].stated, found[0].denied) == (1, 1)
    assert (found[3].stated, found[3].denied) == (2, 1)


def test_a_mention_that_ocr_read_badly_is_worth_less() -> None:
    page = Page(1, 612, 792, "ocr", 0, 0, len(TEXT), (Word(0, 5, (0, 0, 9, 9), 0.4), Word(6, 8, (9, 0, 12, 9), 0.9)))
    chart = text_chart(TEXT, "scan.pdf", "")
    scan = type(chart)(chart.name, chart.sha256, chart.text, (page,))
    (around,) = surroundings([candidate()], Places(scan))
    assert around.read == 0.4


def test_shipped_weights_keep_the_directions_that_a_coder_expects() -> None:
    weights = load_ranker().weights
    assert [n for n, direction in MONOTONIC.items() if weights[n] * direction < 0] == []


def test_reasons_say_what_raised_and_what_lowered_the_confidence() -> None:
    ranker = load_ranker()
    treated = ranker.why(features(candidate(), Around()))
    bare = ranker.why(features(candidate(evidence=()), Around()))
    assert 1 <= len(treated) <= 4
    assert any(r.weight > 0 for r in treated)
    assert any(r.weight < 0 for r in bare)
    assert {r.text for r in (*treated, *bare)} <= {text for words in FEATURES.values() for text in words if text}
    assert {r.text for r in treated if r.weight > 0} - {r.text for r in bare if r.weight > 0}


def test_the_same_table_gives_the_same_ranker_to_the_byte(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write_model(train(made_up_table(), "t"), tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.slow
def test_the_shipped_ranker_is_what_its_table_gives(tmp_path: Path) -> None:
    shipped = models_folder() / "ranker.json"
    write_model(train(read_table(models_folder() / "training.csv"), json.loads(shipped.read_text())["version"]), tmp_path / "r")
    assert (tmp_path / "r").read_text() == shipped.read_text()


def test_nested_cross_validation_finds_what_is_there_and_is_calibrated() -> None:
    table = made_up_table()
    for p in nested(table).values():
        assert average_precision(p, table.y) > table.y.mean() + 0.1
        assert ece(p, table.y) < 0.12


def test_figures_of_a_perfect_and_of_a_blind_ranking() -> None:
    y = np.array([1.0, 1.0, 0.0, 0.0])
    assert average_precision(np.array([0.9, 0.8, 0.2, 0.1]), y) == 1
    assert average_precision(np.full(4, 0.5), y) == 0.5
    assert precision_at_recall(np.array([0.9, 0.3, 0.8, 0.1]), y, 0.95) == pytest.approx(2 / 3)
    assert ece(np.array([0.75, 0.75, 0.75, 0.75]), np.array([1.0, 1.0, 1.0, 0.0])) == 0


def test_intervals_hold_the_figure_and_are_wider_where_charts_are_few() -> None:
    random = np.random.default_rng(1)
    y = (random.random(200) < 0.5).astype(float)
    known = np.repeat([0.0, 0.1, 0.3, 0.6, 0.9], 40)  # charts differ in how well they are read
    p = np.clip(y * known + random.random(200) * (1 - known), 0, 1)
    few = with_intervals(p, y, np.array([f"g{k // 40}" for k in range(200)]))["AP"]
    many = with_intervals(p, y, np.array([f"g{k}" for k in range(200)]))["AP"]
    assert few.low <= few.value <= few.high
    assert many.low <= many.value <= many.high
    assert few.high - few.low > many.high - many.low


def test_a_ranker_of_other_features_is_refused_with_the_cure() -> None:
    content = json.dumps({"version": "x", "intercept": 0, "weights": {"shoe_size": 1}, "means": {}})
    with pytest.raises(RankerError, match="hccassist train"):
        Ranker.from_json(content, "other.json")


def test_a_training_table_of_other_features_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("group,kind,supported,shoe_size\ng1,note,1,42\n")
    with pytest.raises(ValueError, match=r"t\.csv: lacks the columns"):
        read_table(tmp_path / "t.csv")
