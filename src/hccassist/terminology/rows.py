"""The knowledge files, read and validated: conditions, terms, attributes, evidence, abbreviations, combinations.

The format is docs/knowledge.md. Each row is checked by a pydantic model; a bad row is an error that names file and line.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

HERE = Path(__file__).parent / "knowledge"
Course = Literal["lifelong", "curable", "passing", "cancer", "acute", "status"]
EvidenceKind = Literal[
    "drug", "lab", "vital", "exam", "imaging", "test", "symptom", "monitor", "procedure", "therapy", "device", "diet",
    "referral", "status",
]  # fmt: skip
ENDS: frozenset[Course] = frozenset({"curable", "passing"})
"""Courses of what may be over without an event of its own."""
KIND_ELEMENT: dict[str, str] = {
    "drug": "T", "procedure": "T", "therapy": "T", "device": "T", "diet": "T", "referral": "T", "lab": "E", "vital": "E",
    "exam": "E", "imaging": "E", "test": "E", "symptom": "M", "monitor": "M", "status": "A",
}  # fmt: skip

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Optional = Annotated[str, StringConstraints(strip_whitespace=True)]
Id = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9_]*$")]
IdOrPrefix = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_]*\*?)$")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?$")]
CodePrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]([0-9A-Z]{1,2}(\.[0-9A-Z]{1,4})?)?$")]
Pair = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+=[A-Za-z0-9_.+-]+$")]


def _split(separator: str | None) -> Any:
    def split(value: Any) -> Any:
        return [v for v in (x.strip() for x in value.split(separator)) if v] if isinstance(value, str) else value

    return BeforeValidator(split)


Pairs = Annotated[tuple[Pair, ...], _split(None)]
AlsoNamed = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*( [a-z0-9_]+=[A-Za-z0-9_.+-]+)*$")]
Ids = Annotated[tuple[IdOrPrefix, ...], _split("|")]
Flags = Annotated[frozenset[Literal["ambiguous", "cased", "weak"]], _split(None)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from None
    return pattern


class Row(BaseModel):
    """One line of a knowledge file; every line says where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: Text


class ConditionRow(Row):
    """``also``: a second code that the same attributes need ("with hypoxia and hypercapnia": J96.01 and J96.02)."""

    condition: Id
    name: Optional = ""
    course: Course | Literal[""] = ""
    attributes: Pairs = ()
    code: Code
    also: Code | Literal[""] = ""


class TermRow(Row):
    """``also``: other conditions that the same words name, each an id with its attributes ("dialysis", "heart_failure
    type=systolic")."""

    condition: Id
    attributes: Pairs = ()
    also: Annotated[tuple[AlsoNamed, ...], _split("|")] = ()
    terms: Text
    flags: Flags = frozenset()


class AttributeRow(Row):
    condition: Ids
    attribute: Id
    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+$")]
    words: Text
    reach: Literal["near", "note"] = "near"


class EvidenceRow(Row):
    kind: EvidenceKind
    words: Text
    conditions: Ids
    elements: Annotated[str, StringConstraints(pattern=r"^[MEAT]{0,4}$")] = ""


class AmbiguousRow(Row):
    word: Text
    reading: Text
    condition: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*)?$")] = ""
    cues: Optional = ""


class CombinationRow(Row):
    """``second``: what must be active beside ``first``: ids, ``prefix_*`` or code prefixes (``N18.5``).

    Alternatives stand with ``|`` between them, several that must all be there with ``+``. ``past``: "yes" where it is enough
    that the second was there once (an illness that defines AIDS).
    """

    first: IdOrPrefix
    second: Text
    code: Code
    replaces: Annotated[tuple[str, ...], _split("|")] = ()
    unless: Optional = ""
    past: Literal["yes", ""] = ""


class ImplicationRow(Row):
    """A specific condition that already says the general ones: both present, only the specific one is suggested."""

    specific: IdOrPrefix
    general: Ids


class SuspectRow(Row):
    """Clues, all needed (`` & ``), each words (``|``) or words with a value (``A1c >= 6.5``), or two (``eGFR < 60 twice``).

    ``unless``: code prefixes that, named in any status, silence it; ``question``: what a coder may ask, in neutral words.
    """

    condition: Text
    clues: Text
    unless: Annotated[tuple[str, ...], _split("|")]
    question: Text


