"""The provider's specialty, as the credential says it or the record prints it: behind a label, beside the name, in the
letterhead (``data/specialties.tsv``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from operator import itemgetter

from hccassist.encounters.lines import Line
from hccassist.encounters.people import Person
from hccassist.encounters.rules import SpecialtyRule, credential_rules, specialty_rules
from hccassist.patterns import Patterns

_LABEL = re.compile(
    r"\b(?:specialty|service|department|dept\.?|division|clinic|provider type)\s*:\s*(?P<value>[^|;:]{3,50})", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:refer|cc\b|dear\b|to\b|follow|consult(?:ed)? with|per\b|pcp\b|see\b|seen by\b|will\b|ordering)", re.IGNORECASE
)
"""What speaks of another provider than the record's."""
_HEAD_LINES, _LETTERHEAD_LINES, _CLOSING_LINES = 14, 3, 8
_LONGEST = 70
_BESIDE = 50


def specialty_of(lines: Sequence[Line], provider: Person | None) -> SpecialtyRule | None:
    """The specialty of the record's provider; None where there is no acceptable one or the record does not say."""
    if provider is None or provider.accepted == "no":
        return None
    if own := _of_credential(provider.credential or ""):
        return own
    return _labelled(lines) or _beside_name(lines, provider) or _in_letterhead(lines)


@cache
def _patterns() -> Patterns:
    return Patterns(rf"\b(?:{rule.pattern})\b" for rule in specialty_rules())


def _named(text: str) -> SpecialtyRule | None:
    found = [(m.end() - m.start(), number) for number, m in _patterns().first_matches(text)]
    return specialty_rules()[max(found, key=itemgetter(0))[1]] if found else None


@cache
def _of_credential(printed: str) -> SpecialtyRule | None:
    by_name = {rule.specialty: rule for rule in specialty_rules()}
    parts = [part.strip() for part in re.split(r"[,/]\s*", printed)]
    return next(
        (by_name[r.specialty] for part in parts for r in credential_rules() if r.specialty and re.fullmatch(r.pattern, part)),
        None,
    )


def _labelled(lines: Sequence[Line]) -> SpecialtyRule | None:
    values = (m.group("value") for line in lines[:_HEAD_LINES] if (m := _LABEL.search(line.text)))
    return next((found for value in values if (found := _named(value))), None)


def _beside_name(lines: Sequence[Line], provider: Person) -> SpecialtyRule | None:
    """Behind the provider's name or on the line below it, in the header and where the record is signed."""
    last = provider.name.split()[-1].lower()
    for n, line in enumerate(lines):
        at = line.text.lower().find(last) if n < _HEAD_LINES or len(lines) - n <= _CLOSING_LINES else -1
        if at < 0 or _OTHERS.search(line.text[:at]):
            continue
        below = lines[n + 1].text if n + 1 < len(lines) else ""
        title = below if len(below) <= _LONGEST and not _OTHERS.search(below) else ""
        behind = line.text[at + len(last) :][:_BESIDE].split(":")[0]
        if found := _named(behind) or _named(title):
            return found
    return None


def _in_letterhead(lines: Sequence[Line]) -> SpecialtyRule | None:
    heads = (line.text for line in lines[:_LETTERHEAD_LINES] if len(line.text) <= _LONGEST and not _OTHERS.search(line.text))
    return next((found for text in heads if (found := _named(text))), None)
