"""``hccassist knowledge coverage``: what points at each payment category: wordings, drugs, tests, findings, treatments.

None may be empty where medicine has any; what it has none of is data, with the reason (``knowledge/coverage_exceptions.csv``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from hccassist.terminology.codes import Codes
from hccassist.terminology.rows import EvidenceKind, Knowledge
from hccassist.terminology.words import each_term

COLUMNS: dict[str, frozenset[EvidenceKind]] = {
    "drugs": frozenset({"drug"}),
    "tests": frozenset({"lab", "imaging", "test", "vital"}),
    "findings": frozenset({"exam", "symptom", "monitor", "status"}),
    "treatments": frozenset({"procedure", "therapy", "device", "diet", "referral"}),
}
"""The columns of the report, and the kinds of evidence rows each counts the words of."""


@dataclass(slots=True)
class Category:
    """One category of a payment model: how many conditions are coded into it, and how many words point at them."""

    model: str
    number: str
    label: str
    conditions: set[str] = field(default_factory=set)
    wordings: int = 0
    words: dict[str, int] = field(default_factory=dict)

    def empty(self) -> list[str]:
        """The columns that nothing stands in."""
        return [name for name, count in {"wordings": self.wordings, **self.words}.items() if not count]


def coverage(knowledge: Knowledge, codes: Codes, model: str) -> list[Category]:
    """Every category of a model (``V28``, ``V24``), in the model's order."""
    categories = {number: Category(model, number, label) for number, label in _labels(codes, model).items()}
    for condition in knowledge.conditions.values():
        for _, code in condition.codes:
            for number in codes.categories(code, model):
                categories[number].conditions.add(condition.id)
    words = _words(knowledge)
    for category in categories.values():
        category.wordings = sum(len(words["wordings"].get(c, ())) for c in category.conditions)
        for name in COLUMNS:
            category.words[name] = len(set().union(*(words[name].get(c, set()) for c in category.conditions)))
    return sorted(categories.values(), key=lambda c: int(c.number))


def unexplained(knowledge: Knowledge, categories: list[Category]) -> list[str]:
    """One line for each column that is empty without a reason, and for each reason that is not needed."""
    reasons = {(row.model, number, row.column) for row in knowledge.coverage_exceptions for number in row.categories}
    gaps = {(c.model, c.number, column) for c in categories for column in c.empty()}
    models = {c.model for c in categories}
    lines = [f"{m} {n}: no {column}, and no reason why" for m, n, column in sorted(gaps - reasons)]
    return lines + [f"{m} {n}: has {column}; its exception can go" for m, n, column in sorted(reasons - gaps) if m in models]


def _labels(codes: Codes, model: str) -> dict[str, str]:
    """The categories that some code is paid in, with the model's own labels."""
    labels = codes.labels.get(model, {})
    return {n: labels.get(n, "") for table in codes.hcc.get(model, {}).values() for found in table.values() for n in found}


def _words(knowledge: Knowledge) -> Mapping[str, dict[str, set[str]]]:
    """column -> condition -> its different words."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for term in knowledge.terms:
        found["wordings"][term.condition].update(each_term(term.terms))
    column_of = {kind: name for name, kinds in COLUMNS.items() for kind in kinds}
    for row in knowledge.evidence:
        for condition in {c for pattern in row.conditions for c in knowledge.matching(pattern)}:
            found[column_of[row.kind]][condition].update(each_term(row.words))
    return found
