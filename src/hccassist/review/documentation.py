"""Provider documentation patterns: where and how conditions are written so that they cannot be reported.

Looked at: conditions that are named without support (mention only), and suggestions that coders refused for what the record
says (no MEAT, not current, uncertain, history of). Counted by provider and by the heading they stand under, with examples: to
teach from, not to rank by.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hccassist.review.decisions import REJECT_REASONS
from hccassist.review.stated import Stated
from hccassist.review.store import Store

TAUGHT = ("no_meat", "not_current", "uncertain", "history_of")
"""The reasons for a rejection that better wording could have spared."""
NAMED_ONLY = "Named only"
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition that could not be reported for how it is written. ``heading`` is the title it stands under."""

    chart: str
    provider: str
    condition: str
    why: str
    heading: str
    line: str
    page: int


@dataclass(frozen=True, slots=True)
class ProviderPattern:
    """What comes up with a provider: of ``stated`` conditions, how many could not be reported, why, and under which heading
    most of them stand."""

    provider: str
    stated: int
    findings: int
    whys: tuple[tuple[str, int], ...]
    heading: str
    examples: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class WordingPattern:
    """What comes up under a heading, with whichever provider: the mark of a template."""

    heading: str
    why: str
    times: int
    providers: int
    conditions: tuple[str, ...]
    examples: tuple[Finding, ...]


def collect(store: Store, folder: Path | None) -> tuple[list[Finding], Counter[str]]:
    """The findings of the charts of a results folder, and how many conditions each provider stated."""
    found, stated = list[Finding](), Counter[str]()
    for chart, conditions, decided in store.stated(folder):
        for c in conditions:
            if c.tier in {"supported", "mention_only"}:
                stated[c.provider] += 1
            if why := _why(c, decided):
                found.append(Finding(chart, c.provider, c.condition, why, c.heading, c.line, c.page))
    return found, stated


def _why(condition: Stated, decided: Mapping[str, str | None]) -> str | None:
    if condition.key in decided:
        reason = decided[condition.key]
        return REJECT_REASONS[reason] if reason in TAUGHT else None
    return NAMED_ONLY if condition.tier == "mention_only" else None


def by_provider(found: Iterable[Finding], stated: Mapping[str, int]) -> list[ProviderPattern]:
    """Providers with two findings or more, by name."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        groups[finding.provider].append(finding)
    rows = []
    for provider, own in sorted(groups.items()):
        if len(own) > 1:
            whys = Counter(f.why for f in own).most_common()
            [(heading, _)] = Counter(f.heading for f in own).most_common(1)
            rows.append(ProviderPattern(provider, stated[provider], len(own), tuple(whys), heading, _examples(own)))
    return rows


def by_wording(found: Iterable[Finding]) -> list[WordingPattern]:
    """Headings with two findings or more for the same reason, the most frequent first."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in found:
        if finding.heading:
            groups[finding.heading.lower(), finding.why].append(finding)
    rows = [
        WordingPattern(
            own[0].heading, own[0].why, len(own), len({f.provider for f in own}),
            tuple(name for name, _ in Counter(f.condition for f in own).most_common(5)), _examples(own),
        )
        for own in groups.values()
        if len(own) > 1
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r.times, r.heading))


def _examples(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """A few findings, each on a line of its own: one line may name several conditions, and a page be there twice."""
    first: dict[str, Finding] = {}
    for finding in found:
        first.setdefault(finding.line, finding)
    return tuple(first.values())[:EXAMPLES]
