"""Which charts come first: the rules of priority.toml over what screening found. They order a worklist and hide nothing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hccassist.schema import ChartResult

ENVIRONMENT = "HCCASSIST_PRIORITY"
_SHIPPED = Path(__file__).with_suffix(".toml")
_SURE = 0.8
PAYING = frozenset({"V28", "V24"})
"""The models whose categories pay."""
Counted = Literal[
    "pages", "unread_pages", "encounters", "invalid_encounters", "paying", "not_paying", "unsure", "high_risk", "mention_only",
    "suspects", "copies",
]  # fmt: skip


class Rule(BaseModel):
    """``points`` for each of what it ``counts`` in a chart, up to ``most`` of them; ``says`` names one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    says: Annotated[str, Field(min_length=1)]
    counts: Counted
    points: float
    most: Annotated[int, Field(ge=1)] = 1_000_000


class PriorityRules(BaseModel):
    """A versioned list of rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    rule: tuple[Rule, ...]


class PriorityError(Exception):
    """The rules cannot be read: one line that names the file, the field and the cure."""


@cache
def load_priority(path: Path | None = None) -> PriorityRules:
    """The team's rules (``HCCASSIST_PRIORITY``), or the shipped ones. Raises ``PriorityError``."""
    own = os.environ.get(ENVIRONMENT)
    path = path or (Path(own) if own else _SHIPPED)
    try:
        return PriorityRules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PriorityError(f"{path.name}: cannot be read ({error.strerror}); check {ENVIRONMENT}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise PriorityError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PriorityError(f"{path.name}: not valid TOML: {error}") from None


class Rated(NamedTuple):
    """What the rules ask of a suggestion; ``paying``: whether Medicare Advantage pays for its code."""

    tier: str
    paying: bool
    confidence: float
    high_risk: bool


def counted_in(result: ChartResult) -> dict[str, int]:
    """What the rules count in a chart."""
    rated = [Rated(s.tier, bool(s.hcc.keys() & PAYING), s.confidence, bool(s.high_risk)) for s in result.suggestions]
    return counted([p.source for p in result.pages], [e.valid for e in result.encounters], rated)


def counted(sources: Sequence[str], validities: Sequence[str], rated: Sequence[Rated], copies: int = 0) -> dict[str, int]:
    """What the rules count among a chart's pages, encounters and suggestions; ``copies``: 1 where its content was screened
    under another name before."""
    supported = [s for s in rated if s.tier == "supported"]
    paying = sum(s.paying for s in supported)
    return {
        "pages": len(sources),
        "unread_pages": sources.count("unread"),
        "encounters": len(validities),
        "invalid_encounters": validities.count("no"),
        "paying": paying,
        "not_paying": len(supported) - paying,
        "unsure": sum(s.confidence < _SURE for s in supported),
        "high_risk": sum(s.high_risk for s in supported),
        "mention_only": sum(s.tier == "mention_only" for s in rated),
        "suspects": sum(s.tier == "suspect" for s in rated),
        "copies": copies,
    }


def priority_of(counts: Mapping[str, int], rules: PriorityRules) -> tuple[float, str]:
    """A chart's priority and, in words, what made it: "2 x high-risk diagnosis (+8)"."""
    total = 0.0
    said = []
    for rule in rules.rule:
        number = min(counts[rule.counts], rule.most)
        if number and rule.points:
            total += number * rule.points
            said.append(f"{number} x {rule.says} ({number * rule.points:+g})")
    return total, "; ".join(said)