class CoverageExceptionRow(Row):
    """Columns of the coverage report that are rightly empty for these categories of a model, and why."""

    model: Literal["V28", "V24"]
    categories: Annotated[tuple[str, ...], _split("|")]
    column: Literal["wordings", "drugs", "tests", "findings", "treatments"]
    reason: Text


class HighRiskRow(Row):
    """A group that audits find unsupported most, by code prefixes, with the proof that auditors ask for."""

    group: Text
    codes: Annotated[tuple[str, ...], _split("|")]
    proof: Text


class SupportRow(Row):
    """What a record may say of how a condition is cared for, in plain words, by code prefixes; a row without any is for all."""

    codes: Annotated[tuple[str, ...], _split("|")]
    monitor: Text
    evaluate: Text
    treat: Text


class AbbreviationRow(Row):
    written: Text
    meaning: Text


class PlainWordsRow(Row):
    """Words of everyday language that no repair of spelling may turn into a medical one."""

    words: Annotated[tuple[str, ...], _split("|")]


class WordGroupRow(Row):
    """Words that a rule of status names as a group (``groups.word_group``): what plans an operation, what a relative who only
    comes along does."""

    group: Id
    words: Annotated[tuple[str, ...], _split("|")]


class PatternRow(Row):
    """A way to say that an illness is present, over, treated (``course.csv``), or what a sentence says (``sayings.csv``): an
    alternative (a regular expression) of the pattern of its ``group`` (``groups.pattern_group``), in the order of the file."""

    group: Id
    pattern: Annotated[Text, AfterValidator(_compiles)]


class CodeGroupRow(Row):
    """Code prefixes that a rule names as a group (``groups.code_group``)."""

    group: Id
    codes: Annotated[tuple[CodePrefix, ...], _split("|")]


class GenericRow(Row):
    """A word that proves a MEAT element of whatever condition it is said of ("stable", "continue", "recheck")."""

    words: Text
    kind: Literal["treatment", "monitoring", "evaluation", "judgement"]
    elements: Annotated[str, StringConstraints(pattern=r"^[MEAT]{1,4}$")]


class SectionRow(Row):
    heading: Text
    section: Id


class SiteRow(Row):
    """A part of the body and the beginnings of the words that speak of it."""

    site: Id
    stems: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{3,}(\|[a-z0-9]{3,})*$")]


class ContextRow(Row):
    """One ConText rule: a phrase, what it says of the conditions in its scope, and which way it looks."""

    phrase: Text
    category: Literal["negated", "uncertain", "family", "history", "hypothetical", "resolved", "affirmed", "none"]
    direction: Literal["forward", "backward", "both", "terminate", "pseudo"]
    scope: Annotated[int | None, BeforeValidator(lambda v: None if v in ("", None) else int(v))] = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and the codes it can become: ``codes`` pairs the attributes a wording must give with the code, ``also``
    some of these codes with the one that is reported beside them for the same attributes."""

    id: str
    name: str
    course: Course
    codes: tuple[tuple[frozenset[str], str], ...]
    system: str
    also: tuple[tuple[frozenset[str], str], ...] = ()

    @property
    def default_code(self) -> str:
        for need, code in self.codes:
            if not need:
                return code
        return self.codes[0][1]


class KnowledgeError(Exception):
    """A knowledge file is wrong; ``problems`` holds one line each, with file and line number."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems[0] if problems else "knowledge is not valid")
        self.problems = list(problems)


