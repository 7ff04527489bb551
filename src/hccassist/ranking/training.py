"""Trains the ranker from a table of numbers: compares models, calibrates, and writes models/ranker.json.

The table (models/training.csv) has one row per candidate: the group (chart) it comes from, the kind of text, whether a coder
supports it, and the features; no text. Models are compared by nested, chart-grouped cross-validation: a logistic model and
gradient boosting whose features may only raise or only lower the odds, calibrated; everything is chosen inside the folds.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from hccassist.evidence.strength import ELEMENTS
from hccassist.ranking.features import FEATURES, MONOTONIC
from hccassist.ranking.figures import ece

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NAMES = tuple(FEATURES)
# Short cases are easier than charts and far more numerous: at full weight they would set the calibration of charts.
WEIGHTS = {"note": 1.0, "chart": 1.0, "decision": 1.0, "case": 0.5, "wording": 0.2}
CHARTS = ("note", "chart", "decision")
_FOLDS = 5
_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
_SEED = 7
_LINKER_STRENGTH = 0.07
_RARE = 3
_OFFSET = 3.0
"""How large an offset of a source of labels stands in the table: the larger, the less its weight is held back."""
_NO_WEIGHT = 0.005
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Table:
    """``x``: rows by features; ``y``: 1 where supported; ``groups``: the chart of each row; ``kinds``: note, chart, case,
    wording or decision; ``weight``: how much a row counts in training."""

    x: Floats
    y: Floats
    groups: NDArray[np.str_]
    kinds: NDArray[np.str_]
    weight: Floats

    def part(self, rows: Bools | NDArray[np.int_]) -> Table:
        """Some of its rows."""
        return Table(self.x[rows], self.y[rows], self.groups[rows], self.kinds[rows], self.weight[rows])

    def column(self, name: str) -> Floats:
        """One feature."""
        return self.x[:, NAMES.index(name)]


def table_of(rows: list[dict[str, Any]]) -> Table:
    """A table from its rows; their columns must be this version's features. Raises ``ValueError``."""
    missing = [n for n in ("group", "kind", "supported", *NAMES) if not rows or n not in rows[0]]
    if missing:
        raise ValueError(
            f"lacks the columns {', '.join(missing)}: write it again from the labelled cases (hccassist train --notes-gold ...)"
        )
    kinds = np.array([r["kind"] for r in rows])
    return Table(
        x=np.array([[float(r[n]) for n in NAMES] for r in rows]),
        y=np.array([float(r["supported"]) for r in rows]),
        groups=np.array([r["group"] for r in rows]),
        kinds=kinds,
        weight=np.array([WEIGHTS.get(k, 1.0) for k in kinds]),
    )


def read_table(path: Path) -> Table:
    """The training table. Raises ``ValueError`` with the file's name and the cure."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return table_of(rows)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def joined(tables: list[Table]) -> Table:
    """Several tables as one."""
    return Table(
        np.concatenate([t.x for t in tables]),
        np.concatenate([t.y for t in tables]),
        np.concatenate([t.groups for t in tables]),
        np.concatenate([t.kinds for t in tables]),
        np.concatenate([t.weight for t in tables]),
    )


class Logistic:
    """A logistic model whose weights keep the directions of ``MONOTONIC``: fitted, and again without the features that came
    out the wrong way round, until none does. ``strength`` is scikit-learn's C: less is more regular."""

    def __init__(self, strength: float) -> None:
        self.strength = strength
        self.weights: Floats = np.zeros(len(NAMES))
        self.intercept = 0.0

    def fit(self, x: Floats, y: Floats, sample_weight: Floats) -> Logistic:
        """Weights on the features as they are (not scaled)."""
        directions = np.array([MONOTONIC.get(n, 0) for n in NAMES])
        kept = np.ones(len(NAMES), dtype=bool)
        while True:
            scaler = StandardScaler().fit(x[:, kept])
            model = LogisticRegression(C=self.strength, max_iter=2000)
            model.fit(scaler.transform(x[:, kept]), y, sample_weight=sample_weight)
            weights = np.zeros(len(NAMES))
            weights[kept] = model.coef_[0] / scaler.scale_
            wrong = weights * directions < 0
            if not wrong.any():
                self.weights, self.intercept = weights, float(model.intercept_[0] - weights[kept] @ scaler.mean_)
                return self
            kept &= ~wrong

    def predict_proba(self, x: Floats) -> Floats:
        """Two columns, as scikit-learn's classifiers give them."""
        p = 1 / (1 + np.exp(-(x @ self.weights + self.intercept)))
        return np.column_stack([1 - p, p])


