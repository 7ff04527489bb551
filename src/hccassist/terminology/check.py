"""``hccassist knowledge check``: what is wrong in the knowledge files, beyond what the form of a row shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from hccassist.terminology.rows import Knowledge, load
from hccassist.terminology.words import each_term


def reference_problems(knowledge: Knowledge) -> list[str]:
    """Rows that name a condition which no file defines, and codes that cannot be billed."""
    import simple_icd_10_cm as cm

    problems = []
    for term in knowledge.terms:
        if term.condition not in knowledge.conditions:
            problems.append(f"terms: {term.condition} ({term.terms[:30]}): no such condition")
        for named in (also.split()[0] for also in term.also):
            if named not in knowledge.conditions:
                problems.append(f"terms: also {named} ({term.terms[:30]}): no such condition")
    for row in knowledge.evidence:
        problems += [
            f"evidence: {c} ({row.words[:30]}): no such condition" for c in row.conditions if not knowledge.matching(c)
        ]
    for attribute in knowledge.attributes:
        problems += [f"attributes: {c}: no such condition" for c in attribute.condition if not knowledge.matching(c)]
    for reading in knowledge.ambiguous:
        if reading.condition and reading.condition not in knowledge.conditions:
            problems.append(f"ambiguous: {reading.word}: {reading.condition}: no such condition")
    for pair in knowledge.combinations:
        ids = [pair.first, *(c for part in pair.second.split("+") for c in part.split("|") if not c[0].isupper())]
        problems += [f"combinations: {c}: no such condition" for c in ids if not knowledge.matching(c)]
    codes = {(code, c.id) for c in knowledge.conditions.values() for _, code in (*c.codes, *c.also)}
    codes |= {(row.code, row.first) for row in knowledge.combinations}
    for code, where in sorted(codes):
        if not cm.is_valid_item(code) or not cm.is_leaf(code):
            problems.append(f"conditions: {where}: {code} is not a billable ICD-10-CM code")
    return problems


def report(folders: Sequence[Path]) -> tuple[list[str], int]:
    """What is wrong in some knowledge folders, one line each, and how much they hold; and how many lines say what is wrong."""
    knowledge, problems = load(folders)
    problems = sorted({*problems, *reference_problems(knowledge)})
    wordings: dict[str, set[str]] = defaultdict(set)
    for term in knowledge.terms:
        wordings[term.condition].update(each_term(term.terms))
    systems = Counter(c.system for c in knowledge.conditions.values())
    held = [
        f"{len(knowledge.conditions)} conditions ({', '.join(f'{s} {n}' for s, n in sorted(systems.items()))})",
        f"{sum(map(len, wordings.values()))} wordings, {len(knowledge.evidence)} evidence rows, {len(problems)} problems",
    ]
    return [*problems, *held], len(problems)
