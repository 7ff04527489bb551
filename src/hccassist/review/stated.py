"""Where the conditions of a chart are stated and under which heading: kept at the import of its results, so that patterns over
thousands of charts need no chart to be opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hccassist.schema import ChartResult

_HEADING = re.compile(r"^\W*([A-Z][A-Za-z /&,-]{2,48}?)\s*(?::|$)")
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class Stated:
    """A condition as a provider's record states it: ``key`` is what decisions on it stand under, ``heading`` the title that its
    first mention stands under (blank where none is seen), ``line`` that mention's line."""

    key: str
    provider: str
    condition: str
    tier: str
    heading: str
    line: str
    page: int


def stated_in(result: ChartResult, keys: Mapping[str, str], text: str | None) -> list[Stated]:
    """The conditions that the records of a known provider state. ``keys``: what decisions on each suggestion
    stand under; without the chart's ``text`` a line is the mention's own words."""
    providers = {e.id: ", ".join(x for x in (e.provider, e.credential) if x) for e in result.encounters if e.provider}
    found = []
    for s in result.suggestions:
        provider = providers.get(s.encounter)
        if provider is None or not s.mentions or s.tier == "suspect":
            continue
        mention = s.mentions[0]
        heading, line = _place(text, mention.start, mention.end) if text else ("", mention.text)
        found.append(Stated(keys[s.id], provider, s.condition.replace("_", " "), s.tier, heading, line, mention.page))
    return found


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
