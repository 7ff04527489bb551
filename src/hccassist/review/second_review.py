"""Second review: a sample of decisions is judged anew, blind, and what the two judgements differ in teaches.

Pure: which decisions are drawn, how far two readers agree, what several readers differ in alike. ``samples`` keeps it.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from hccassist.review.decisions import ACCEPTED, REJECT_REASONS, Decision

Method = Literal["random", "hcc", "high_risk", "low_confidence"]
METHODS: dict[Method, str] = {
    "random": "At random",
    "hcc": "By HCC (V28)",
    "high_risk": "High-risk diagnoses",
    "low_confidence": "Low confidence",
}
LOW_CONFIDENCE = 0.75
Outcome = Literal["first", "second", "open"]
OUTCOMES: dict[Outcome, str] = {
    "second": "The second reading stands",
    "first": "The first reading stands",
    "open": "Both can be argued: it goes to the team",
}
CAUSES: dict[str, str] = {
    "guideline": "The guideline was read differently",
    "wording": "The provider's wording can be read both ways",
    "evidence": "Evidence was missed, or counted that does not count",
    "record": "The record's validity was judged differently",
    "tool": "The suggestion or its highlights misled",
    "policy": "The team has no rule for this yet",
    "slip": "A slip of the key",
}
_SAID = {
    "accept": "accepted", "change": "coded", "add": "added", "reject": "rejected", "query": "query", "escalate": "escalated",
}  # fmt: skip
FEW = 30
"""Below this many pairs a kappa says little: its interval spans most of the scale."""


@dataclass(frozen=True, slots=True)
class Drawable:
    """A decision in force that a second reader may be given."""

    event_seq: int
    chart_id: int
    suggestion_id: str
    who: str
    hcc: str
    high_risk: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One suggestion judged twice."""

    event_seq: int
    chart_id: int
    chart: str
    suggestion_id: str
    first: Decision
    second: Decision

    @property
    def shown(self) -> dict[str, Any]:
        """The suggestion that both saw, as the record keeps it."""
        return self.first.suggestion

    @property
    def agreed(self) -> bool:
        """Whether both came to the same code, both to none, or both to a question."""
        return label(self.first) == label(self.second)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readings agree. ``kappa`` is Cohen's; None where it is not defined (both always said one and the same)."""

    pairs: int
    agreed: int
    kappa: float | None

    @property
    def share(self) -> float:
        """The raw share of equal judgements, 0 to 1."""
        return self.agreed / self.pairs if self.pairs else 0.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A difference that came up with more than one reader: a matter of the process. It names nobody."""

    condition: str
    difference: str
    cause: str
    times: int
    readers: int


@dataclass(frozen=True, slots=True)
class Guideline:
    """A rule that an explanation can point at."""

    key: str
    title: str
    source: str


@cache
def guidelines() -> tuple[Guideline, ...]:
    """The rules of data/guidelines.csv."""
    with (files("hccassist.review") / "data/guidelines.csv").open(encoding="utf-8") as file:
        return tuple(Guideline(**row) for row in csv.DictReader(file))


def matching(drawable: Iterable[Drawable], method: Method, detail: str = "") -> list[Drawable]:
    """The decisions that a way of sampling draws from: ``detail`` is the category for ``hcc`` and the upper limit of
    confidence for ``low_confidence`` (0.75 when left out)."""
    if method not in get_args(Method):
        raise ValueError(method)
    if method == "hcc":
        return [d for d in drawable if d.hcc and d.hcc == detail.strip()]
    if method == "high_risk":
        return [d for d in drawable if d.high_risk]
    if method == "low_confidence":
        limit = float(detail) if detail else LOW_CONFIDENCE
        return [d for d in drawable if d.confidence is not None and d.confidence < limit]
    return list(drawable)


def draw(drawable: Sequence[Drawable], size: int, seed: int) -> list[Drawable]:
    """A simple random sample: every decision has the same chance, and the seed draws the same one again."""
    ordered = sorted(drawable, key=lambda d: d.event_seq)
    return sorted(random.Random(seed).sample(ordered, min(size, len(ordered))), key=lambda d: (d.chart_id, d.event_seq))


def label(decision: Decision) -> str:
    """What a decision comes to, as the two readings are compared: which code is reported, or that none is, or a question."""
    if decision.kind in ACCEPTED:
        return f"code {decision.icd10}"
    return "not supported" if decision.kind == "reject" else "question"


def kind_label(decision: Decision) -> str:
    """The same in the words that kappa is taken over, free of the code where it is the suggested one."""
    suggested = f"code {decision.suggestion.get('icd10') or ''}"
    return "supported" if decision.kind == "accept" or label(decision) == suggested else label(decision)


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Raw agreement and Cohen's kappa (scikit-learn) over supported, another code, not supported and question."""
    agreed = sum(p.agreed for p in pairs)
    first, second = [kind_label(p.first) for p in pairs], [kind_label(p.second) for p in pairs]
    if len(set(first) | set(second)) < 2:
        return Agreement(len(pairs), agreed, None)
    from sklearn.metrics import cohen_kappa_score  # two seconds of import: not before somebody asks

    return Agreement(len(pairs), agreed, float(cohen_kappa_score(first, second)))


def in_words(kappa: float) -> str:
    """The customary words for a kappa (Landis and Koch 1977)."""
    for limit, words in ((0.81, "almost perfect"), (0.61, "substantial"), (0.41, "moderate"), (0.21, "fair"), (0.0, "slight")):
        if kappa >= limit:
            return words
    return "poor"


def difference(pair: Pair) -> str:
    """What the two readings differ in, in one line that names no person."""
    return f"{_said(pair.first)} / {_said(pair.second)}"


def _said(decision: Decision) -> str:
    code = f" {decision.code.icd10}" if decision.code and decision.kind in {"change", "add"} else ""
    reason = REJECT_REASONS.get(decision.reason or "") if decision.kind == "reject" else None
    return f"{_SAID[decision.kind]}{code}{f' ({reason[0].lower()}{reason[1:]})' if reason else ''}"


def patterns(taught: Iterable[tuple[Pair, str]]) -> list[Pattern]:
    """Differences, each with its cause, that more than one first reader had: what one person does is theirs to learn,
    what several do is the process's to mend."""
    found: dict[tuple[str, str, str], list[Pair]] = defaultdict(list)
    for pair, cause in taught:
        condition = str(pair.shown.get("condition") or "").replace("_", " ")
        found[condition, f"{pair.first.kind} / {pair.second.kind}", cause].append(pair)
    rows = [Pattern(*key, len(pairs), len({p.first.who for p in pairs})) for key, pairs in found.items()]
    return sorted((r for r in rows if r.readers > 1), key=lambda r: (-r.times, r.condition))
