"""The shipped ranker: a calibrated logistic model, read from JSON (models/ranker.json) and applied without scikit-learn.

``confidence`` is the probability that a coder accepts the code as supported at that encounter. Training is
``ranking.training``; the model card is models/README.md.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hccassist.ranking.features import FEATURES
from hccassist.schema import Reason

_SHOWN_REASONS = 4


def models_folder() -> Path:
    """models/ of the checkout, or the copy inside an installed package."""
    inside = Path(__file__).parents[1] / "models"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "models"


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights and means per feature, an intercept, and a calibration as (raw, calibrated) points, both rising."""

    version: str
    intercept: float
    weights: dict[str, float]
    means: dict[str, float]
    calibration: tuple[tuple[float, float], ...]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Ranker:
        unknown = set(value["weights"]) - set(FEATURES)
        if unknown:
            raise ValueError(f"the ranker knows features that this version does not: {', '.join(sorted(unknown))}")
        points = tuple((float(a), float(b)) for a, b in value["calibration"])
        return cls(str(value["version"]), float(value["intercept"]), value["weights"], value["means"], points)

    def confidence(self, x: dict[str, float]) -> float:
        """Calibrated probability, 0.01 to 0.99, rounded to three places."""
        log_odds = self.intercept + sum(w * x[name] for name, w in self.weights.items())
        return round(min(max(self._calibrate(1 / (1 + math.exp(-log_odds))), 0.01), 0.99), 3)

    def _calibrate(self, p: float) -> float:
        points = self.calibration
        if len(points) < 2:
            return p
        k = min(max(bisect_right(points, (p, math.inf)), 1), len(points) - 1)
        (x0, y0), (x1, y1) = points[k - 1], points[k]
        return y0 if x1 <= x0 else y0 + (y1 - y0) * min(max((p - x0) / (x1 - x0), 0.0), 1.0)

    def why(self, x: dict[str, float]) -> tuple[Reason, ...]:
        """What raised and lowered the confidence most, against the average candidate, in words."""
        shares = [(self.weights[n] * (x[n] - self.means.get(n, 0.0)), n) for n in self.weights]
        shares.sort(key=lambda s: -abs(s[0]))
        return tuple(
            Reason(FEATURES[name][0 if share > 0 else 1], round(share, 2))
            for share, name in shares[:_SHOWN_REASONS]
            if abs(share) >= 0.05
        )


def load_ranker(path: Path | None = None) -> Ranker:
    """The shipped ranker, or another one by path. Raises ``ValueError`` with a clear line when it does not fit."""
    return Ranker.from_json(json.loads((path or models_folder() / "ranker.json").read_text(encoding="utf-8")))
