"""A chart as the worklist lists it: what an import keeps of its results, and the decisions since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hccassist.priority import counted_in, load_priority, priority_of
from hccassist.review.complexity import Complexity, complexity
from hccassist.review.decisions import ACCEPTED
from hccassist.schema import ChartResult

_TIERS = ("supported", "mention_only", "suspect", "suppressed")


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """A chart as the worklist lists it. ``decided`` counts the shown suggestions (tier supported) with a decision;
    ``mostly`` is the V28 category that most of what it shows falls into; ``patient_numbers`` are the record and member numbers
    of its patient, digits only;
    ``priority`` says how early it should be looked at, by the rules of priority.toml, and ``priority_why`` what made it."""

    id: int
    chart: str
    status: str
    error: str | None
    tiers: dict[str, int]
    decided: int
    accepted: int
    escalated: int
    queries: int
    high_risk: int
    complexity: Complexity
    priority: float
    priority_why: str
    last_who: str | None
    last_at: str | None
    open_by: tuple[str, ...]
    mostly: str = ""
    assigned: str | None = None
    patient_numbers: tuple[str, ...] = ()

    @property
    def progress(self) -> str:
        """error, not started, in progress or done: how many of the shown suggestions have been decided."""
        if self.status != "ok":
            return "error"
        if self.tiers["supported"] and self.decided >= self.tiers["supported"]:
            return "done"
        return "in progress" if self.last_at else "not started"


def summary_of(result: ChartResult, keys: Mapping[str, str]) -> dict[str, object]:
    """What the worklist shows of a chart without opening its line. ``keys``: what decisions on each suggestion stand under."""
    tiers = {tier: sum(s.tier == tier for s in result.suggestions) for tier in _TIERS}
    shown = [keys[s.id] for s in result.suggestions if s.tier == "supported"]
    high_risk = sum(bool(s.high_risk) for s in result.suggestions if s.tier == "supported")
    return {
        "tiers": tiers, "shown": shown, "high_risk": high_risk, "complexity": asdict(complexity(result)),
        "mostly": _mostly(result), "counts": counted_in(result),
        # A record that does not count may be another patient's.
        "patient_numbers": sorted({n for e in result.encounters if e.valid != "no" for n in e.patient_numbers}),
    }  # fmt: skip


def _mostly(result: ChartResult) -> str:
    """The label of the V28 category that most of the shown suggestions fall into, the first by name where several do."""
    labels = [s.hcc["V28"].label for s in result.suggestions if s.tier == "supported" and "V28" in s.hcc]
    return min(set(labels), key=lambda label: (-labels.count(label), label), default="")


def row_of(chart: Any, decisions: list[Any], open_by: tuple[str, ...], assigned: str | None) -> WorklistRow:
    """The row of a chart: ``chart`` and ``decisions`` are its rows in the database, ``open_by`` who has it open."""
    shown = set(chart.summary["shown"])
    kinds = [d.kind for d in decisions]
    last = max(decisions, key=lambda d: d.seq, default=None)
    # Results that an earlier version imported were not counted for the rules.
    counts = chart.summary.get("counts")
    priority, why = priority_of(counts, load_priority()) if counts else (0.0, "")
    return WorklistRow(
        id=chart.id,
        chart=chart.chart,
        status=chart.status,
        error=chart.error_message,
        tiers=chart.summary["tiers"],
        decided=sum(d.suggestion_id in shown for d in decisions),
        accepted=sum(k in ACCEPTED for k in kinds),
        escalated=kinds.count("escalate"),
        queries=kinds.count("query"),
        high_risk=chart.summary["high_risk"],
        complexity=Complexity(**chart.summary["complexity"]),
        priority=priority,
        priority_why=why,
        last_who=last.who if last else None,
        last_at=last.at if last else None,
        open_by=open_by,
        mostly=chart.summary.get("mostly", ""),
        assigned=assigned,
        patient_numbers=tuple(chart.summary.get("patient_numbers", ())),
    )
