"""The rules of this package as data: each line of a tab-separated file is one rule with its source, checked when
loaded."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from hccassist.schema import Validity

Text = Annotated[str, StringConstraints(min_length=1)]
Pattern = Text
"""A regular expression. Whoever uses it compiles it, with flags of its own: to compile it here too would double the start."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str


class SettingCue(_Row):
    """Words that tell a record's setting. ``where``: ``title`` a line that names the record, ``head`` its first lines,
    ``any`` anywhere in it. ``weight`` is how much the cue says."""

    setting: Text
    where: Literal["title", "head", "any"]
    weight: int
    cue: Pattern


class SettingRule(_Row):
    """Whether records of a setting can carry a diagnosis (RADV), and the reason when not."""

    setting: Text
    counts: Validity
    reason: str


class CredentialRule(_Row):
    """A professional credential: how it is written, and whether its holder is an acceptable provider."""

    credential: Text
    pattern: Pattern
    accepted: Validity
    specialty: str
    """The specialty that the credential is, blank where its holders have many."""


class SpecialtyRule(_Row):
    """A provider specialty of CMS: how it is written, and whether records of it can carry a diagnosis."""

    code: Text
    specialty: Text
    pattern: Pattern
    accepted: Validity


class DateLabel(_Row):
    """Words beside a date that tell what happened on it."""

    kind: Literal[
        "birth", "print", "fax", "dictated", "transcribed", "signed", "effective", "ordered", "collected", "received",
        "reported", "exam", "next", "period", "start_of_care", "onset", "admission", "discharge", "service", "noted", "seen",
        "dated", "bare",
    ]  # fmt: skip
    where: Literal["before", "after"]
    label: Pattern


class DateWeight(_Row):
    """How strongly a kind of date is the date of service of a record; ``setting`` blank: of any."""

    kind: Text
    setting: str
    weight: float


class Opening(_Row):
    """The line with which a system begins each of its notes, wherever on a page that is."""

    pattern: Pattern


class Phrase(_Row):
    """Words that a rule looks for. ``group`` names the rule; the rows of a group are alternatives."""

    group: Text
    pattern: Pattern


class SignatureCue(_Row):
    """Words of a signature, or of its lack. ``electronic`` and ``handwritten`` authenticate a record, the others do
    not."""

    kind: Literal["electronic", "handwritten", "pending", "dictated", "stamp", "blank"]
    pattern: Pattern


_RowT = TypeVar("_RowT", bound=_Row)


def _load(name: str, row: type[_RowT]) -> tuple[_RowT, ...]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(row.model_validate(record) for record in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def setting_cues() -> tuple[SettingCue, ...]:
    """All setting cues, in file order."""
    return _load("settings.tsv", SettingCue)


@cache
def setting_rules() -> dict[str, SettingRule]:
    """The validity rule of each setting."""
    return {rule.setting: rule for rule in _load("setting_rules.tsv", SettingRule)}


@cache
def credential_rules() -> tuple[CredentialRule, ...]:
    """All credentials, in file order."""
    return _load("credentials.tsv", CredentialRule)


@cache
def specialty_rules() -> tuple[SpecialtyRule, ...]:
    """All specialties, in file order."""
    return _load("specialties.tsv", SpecialtyRule)


@cache
def date_labels() -> tuple[DateLabel, ...]:
    """All date labels; the first that fits wins."""
    return _load("date_labels.tsv", DateLabel)


@cache
def date_weights() -> dict[tuple[str, str], float]:
    """The weight of each kind of date in each setting; in any, where the setting is blank."""
    return {(row.kind, row.setting): row.weight for row in _load("date_weights.tsv", DateWeight)}


@cache
def openings() -> tuple[Opening, ...]:
    """All lines that open a record."""
    return _load("openings.tsv", Opening)


@cache
def signature_cues() -> tuple[SignatureCue, ...]:
    """All signature cues; the first that fits a line wins."""
    return _load("signatures.tsv", SignatureCue)


@cache
def _phrases() -> dict[str, str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for row in _load("phrases.tsv", Phrase):
        groups[row.group].append(row.pattern)
    return {group: "|".join(patterns) for group, patterns in groups.items()}


def phrases(group: str) -> str:
    """The wordings of a group as one pattern of alternatives; raises ``KeyError`` for a group that no row names."""
    return _phrases()[group]


def words_in(group: str) -> frozenset[str]:
    """A group whose rows are plain words, as a set."""
    return frozenset(phrases(group).split("|"))