def boosted() -> Any:
    """Gradient boosting whose features may move the odds one way only."""
    return HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=15, l2_regularization=1.0, random_state=_SEED,
        monotonic_cst=[MONOTONIC.get(n, 0) for n in NAMES],
    )  # fmt: skip


def _fitted(model: Any, table: Table) -> Any:
    return model.fit(table.x, table.y, sample_weight=table.weight)


def log_odds(p: Floats) -> Floats:
    """Log-odds of probabilities, finite at 0 and 1."""
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def _predicted(model: Any, x: Floats) -> Floats:
    return np.asarray(model.predict_proba(x)[:, 1])


def _out_of_fold(make: Callable[[], Any], table: Table) -> Floats:
    p = np.zeros(len(table.y))
    for train, test in GroupKFold(_FOLDS).split(table.x, table.y, table.groups):
        p[test] = _predicted(_fitted(make(), table.part(train)), table.x[test])
    return p


def _best_strength(table: Table) -> float:
    """The strength whose out-of-fold Brier score, by weight, is best."""

    def brier(strength: float) -> float:
        p = _out_of_fold(lambda: Logistic(strength), table)
        return float(np.average((p - table.y) ** 2, weights=table.weight))

    return min(_STRENGTHS, key=brier)


def _platt(raw: Floats, table: Table) -> tuple[float, float]:
    """Slope and offset on the log-odds (Platt) that make out-of-fold predictions true probabilities on charts; on all rows
    where there are too few charts."""
    charts = np.isin(table.kinds, CHARTS)
    rows = charts if len(set(table.y[charts])) == 2 else np.ones(len(table.y), dtype=bool)
    model = LogisticRegression(C=1e6, max_iter=2000).fit(log_odds(raw[rows])[:, None], table.y[rows])
    return float(model.coef_[0][0]), float(model.intercept_[0])


def _calibrated(raw: Floats, slope: float, offset: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(slope * log_odds(raw) + offset))))


def nested(table: Table) -> dict[str, Floats]:
    """Out-of-fold probabilities of each model by nested, chart-grouped cross-validation."""
    with threadpool_limits(1):
        return _nested(table)


def _nested(table: Table) -> dict[str, Floats]:
    found = {"logistic": np.zeros(len(table.y)), "boosted": np.zeros(len(table.y))}
    for train, test in GroupKFold(_FOLDS).split(table.x, table.y, table.groups):
        inner = table.part(train)
        strength = _best_strength(inner)
        makers: dict[str, Callable[[], Any]] = {"logistic": lambda s=strength: Logistic(s), "boosted": boosted}  # type: ignore[misc]
        for name, make in makers.items():
            raw = _predicted(_fitted(make(), inner), table.x[test])
            found[name][test] = raw if name == "logistic" else _calibrated(raw, *_platt(_out_of_fold(make, inner), inner))
    return found


def train(table: Table, version: str) -> dict[str, Any]:
    """The ranker as JSON: a logistic model on all rows, its strength chosen by cross-validation. Its probabilities stand as
    they are: a slope and an offset fitted out of fold made them worse on held-out charts, where they make the boosted
    model's better."""
    # The fits are small: more threads only wait for each other, and their order could move a last digit.
    with threadpool_limits(1):
        strength = _best_strength(table)
        model = _fitted(Logistic(strength), table)
    charts = np.isin(table.kinds, CHARTS)
    means = (table.x[charts] if charts.any() else table.x).mean(axis=0)
    return {
        "version": version,
        "intercept": round(model.intercept, 4),
        "weights": _by_name(model.weights),
        "means": _by_name(means),
        "rows": len(table.y),
        "strength": strength,
    }