@dataclass(slots=True)
class Knowledge:
    """All rows, ready to be compiled (see ``terminology.lexicon``)."""

    conditions: dict[str, Condition] = field(default_factory=dict)
    terms: list[TermRow] = field(default_factory=list)
    attributes: list[AttributeRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    ambiguous: list[AmbiguousRow] = field(default_factory=list)
    combinations: list[CombinationRow] = field(default_factory=list)
    abbreviations: list[AbbreviationRow] = field(default_factory=list)
    plain_words: list[PlainWordsRow] = field(default_factory=list)
    implications: list[ImplicationRow] = field(default_factory=list)
    suspects: list[SuspectRow] = field(default_factory=list)
    high_risk: list[HighRiskRow] = field(default_factory=list)
    support: list[SupportRow] = field(default_factory=list)
    coverage_exceptions: list[CoverageExceptionRow] = field(default_factory=list)
    generic: list[GenericRow] = field(default_factory=list)
    sections: list[SectionRow] = field(default_factory=list)
    sites: list[SiteRow] = field(default_factory=list)
    context: list[ContextRow] = field(default_factory=list)
    word_groups: list[WordGroupRow] = field(default_factory=list)
    code_groups: list[CodeGroupRow] = field(default_factory=list)
    course: list[PatternRow] = field(default_factory=list)
    sayings: list[PatternRow] = field(default_factory=list)

    def matching(self, pattern: str) -> list[str]:
        """Condition ids that an id, a ``prefix_*`` or ``*`` names."""
        if pattern.endswith("*"):
            return [c for c in self.conditions if c.startswith(pattern[:-1])]
        return [pattern] if pattern in self.conditions else []


R = TypeVar("R", bound=Row)
_TABLES: dict[str, type[Row]] = {
    "abbreviations": AbbreviationRow, "ambiguous": AmbiguousRow, "attributes": AttributeRow, "code_groups": CodeGroupRow,
    "combinations": CombinationRow, "context": ContextRow, "course": PatternRow, "coverage_exceptions": CoverageExceptionRow,
    "evidence": EvidenceRow, "generic": GenericRow, "high_risk": HighRiskRow, "implications": ImplicationRow,
    "plain_words": PlainWordsRow, "sayings": PatternRow, "sections": SectionRow, "sites": SiteRow, "support": SupportRow,
    "suspects": SuspectRow, "terms": TermRow, "word_groups": WordGroupRow,
}  # fmt: skip
"""The kinds of rows beside conditions, by the name of their file, or of their folder where each body system has a file."""


def knowledge_folders() -> list[Path]:
    """The shipped folder, then the team's own (``HCCASSIST_KNOWLEDGE``, several separated like PATH)."""
    own = os.environ.get("HCCASSIST_KNOWLEDGE", "")
    return [HERE, *(Path(p) for p in own.split(os.pathsep) if p)]


def knowledge_files(folders: Sequence[Path]) -> list[Path]:
    """Every CSV of the folders, in a stable order."""
    return [p for folder in folders for p in sorted(folder.rglob("*.csv"))]


def _rows(path: Path, model: type[R], problems: list[str]) -> Iterator[R]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, raw in enumerate(csv.DictReader(file, strict=True), 2):
            try:
                if None in raw or None in raw.values():
                    raise ValueError("wrong number of cells (quote a cell that holds a comma)")
                yield model.model_validate(raw)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                problems.append(f"{path.parent.name}/{path.name}:{number}: {where}: {first['msg']}")
            except ValueError as error:
                problems.append(f"{path.parent.name}/{path.name}:{number}: {error}")


def valid_rows(path: Path, model: type[R]) -> list[R]:
    """The valid rows of one file; none where it is not there. What is wrong with the others ``load`` says."""
    return list(_rows(path, model, [])) if path.is_file() else []


def load(folders: Sequence[Path] | None = None) -> tuple[Knowledge, list[str]]:
    """Everything that is valid, and one line for each row that is not."""
    knowledge = Knowledge()
    problems: list[str] = []
    codes: dict[str, list[tuple[frozenset[str], str]]] = {}
    beside: dict[str, list[tuple[frozenset[str], str]]] = {}
    head: dict[str, tuple[str, str, str]] = {}
    folders = folders or knowledge_folders()
    problems += [
        f"{folder}: no such folder of knowledge files; check HCCASSIST_KNOWLEDGE" for folder in folders if not folder.is_dir()
    ]
    for path in knowledge_files(folders):
        kind = path.parent.name
        if "conditions" in (kind, path.stem):
            for row in _rows(path, ConditionRow, problems):
                codes.setdefault(row.condition, []).append((frozenset(row.attributes), row.code))
                if row.also:
                    beside.setdefault(row.condition, []).append((frozenset(row.attributes), row.also))
                if row.condition not in head:
                    if not row.name or not row.course:
                        problems.append(f"conditions/{path.name}: {row.condition}: its first row needs name and course")
                    head[row.condition] = (row.name or row.condition, row.course or "lifelong", path.stem)
        elif name := next((n for n in (kind, path.stem) if n in _TABLES), None):
            getattr(knowledge, name).extend(_rows(path, _TABLES[name], problems))
        else:
            problems.append(f"{kind}/{path.name}: no kind of knowledge file has this name; docs/knowledge.md lists them")
    for name, found in codes.items():
        title, course, system = head[name]
        also = tuple(beside.get(name, ()))
        knowledge.conditions[name] = Condition(name, title, course, tuple(found), system, also)  # type: ignore[arg-type]
    return knowledge, problems
