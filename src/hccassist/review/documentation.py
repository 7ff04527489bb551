"""Provider documentation patterns: where and how conditions are written so that they cannot be reported.

Looked at: conditions that are named without support (mention only), and suggestions that coders refused for what the record
says (no MEAT, not current, uncertain, history of). Counted by provider and by the heading they stand under, with examples: to
teach from, not to rank by.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hccassist.review.decisions import REJECT_REASONS, SuggestionState
from hccassist.schema import ChartResult, Suggestion

TAUGHT = ("no_meat", "not_current", "uncertain", "history_of")
"""The reasons for a rejection that better wording could have spared."""
NAMED_ONLY = "Named only"
EXAMPLES = 3
_HEADING = re.compile(r"^\W*([A-Z][A-Za-z /&,-]{2,48}?)\s*(?::|$)")
_LOOK_BACK = 60


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


def findings(
    result: ChartResult, states: Mapping[str, SuggestionState], text: str | None
) -> tuple[list[Finding], Counter[str]]:
    """The findings of one chart, and how many conditions each provider stated. ``text`` is the chart's, for the lines."""
    providers = {e.id: ", ".join(x for x in (e.provider, e.credential) if x) for e in result.encounters if e.provider}
    stated: Counter[str] = Counter()
    found = []
    for s in result.suggestions:
        provider = providers.get(s.encounter)
        if provider is None or not s.mentions or s.tier == "suspect":
            continue
        why = _why(s, states.get(s.id))
        if s.tier in {"supported", "mention_only"}:
            stated[provider] += 1
        if why:
            mention = s.mentions[0]
            heading, line = _place(text, mention.start, mention.end) if text else ("", mention.text)
            condition = s.condition.replace("_", " ")
            found.append(Finding(result.chart, provider, condition, why, heading, line, mention.page))
    return found, stated


def _why(suggestion: Suggestion, state: SuggestionState | None) -> str | None:
    decision = state.decision if state else None
    if decision is not None and decision.kind == "reject":
        return REJECT_REASONS[decision.reason] if decision.reason in TAUGHT else None
    if decision is None and suggestion.tier == "mention_only":
        return NAMED_ONLY
    return None


def _place(text: str, start: int, end: int) -> tuple[str, str]:
    """The heading that words stand under (on their own line before a colon, or on a line above), and their line."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    line = " ".join(text[begin : stop if stop >= 0 else len(text)].split())
    same = _HEADING.match(text[begin:start])
    if same and ":" in text[begin:start]:
        return same.group(1).rstrip(" -,/&"), line
    for above in reversed(text[:begin].split("\n")[-_LOOK_BACK:]):
        found = _HEADING.match(above)
        if found and len(above.split()) <= 6 and not above.rstrip().endswith((".", ",", ";")):
            return found.group(1).rstrip(" -,/&"), line
    return "", line


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
            rows.append(ProviderPattern(provider, stated[provider], len(own), tuple(whys), heading, tuple(own[:EXAMPLES])))
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
            tuple(name for name, _ in Counter(f.condition for f in own).most_common(5)), tuple(own[:EXAMPLES]),
        )
        for own in groups.values()
        if len(own) > 1
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r.times, r.heading))


def collect(
    charts: Iterable[tuple[ChartResult, Mapping[str, SuggestionState]]], text_of: Callable[[ChartResult], str | None]
) -> tuple[list[Finding], Counter[str]]:
    """The findings of many charts."""
    all_, stated = list[Finding](), Counter[str]()
    for result, states in charts:
        found, own = findings(result, states, text_of(result) if result.suggestions else None)
        all_ += found
        stated += own
    return all_, stated
