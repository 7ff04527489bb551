"""What is rejected most, by term, rule, section and provider, with examples: what to fix next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hccassist.qa.labelled import Judged
from hccassist.review import REJECT_REASONS

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Noise:
    """One source of rejections: how often it was judged and rejected, the commonest reason given, and some examples."""

    name: str
    judged: int
    rejected: int
    reason: str
    examples: tuple[Judged, ...]

    @property
    def share(self) -> float:
        """Rejected, of all that was judged."""
        return self.rejected / self.judged


def _first_rule(row: Judged) -> str:
    return row.rule.partition(";")[0] or "no rule recorded"


GROUPINGS: dict[str, Callable[[Judged], Iterable[str]]] = {
    "term": lambda r: [r.term.lower() or r.condition],
    "rule": lambda r: [_first_rule(r)],
    "section": lambda r: r.sections or ("no section",),
    "provider": lambda r: [r.provider or "no provider found"],
}
"""How rejections are grouped; a suggestion that stands in several sections counts in each."""


def noise(rows: Iterable[Judged], grouping: str, most: int = 15) -> list[Noise]:
    """The sources that were rejected most often, then by share. ``grouping``: one of ``GROUPINGS``. Of what was judged
    without having been shown as present nothing counts: it was held back already."""
    judged: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.status == "active":
            for name in dict.fromkeys(GROUPINGS[grouping](row)):
                judged[name].append(row)
    found = []
    for name, group in judged.items():
        rejected = [r for r in group if not r.supported]
        if rejected:
            reasons = Counter(REJECT_REASONS.get(r.reason, "") for r in rejected if r.reason)
            reason = reasons.most_common(1)[0][0] if reasons else ""
            found.append(Noise(name, len(group), len(rejected), reason, tuple(rejected[:_EXAMPLES])))
    return sorted(found, key=lambda n: (-n.rejected, -n.share, n.name))[:most]


def lines(rows: Iterable[Judged], grouping: str, examples: bool) -> list[str]:
    """The report as text."""
    found = [f"by {grouping}: rejected of judged"]
    for n in noise(rows, grouping):
        found.append(f"  {n.rejected:4} of {n.judged:<4} {n.name}" + (f"  (most often: {n.reason})" if n.reason else ""))
        found += [f"         {e.icd10} {e.sentence}" for e in n.examples if examples]
    return found
