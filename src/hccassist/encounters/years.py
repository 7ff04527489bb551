"""The service years under review: a record of another year is kept, but carries no diagnosis for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hccassist.schema import Encounter


def within_years(encounters: tuple[Encounter, ...], years: Collection[int]) -> tuple[Encounter, ...]:
    """The records, those of other years than ``years`` not valid and saying so; a record without a date is left as it is,
    and a stay belongs to the year of its last day. No years: all count."""
    return tuple(_judged(e, years) for e in encounters) if years else encounters


def _judged(encounter: Encounter, years: Collection[int]) -> Encounter:
    last = encounter.end_date or encounter.date_of_service
    if last is None or int(last[:4]) in years:
        return encounter
    named = " or ".join(str(year) for year in sorted(years))
    return replace(encounter, valid="no", problems=(*encounter.problems, f"The date of service is not in {named}."))
