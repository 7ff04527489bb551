"""How good confidences are: average precision, calibration error, Brier score, precision at a recall, with intervals.

All take ``p`` (probabilities) and ``y`` (1 where a coder supports the candidate) as arrays of one length. numpy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
RECALL = 0.95
_SAMPLES = 1000
_SEED = 7
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the 95 % interval of a bootstrap over charts: a chart's candidates are drawn together."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def average_precision(p: Floats, y: Floats) -> float:
    """Mean precision over the supported candidates, in the order of confidence; equal confidences count as one step."""
    if not y.any():
        return float("nan")
    recall, precision = precision_recall(p, y)[:2]
    return float((np.diff(np.concatenate(([0.0], recall))) * precision).sum())


def precision_recall(p: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Recall, precision and threshold at every distinct confidence, from the highest down."""
    order = np.argsort(-p, kind="stable")
    sorted_p, hits = p[order], np.cumsum(y[order])
    last = np.append(np.flatnonzero(np.diff(sorted_p)), len(p) - 1)
    return hits[last] / max(float(y.sum()), 1.0), hits[last] / (last + 1.0), sorted_p[last]


def precision_at_recall(p: Floats, y: Floats, wanted: float = RECALL) -> float:
    """The best precision of any threshold that keeps at least ``wanted`` of the supported candidates."""
    if not y.any():
        return float("nan")
    recall, precision, _ = precision_recall(p, y)
    return float(precision[recall >= wanted - 1e-9].max())


def brier(p: Floats, y: Floats) -> float:
    """Mean squared distance of the confidence from the truth."""
    return float(((p - y) ** 2).mean()) if len(p) else float("nan")


def reliability(p: Floats, y: Floats) -> list[tuple[float, float, int]]:
    """Of each of ten equal bins that is not empty: the mean confidence, the share supported, the count."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return [(float(p[bins == b].mean()), float(y[bins == b].mean()), int((bins == b).sum())) for b in np.unique(bins)]


def ece(p: Floats, y: Floats) -> float:
    """Expected calibration error: the distance of confidence and share supported, averaged over the bins by their count."""
    if not len(p):
        return float("nan")
    return sum(abs(mean - share) * count for mean, share, count in reliability(p, y)) / len(p)


FIGURES: dict[str, Callable[[Floats, Floats], float]] = {
    "AP": average_precision,
    "ECE": ece,
    "Brier": brier,
    f"P@R{RECALL:.2f}": precision_at_recall,
}


def with_intervals(
    p: Floats, y: Floats, groups: NDArray[np.str_], figures: dict[str, Callable[[Floats, Floats], float]] = FIGURES
) -> dict[str, Figure]:
    """Each figure with its interval, bootstrapped over the groups (charts); the same input gives the same interval."""
    names, index = np.unique(groups, return_inverse=True)
    rows_of = [np.flatnonzero(index == k) for k in range(len(names))]
    random = np.random.default_rng(_SEED)
    samples: dict[str, list[float]] = {name: [] for name in figures}
    for _ in range(_SAMPLES if len(names) > 1 else 0):
        rows = np.concatenate([rows_of[k] for k in random.integers(0, len(names), len(names))])
        if y[rows].any():
            for name, figure in figures.items():
                samples[name].append(figure(p[rows], y[rows]))
    found = {}
    for name, figure in figures.items():
        value = figure(p, y)
        low, high = np.percentile(samples[name], _INTERVAL) if samples[name] else (value, value)
        found[name] = Figure(value, float(low), float(high))
    return found
