"""How much work a chart holds. A four-page visit and a 200-page record are not one unit of work each.

    complexity = pages / 10 + encounters + candidates / 2 + 2 x conflicts + unread pages / 2

Candidates are what a coder looks at: supported, mention-only and suspect suggestions. A conflict is one condition of
which the chart says different things: stated as present in one place and denied or past in another, or coded two ways.
The weights are a judgement, shown with their parts and meant to be argued with; they order a worklist and time nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from hccassist.schema import ChartResult, Suggestion

HARD = frozenset({"heavy", "very heavy"})
SHOWN_TIERS = ("supported", "mention_only", "suspect")


@dataclass(frozen=True, slots=True)
class Complexity:
    """The parts of the formula; ``score`` adds them up and ``label`` says it in a word."""

    pages: int
    encounters: int
    candidates: int
    conflicts: int
    unread: int

    @property
    def score(self) -> float:
        """The formula of this module, to one decimal."""
        parts = self.pages / 10 + self.encounters + self.candidates / 2 + 2 * self.conflicts + self.unread / 2
        return round(parts, 1)

    @property
    def label(self) -> str:
        """light, moderate, heavy or very heavy."""
        for limit, label in ((6, "light"), (15, "moderate"), (40, "heavy")):
            if self.score < limit:
                return label
        return "very heavy"


def complexity(result: ChartResult) -> Complexity:
    """The complexity of a screened chart."""
    return Complexity(
        pages=len(result.pages),
        encounters=len(result.encounters),
        candidates=sum(s.tier in SHOWN_TIERS for s in result.suggestions),
        conflicts=len(conflicts(result.suggestions)),
        unread=sum(p.source == "unread" for p in result.pages),
    )


def conflicts(suggestions: tuple[Suggestion, ...]) -> list[str]:
    """The conditions of which the chart says different things."""
    codes: dict[str, set[str]] = defaultdict(set)
    statuses: dict[str, set[str]] = defaultdict(set)
    for suggestion in suggestions:
        statuses[suggestion.condition].add(suggestion.status)
        if suggestion.tier == "supported" and suggestion.icd10:
            codes[suggestion.condition].add(suggestion.icd10)
    return sorted(
        condition
        for condition, seen in statuses.items()
        if ("active" in seen and seen & {"negated", "history"}) or len(codes[condition]) > 1
    )
