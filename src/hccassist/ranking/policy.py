"""What is shown: a versioned TOML file (models/policy.toml, docs/policy.md), validated with clear errors.

A suggestion is decided by the first rule that holds, in the order of ``Rule``; only what no rule holds back meets a threshold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hccassist.ranking.files import models_folder, stamped
from hccassist.schema import Rule, Status, Tier

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Category = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}$")]
HeldTier = Literal["mention_only", "suppressed"]
HeldRule = Literal[
    "invalid_record", "excluded", "minor", "only_use", "only_results", "ignored", "no_evidence", "below_threshold"
]  # fmt: skip
_FEATURE_OF: dict[str, HeldRule] = {
    "invalid": "invalid_record", "excluded": "excluded", "minor": "minor", "only_use": "only_use",
    "only_results": "only_results",
}  # fmt: skip
"""The rules that hold a suggestion back whatever its confidence, by the feature that says so, in the order they are asked."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy looks at: all of a suggestion but its confidence. ``category``: its V28 category; ``held``: the rule that
    holds it back under any policy; ``setting``: the type of its record; ``sections``: those of all its mentions; ``backed``:
    some evidence is enough on its own."""

    status: Status
    category: str | None
    group: str | None
    pays: bool
    held: HeldRule | None
    backed: bool
    setting: str
    sections: frozenset[str]


def held_by(x: Mapping[str, float]) -> HeldRule | None:
    """The rule that holds a candidate back whatever its confidence, by its features."""
    return next((rule for name, rule in _FEATURE_OF.items() if x.get(name)), None)


class Policy(BaseModel):
    """Thresholds on the calibrated confidence (the most specific one that fits a suggestion counts), what is ignored, the
    team's own words, and where a suggestion goes that is not shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: Version
    threshold: Share
    without_hcc: Share
    hcc: dict[Category, Share] = {}
    high_risk: dict[str, Share] = {}
    status: dict[Status, Share] = {}
    ignore_sections: tuple[str, ...] = ()
    ignore_note_types: tuple[str, ...] = ()
    local_terms: tuple[str, ...] = ()
    tiers: dict[HeldRule, HeldTier] = {}

    def rule_of(self, facts: Facts) -> Rule:
        """The rule that decides a suggestion."""
        if facts.status != "active":
            return "status"
        if facts.held and facts.held != "below_threshold":
            return facts.held
        if facts.setting in self.ignore_note_types or (facts.sections and facts.sections <= set(self.ignore_sections)):
            return "ignored"
        return "threshold" if facts.backed else "no_evidence"

    def threshold_of(self, facts: Facts) -> float:
        """The threshold of a high-risk group, else of a V28 category, else of the status, else the general one; conditions
        that pay in no CMS-HCC model have a general one of their own."""
        if facts.group in self.high_risk:
            return self.high_risk[facts.group]
        if facts.category in self.hcc:
            return self.hcc[facts.category]
        if facts.status in self.status:
            return self.status[facts.status]
        return self.threshold if facts.pays else self.without_hcc

    def tier_of(self, rule: Rule, facts: Facts, confidence: float) -> Tier:
        """Where a suggestion is shown. What is not stated as present is never shown as supported: a status with a threshold
        of its own is listed as a mention from there on."""
        if rule == "status":
            listed = facts.status in self.status and confidence >= self.status[facts.status] and facts.held != "invalid_record"
            return "mention_only" if listed else "suppressed"
        if rule == "threshold":
            return "supported" if confidence >= self.threshold_of(facts) else self.held("below_threshold")
        return self.held(rule)

    def held(self, rule: HeldRule) -> HeldTier:
        """The tier of what a rule holds back."""
        return self.tiers.get(rule, "mention_only" if rule == "no_evidence" else "suppressed")

    def to_toml(self) -> str:
        """The policy as a file; read again it is the same policy."""
        value = self.model_dump(exclude_defaults=True)
        plain = {k: v for k, v in value.items() if not isinstance(v, dict)}
        lines = [f"{name} = {_toml(v)}" for name, v in plain.items()]
        for name, table in value.items():
            if isinstance(table, dict):
                lines += ["", f"[{name}]", *(f"{_toml(key)} = {_toml(v)}" for key, v in sorted(table.items()))]
        return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value:g}"


class PolicyError(Exception):
    """A policy file is wrong: one line that names the file, the field and the cure."""


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy with the version that results record (with the hash of its content) and its team's knowledge folders."""

    policy: Policy
    version: str
    local_terms: tuple[Path, ...] = ()


def parse_policy(content: str, name: str = "policy") -> Policy:
    """A policy from its file's text. Raises ``PolicyError`` that begins with ``name``."""
    try:
        return Policy.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{name}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        cure = f"; known are {', '.join(Policy.model_fields)}" if first["type"] == "extra_forbidden" else ""
        raise PolicyError(f"{name}: {where}: {first['msg']}{cure}") from None


def load_policy(path: Path | None = None) -> LoadedPolicy:
    """The shipped policy, or another one by path; the folders of its local terms are relative to its file. Raises
    ``PolicyError``."""
    path = path or models_folder() / "policy.toml"
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path.name}: cannot be read ({type(error).__name__}); name an existing policy file") from None
    policy = parse_policy(content, path.name)
    folders = tuple(path.parent / folder for folder in policy.local_terms)
    for folder in folders:
        if not folder.is_dir():
            raise PolicyError(f"{path.name}: local_terms: no such folder: {folder}; name one beside the policy file")
    return LoadedPolicy(policy, stamped(policy.version, policy.to_toml().encode()), folders)


def check_names(
    policy: Policy, categories: Iterable[str], groups: Iterable[str], sections: Iterable[str], settings: Iterable[str]
) -> None:
    """Raise ``PolicyError`` for a name that nothing can ever match, with the names there are."""
    for field, used, known in (
        ("hcc", policy.hcc, set(categories)),
        ("high_risk", policy.high_risk, set(groups)),
        ("ignore_sections", policy.ignore_sections, set(sections)),
        ("ignore_note_types", policy.ignore_note_types, set(settings)),
    ):
        for name in used:
            if name not in known:
                shown = "a category of CMS-HCC V28" if field == "hcc" else ", ".join(sorted(known))
                raise PolicyError(f"policy {policy.version}: {field}: {name!r} is unknown; use {shown}")


def with_threshold(policy: Policy, kind: str, name: str, value: float) -> Policy:
    """The policy with one threshold moved. ``kind``: threshold, without_hcc, hcc, high_risk or status; ``name``: which one
    of the last three."""
    value = round(value, 3)
    if kind in ("threshold", "without_hcc"):
        return policy.model_copy(update={kind: value})
    return policy.model_copy(update={kind: {**getattr(policy, kind), name: value}})