def _by_name(values: Floats) -> dict[str, float]:
    return {n: round(float(v), 4) for n, v in zip(NAMES, values, strict=True)}


@dataclass(frozen=True, slots=True)
class Sentences:
    """The linker's table. ``x``: sentences by clues (``names``), and behind them an offset for each further source of labels;
    ``letters``: for which a reader quotes each, blank where not quoted; ``first``: those of the first source."""

    x: Floats
    names: list[str]
    letters: NDArray[np.str_]
    groups: NDArray[np.str_]
    first: Bools

    @property
    def quoted(self) -> Floats:
        return np.asarray(self.letters != "", dtype=np.float64)


def read_sentences(path: Path) -> Sentences:
    """The linker's table of clues. Clues of less than a few sentences are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    clues = [row["clues"].split("|") for row in rows]
    seen = Counter(n for found in clues for n in found)
    names = sorted(n for n, count in seen.items() if count >= _RARE)
    column = {n: k for k, n in enumerate(names)}
    sources = np.array([int(row["source"]) for row in rows])
    x = np.zeros((len(rows), len(names)))
    for k, found in enumerate(clues):
        x[k, [column[n] for n in found if n in column]] = 1.0
    further = np.unique(sources[sources > sources.min()])
    return Sentences(
        x=np.hstack([x, _OFFSET * (sources[:, None] == further[None, :])]),
        names=names,
        letters=np.array([row["letters"] for row in rows]),
        groups=np.array([row["group"] for row in rows]),
        first=sources == sources.min(),
    )


def train_linker(table: Sentences, version: str) -> dict[str, Any]:
    """The linker's weights from its table of clues: whether a sentence is quoted and, of the quoted ones, for which letters.

    Every further source has an offset of its own in training, which the model does without: whoever labelled short notes
    quotes most of their sentences, and a strength must mean what it means in the first, ordinary notes."""
    return _linker(table, np.arange(len(table.letters)), version)


def _linker(table: Sentences, rows: NDArray[np.int_], version: str) -> dict[str, Any]:
    def weights(y: Bools, at: NDArray[np.int_]) -> dict[str, Any]:
        model = LogisticRegression(C=_LINKER_STRENGTH, max_iter=3000).fit(table.x[at], y[at])
        pairs = zip(table.names, model.coef_[0], strict=False)
        kept = {n: round(float(w), 3) for n, w in pairs if abs(w) >= _NO_WEIGHT}
        return {"intercept": round(float(model.intercept_[0]), 4), "weights": kept}

    inside = rows[table.quoted[rows] > 0]
    proves = {e: np.array([e in found for found in table.letters]) for e in ELEMENTS}
    return {
        "version": version,
        "quoted": weights(table.quoted > 0, rows),
        "letters": {e: weights(proves[e], inside) for e in ELEMENTS},
        "rows": len(rows),
    }


def held_out_linkers(table: Sentences, version: str) -> tuple[dict[str, dict[str, Any]], dict[str, float]]:
    """For each group (note) the linker that never saw it, of five; and the AP and ECE of their strengths on the first source
    of labels."""
    linkers: dict[str, dict[str, Any]] = {}
    p = np.zeros(len(table.letters))
    for seen, unseen in GroupKFold(_FOLDS).split(table.x, table.quoted, table.groups):
        value = _linker(table, seen, version)
        known = np.array([value["quoted"]["weights"].get(n, 0.0) for n in table.names])
        p[unseen] = 1 / (1 + np.exp(-(table.x[unseen, : len(known)] @ known + value["quoted"]["intercept"])))
        linkers |= dict.fromkeys(table.groups[unseen], value)
    p, quoted = p[table.first], table.quoted[table.first]
    return linkers, {"AP": float(average_precision_score(quoted, p)), "ECE": ece(p, quoted)}


def write_model(value: dict[str, Any], path: Path) -> None:
    """Writes a ranker or a linker, stable to the byte for the same table."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
