"""Learning from decisions: a challenger of the ranker in force, measured on decisions that it did not learn from.

The challenger learns from the shipped table and the team's earlier decisions; champion and challenger meet on the latest
charts. Nothing here puts a ranker in force: that is ``Versions.use``, which a person asks for with a name and a reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hccassist.qa.bench import Bench
from hccassist.qa.labelled import Judged
from hccassist.ranking.figures import FIGURES, Figure, Floats, average_precision, brier, with_intervals
from hccassist.ranking.model import Ranker

if TYPE_CHECKING:
    from hccassist.ranking.training import Table

LEAST_DECISIONS = 200
LEAST_CHARTS = 30
LEAST_OF_EACH = 40
HELD_OUT = 0.3
LARGEST_SHARE = 0.4
"""No coder has a larger part of what the decisions weigh: a coder beyond it is weighed down to it, and named."""


class TooLittle(Exception):
    """There are not enough decisions to learn from; says how many more it takes."""


@dataclass(frozen=True, slots=True)
class CoderShare:
    """How many decisions a coder made, and the share of the weight they have in training."""

    who: str
    decisions: int
    share: float
    capped: bool


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenger and how it did. ``content``: its file; ``champion`` and ``challenger``: figures on the held-out decisions;
    ``difference``: challenger minus champion, by paired bootstrap over charts."""

    version: str
    content: str
    learned_from: int
    held_out: int
    charts_held_out: int
    coders: tuple[CoderShare, ...]
    champion: dict[str, Figure]
    challenger: dict[str, Figure]
    difference: dict[str, Figure]

    @property
    def better(self) -> bool:
        """Whether the challenger is better beyond chance: the interval of its Brier score lies below the champion's."""
        return self.difference["Brier"].high < 0


def missing(rows: Sequence[Judged]) -> list[str]:
    """What is still needed before a challenger can be trained, one sentence each; empty when there is enough."""
    found = []
    accepted = sum(r.supported for r in rows)
    for have, need, what in (
        (len(rows), LEAST_DECISIONS, "decisions"),
        (len({r.chart for r in rows}), LEAST_CHARTS, "charts with decisions"),
        (accepted, LEAST_OF_EACH, "suggestions accepted"),
        (len(rows) - accepted, LEAST_OF_EACH, "suggestions rejected"),
    ):
        if have < need:
            found.append(f"{need - have} more {what} ({have} of {need})")
    if len({r.who for r in rows}) == 1 and rows:
        found.append("decisions of a second coder: one person's habits are not the team's")
    return found


def challenge(rows: Sequence[Judged], shipped: Table, champion: Ranker, version: str) -> Challenge:
    """A challenger trained on the shipped table and all but the latest decisions, against the champion on those. The
    latest are whole charts. Raises ``TooLittle``."""
    from hccassist.ranking.training import joined, train  # scikit-learn takes seconds to load: not before it trains

    if lacking := missing(rows):
        raise TooLittle("too few decisions to learn from; needed: " + ", ".join(lacking))
    latest: dict[str, str] = {}
    for row in rows:
        latest[row.chart] = max(latest.get(row.chart, ""), row.at)
    order = sorted(latest, key=lambda chart: (latest[chart], chart))
    held = set(order[-max(round(len(order) * HELD_OUT), 1) :])
    learned = [r for r in rows if r.chart not in held]
    tested = [r for r in rows if r.chart in held]
    if len({r.supported for r in tested}) < 2 or len({r.supported for r in learned}) < 2:
        raise TooLittle(
            "the latest charts, or the earlier ones, hold accepted or rejected suggestions only; decide more charts"
        )
    coders, weight = coder_weights(learned)
    value = train(joined([shipped, _table(learned, weight)]), version)
    value["learned_from"] = {"decisions": len(learned), "coders": len(coders)}
    content = json.dumps(value, indent=1) + "\n"
    bench = Bench(tested)
    charts = np.array([r.chart for r in tested])
    before, after = bench.confidences(champion), bench.confidences(Ranker.from_json(content, version))
    return Challenge(
        version=version,
        content=content,
        learned_from=len(learned),
        held_out=len(tested),
        charts_held_out=len(held),
        coders=coders,
        champion=with_intervals(before, bench.y, charts),
        challenger=with_intervals(after, bench.y, charts),
        difference=paired(before, after, bench.y, charts),
    )


def paired(before: Floats, after: Floats, y: Floats, groups: Any) -> dict[str, Figure]:
    """Figures of ``after`` minus those of ``before``, with the interval of the paired bootstrap over the groups."""

    def of(name: str) -> Any:
        figure = {"AP": average_precision, "Brier": brier}[name]

        def difference(rows: Floats, truth: Floats) -> float:
            at = rows.astype(int)
            return figure(after[at], truth) - figure(before[at], truth)

        return difference

    return with_intervals(np.arange(len(y), dtype=float), y, groups, {name: of(name) for name in ("AP", "Brier")})


def coder_weights(rows: Sequence[Judged]) -> tuple[tuple[CoderShare, ...], Floats]:
    """The weight of each decision, so that no coder has more than ``LARGEST_SHARE`` of the weight (or an equal part, where
    the coders are too few for that): the decisions of who has more count less, each the same."""
    counts = Counter(r.who for r in rows)
    largest = max(LARGEST_SHARE, 1 / len(counts))
    weight = dict.fromkeys(counts, 1.0)
    for _ in range(len(counts)):
        total = sum(counts[who] * weight[who] for who in counts)
        heavy = [who for who in counts if counts[who] * weight[who] > largest * total + 1e-9]
        if not heavy:
            break
        light = total - sum(counts[who] * weight[who] for who in heavy)
        allowed = largest * light / (1 - largest * len(heavy)) if largest * len(heavy) < 1 else light
        for who in heavy:
            weight[who] = allowed / counts[who]
    total = sum(counts[who] * weight[who] for who in counts)
    shares = tuple(
        CoderShare(who, n, counts[who] * weight[who] / total, weight[who] < 1) for who, n in counts.most_common()
    )  # fmt: skip
    return shares, np.array([weight[r.who] for r in rows])


def _table(rows: Sequence[Judged], weight: Floats) -> Table:
    from hccassist.ranking.training import Table

    bench = Bench(rows)
    groups = np.array([f"d {r.chart}" for r in rows])
    return Table(bench.x, bench.y, groups, np.full(len(rows), "decision"), weight)


def report(found: Challenge) -> list[str]:
    """A challenge in lines to read."""
    lines = [
        f"challenger {found.version}: learned from {found.learned_from} decisions, tested on the {found.held_out} of the "
        f"latest {found.charts_held_out} charts; 95 % intervals by chart"
    ]
    for name in FIGURES:
        lines.append(f"{name:8} champion {found.champion[name]}   challenger {found.challenger[name]}")
    lines += [f"{name} difference {figure}" for name, figure in found.difference.items()]
    for coder in found.coders:
        note = f", weighed down to {coder.share:.0%}" if coder.capped else f", {coder.share:.0%} of the weight"
        lines.append(f"{coder.who}: {coder.decisions} decisions{note}")
    equal = 1 / len(found.coders)
    few = ", an equal part: of so few coders no smaller one is possible" if equal > LARGEST_SHARE else ""
    lines.append(f"No coder may have more than {max(LARGEST_SHARE, equal):.0%} of the weight{few}.")
    lines.append(
        "The challenger is better beyond chance."
        if found.better
        else "The challenger is not better beyond chance: keep the champion."
    )
    return lines
