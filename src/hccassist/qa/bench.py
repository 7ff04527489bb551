"""What a policy and a ranker make of judged suggestions: counts, curves, what a moved threshold gains and loses.

Everything is an array over the suggestions, so that ten thousand of them answer a slider at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hccassist.qa.labelled import Judged
from hccassist.ranking import figures
from hccassist.ranking.features import FEATURES
from hccassist.ranking.model import HIGHEST, LOWEST, Ranker
from hccassist.ranking.policy import Policy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NAMES = tuple(FEATURES)
_CURVE_POINTS = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy and one ranker make of every suggestion: its confidence, the threshold that it meets, whether
    anything but the threshold holds it back (``open`` is false), and whether it is shown as supported."""

    p: Floats
    threshold: Floats
    open: Bools
    shown: Bools


@dataclass(frozen=True, slots=True)
class Summary:
    """A policy in figures. ``noise``: suggestions shown that nobody supports, per chart; ``missed``: supported and not
    shown."""

    shown: int
    right: int
    wrong: int
    missed: int
    precision: float
    recall: float
    noise: float
    average_precision: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Change:
    """What a change does: the rows that would newly be shown, and those that would no longer."""

    gained: NDArray[np.int_]
    lost: NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class ChartChange:
    """What a change does in one chart: supported and unsupported suggestions more and fewer."""

    chart: str
    gained_right: int
    gained_wrong: int
    lost_right: int
    lost_wrong: int


@dataclass(frozen=True, slots=True)
class CategoryNoise:
    """One V28 category (blank: none) under a policy, with its noise: shown without support."""

    category: str
    label: str
    judged: int
    shown: int
    wrong: int
    missed: int
    precision: float
    threshold: float


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """One V28 category under two policies or rankers."""

    a: CategoryNoise
    b: CategoryNoise

    @property
    def size(self) -> int:
        """How many suggestions more or fewer are shown, noise and support counted apart."""
        return abs(self.b.wrong - self.a.wrong) + abs(self.b.missed - self.a.missed)


class Bench:
    """Judged suggestions as arrays."""

    def __init__(self, rows: Sequence[Judged]) -> None:
        self.rows = tuple(rows)
        self.y = np.array([r.supported for r in rows], dtype=float)
        self.x = np.array([[r.features.get(n, 0.0) for n in NAMES] for r in rows]).reshape(len(rows), len(NAMES))
        self.charts, self._chart = np.unique([r.chart for r in rows], return_inverse=True)
        every = [r.facts for r in rows]
        numbers = {facts: k for k, facts in enumerate(dict.fromkeys(every))}
        self._facts = tuple(numbers)
        self._fact = np.array([numbers[facts] for facts in every], dtype=int)

    def confidences(self, ranker: Ranker) -> Floats:
        """The confidence of every suggestion, as ``Ranker.confidence`` gives it."""
        weights = np.array([ranker.weights[n] for n in NAMES])
        return np.asarray(np.round(np.clip(1 / (1 + np.exp(-(self.x @ weights + ranker.intercept))), LOWEST, HIGHEST), 3))

    def outcome(self, policy: Policy, ranker: Ranker) -> Outcome:
        """What a policy and a ranker make of the suggestions."""
        return self.under(policy, self.confidences(ranker))

    def under(self, policy: Policy, p: Floats) -> Outcome:
        """What a policy makes of confidences that are known already. Policies see few different facts: each is asked once."""
        thresholds = np.array([policy.threshold_of(f) for f in self._facts])[self._fact]
        open_ = np.array([policy.rule_of(f) == "threshold" for f in self._facts], dtype=bool)[self._fact]
        return Outcome(p, thresholds, open_, open_ & (p >= thresholds))

    def summary(self, outcome: Outcome) -> Summary:
        """The figures of an outcome."""
        shown, right = int(outcome.shown.sum()), int(self.y[outcome.shown].sum())
        supported = int(self.y.sum())
        return Summary(
            shown=shown,
            right=right,
            wrong=shown - right,
            missed=supported - right,
            precision=right / shown if shown else float("nan"),
            recall=right / supported if supported else float("nan"),
            noise=(shown - right) / max(len(self.charts), 1),
            average_precision=figures.average_precision(outcome.p, self.y),
            calibration_error=figures.ece(outcome.p, self.y),
        )

    def change(self, before: Outcome, after: Outcome) -> Change:
        """What is shown after and was not before, and the other way round; the most confident first."""
        gained, lost = np.flatnonzero(after.shown & ~before.shown), np.flatnonzero(before.shown & ~after.shown)
        return Change(gained[np.argsort(-after.p[gained], kind="stable")], lost[np.argsort(-before.p[lost], kind="stable")])

    def by_chart(self, change: Change) -> list[ChartChange]:
        """A change, chart by chart; charts that it does not touch are left out, the most touched come first."""
        counts = np.zeros((len(self.charts), 4), dtype=int)
        for column, rows in ((0, change.gained), (2, change.lost)):
            np.add.at(counts, (self._chart[rows], column + (self.y[rows] == 0)), 1)
        touched = np.flatnonzero(counts.any(axis=1))
        order = touched[np.argsort(-counts[touched].sum(axis=1), kind="stable")]
        return [ChartChange(str(self.charts[k]), *map(int, counts[k])) for k in order]

    def by_category(self, policy: Policy, outcome: Outcome) -> list[CategoryNoise]:
        """Every V28 category, the noisiest first."""
        names = np.array([r.category or "" for r in self.rows])
        found = []
        for name in np.unique(names):
            rows = np.flatnonzero(names == name)
            shown, right = int(outcome.shown[rows].sum()), int(self.y[rows][outcome.shown[rows]].sum())
            found.append(
                CategoryNoise(
                    category=str(name),
                    label=next((self.rows[k].label for k in rows if self.rows[k].label), "") or "no V28 category",
                    judged=len(rows),
                    shown=shown,
                    wrong=shown - right,
                    missed=int(self.y[rows].sum()) - right,
                    precision=right / shown if shown else float("nan"),
                    threshold=policy.hcc.get(str(name), policy.threshold if name else policy.without_hcc),
                )
            )
        return sorted(found, key=lambda c: (-c.wrong, -c.missed, c.category))

    def compare_categories(self, a: tuple[Policy, Outcome], b: tuple[Policy, Outcome]) -> list[CategoryChange]:
        """Every V28 category under two policies with their outcomes, what changes most first."""
        after = {c.category: c for c in self.by_category(*b)}
        found = [CategoryChange(c, after[c.category]) for c in self.by_category(*a)]
        return sorted(found, key=lambda change: -change.size)

    def curve(self, outcome: Outcome) -> list[tuple[float, float, float]]:
        """(recall, precision, threshold) over the suggestions that only a threshold can hold back; recall counts all that
        are supported. At most some hundred points."""
        rows = outcome.open
        if not rows.any() or not self.y.any():
            return []
        recall, precision, threshold = figures.precision_recall(outcome.p[rows], self.y[rows])
        recall = recall * self.y[rows].sum() / self.y.sum()
        keep = np.unique(np.linspace(0, len(recall) - 1, _CURVE_POINTS).astype(int))
        return [(float(recall[k]), float(precision[k]), float(threshold[k])) for k in keep]

    def reliability(self, outcome: Outcome) -> list[tuple[float, float, int]]:
        """Mean confidence, share supported and count, by tenth of the confidence."""
        return figures.reliability(outcome.p, self.y)
