"""Trains the ranker from a table of numbers: compares models, calibrates, and writes models/ranker.json.

The table (models/training.csv) has one row per candidate: the group (note) it comes from, whether a coder supports it, and
the features; no text. Models are compared by nested, note-grouped cross-validation: a logistic model and gradient boosting
whose features may only raise or only lower the odds.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hccassist.evidence.strength import ELEMENTS
from hccassist.ranking.features import FEATURES

Floats = NDArray[np.float64]
NAMES = tuple(FEATURES)
# Which way a feature may move the odds, for the boosted model: 1 up, -1 down, 0 either.
MONOTONIC = {
    "active": 1,
    "in_plan": 1,
    "letters": 1,
    "strength": 1,
    "treated": 1,
    "tested": 1,
    "agreement": 1,
    "weak": -1,
    "ros": -1,
}
_FOLDS = 5
_BINS = 10
_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
_SEED = 7
_LINKER_STRENGTH = 0.1
_RARE = 3
_NO_WEIGHT = 0.005


@dataclass(frozen=True, slots=True)
class Table:
    """``x``: rows by features; ``y``: 1 where supported; ``groups``: the note of each row; ``active``: rows that are not
    suppressed by their status (the only ones whose confidence decides anything)."""

    x: Floats
    y: Floats
    groups: list[str]


def read_table(path: Path) -> Table:
    """The training table; its columns must be this version's features."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [n for n in NAMES if n not in rows[0]]
    if missing:
        raise ValueError(
            f"{path.name}: lacks the columns {', '.join(missing)}; write it again with hccassist train --from-cases"
        )
    x = np.array([[float(r[n]) for n in NAMES] for r in rows])
    return Table(x, np.array([float(r["supported"]) for r in rows]), [r["group"] for r in rows])


def ece(p: Floats, y: Floats) -> float:
    """Expected calibration error, ten equal bins."""
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return float(sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(_BINS)) / len(p))


def _logistic(c: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000))


def _boosted() -> Any:
    return HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=15, l2_regularization=1.0, random_state=_SEED,
        monotonic_cst=[MONOTONIC.get(n, 0) for n in NAMES],
    )  # fmt: skip


def _best_strength(x: Floats, y: Floats, groups: list[str]) -> float:
    scores = {}
    for c in _STRENGTHS:
        p = _out_of_fold(lambda c=c: _logistic(c), x, y, groups)
        scores[c] = brier_score_loss(y, p)
    return min(scores, key=lambda c: scores[c])


def _out_of_fold(make: Any, x: Floats, y: Floats, groups: list[str]) -> Floats:
    p = np.zeros(len(y))
    for train, test in GroupKFold(_FOLDS).split(x, y, groups):
        p[test] = make().fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return p


def nested(table: Table) -> dict[str, dict[str, float]]:
    """AP, ECE and Brier of each model by nested, note-grouped cross-validation: strength and calibration are chosen inside."""
    found: dict[str, Floats] = {"logistic": np.zeros(len(table.y)), "boosted": np.zeros(len(table.y))}
    groups = np.array(table.groups)
    for train, test in GroupKFold(_FOLDS).split(table.x, table.y, groups):
        x, y, g = table.x[train], table.y[train], list(groups[train])
        strength = _best_strength(x, y, g)
        for name, make in (("logistic", lambda s=strength: _logistic(s)), ("boosted", _boosted)):
            curve = IsotonicRegression(out_of_bounds="clip").fit(_out_of_fold(make, x, y, g), y) if name == "boosted" else None
            raw = make().fit(x, y).predict_proba(table.x[test])[:, 1]
            found[name][test] = curve.predict(raw) if curve else raw
    return {
        name: {
            "AP": float(average_precision_score(table.y, p)),
            "ECE": ece(p, table.y),
            "Brier": float(brier_score_loss(table.y, p)),
        }
        for name, p in found.items()
    }


def train(table: Table, version: str) -> dict[str, Any]:
    """The ranker as JSON: a logistic model on all rows, its strength chosen by cross-validation."""
    strength = _best_strength(table.x, table.y, table.groups)
    pipeline = _logistic(strength).fit(table.x, table.y)
    scaler, model = pipeline[0], pipeline[1]
    weights = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return {
        "version": version,
        "intercept": round(intercept, 4),
        "weights": {n: round(float(w), 4) for n, w in zip(NAMES, weights, strict=True)},
        "means": {n: round(float(m), 4) for n, m in zip(NAMES, scaler.mean_, strict=True)},
        "calibration": [],
        "rows": len(table.y),
        "strength": strength,
    }


def train_linker(path: Path, version: str) -> tuple[dict[str, Any], dict[str, float]]:
    """The linker's weights from its table of clues: whether a sentence is quoted and, of the quoted ones, for which letters;
    and its AP and ECE out of fold (grouped by note)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    clues = [row["clues"].split("|") for row in rows]
    seen = Counter(n for found in clues for n in found)
    names = sorted(n for n, count in seen.items() if count >= _RARE)
    column = {n: k for k, n in enumerate(names)}
    x = np.zeros((len(rows), len(names)))
    for k, found in enumerate(clues):
        x[k, [column[n] for n in found if n in column]] = 1.0
    quoted = np.array([float(bool(row["letters"])) for row in rows])
    groups = [row["group"] for row in rows]

    def make() -> Any:
        return LogisticRegression(C=_LINKER_STRENGTH, max_iter=3000)

    def weights(model: Any) -> dict[str, Any]:
        pairs = zip(names, model.coef_[0], strict=True)
        kept = {n: round(float(w), 3) for n, w in pairs if abs(w) >= _NO_WEIGHT}
        return {"intercept": round(float(model.intercept_[0]), 4), "weights": kept}

    p = _out_of_fold(make, x, quoted, groups)
    inside = quoted > 0
    letters = {
        e: weights(make().fit(x[inside], np.array([float(e in row["letters"]) for row in rows])[inside])) for e in ELEMENTS
    }
    return {
        "version": version,
        "quoted": weights(make().fit(x, quoted)),
        "letters": letters,
        "rows": len(rows),
    }, {"AP": float(average_precision_score(quoted, p)), "ECE": ece(p, quoted)}


def write_ranker(value: dict[str, Any], path: Path) -> None:
    """Writes the ranker, stable to the byte for the same table."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
