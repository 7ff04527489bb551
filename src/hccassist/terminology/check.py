"""``hccassist knowledge check``: what is wrong in the knowledge files, beyond what the form of a row shows."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from hccassist.terminology.codes import load_codes
from hccassist.terminology.rows import HERE, Knowledge, knowledge_files, load
from hccassist.terminology.spelling import STEM
from hccassist.terminology.words import each_term

ENDINGS = ("able", "ed", "er", "ful", "ing", "like", "ly", "ment", "ness")
"""A word that has one behind it somewhere is a word: "bleed", "bleeding"."""
_WORD = re.compile(rf"[a-z]{{{STEM},}}")


def begun(words: Iterable[str]) -> dict[str, list[str]]:
    """Words of four letters or more, each with those that begin with it and are longer by two letters or more."""
    found: dict[str, list[str]] = defaultdict(list)
    ordered = sorted({word for word in words if word.isalpha() and len(word) >= STEM})
    for k, word in enumerate(ordered):
        for longer in ordered[k + 1 :]:
            if not longer.startswith(word):
                break
            if len(longer) >= len(word) + 2:
                found[word].append(longer)
    return {word: longer for word, longer in found.items() if not any(w[len(word) :] in ENDINGS for w in longer)}


def words_broken_off(own: Knowledge, ours: Knowledge) -> list[str]:
    """Words broken off in a team's ``own`` wordings: one that our files know whole ("pembro") would be a word from then on, and
    be completed nowhere; it belongs into ``abbreviations.csv``."""
    known = _naming_words(ours) | {w for title in load_codes().titles.values() for w in _WORD.findall(title.lower())}
    short = {row.written for row in (*ours.abbreviations, *own.abbreviations)}
    new = _naming_words(own) - known - short
    return [
        f"terms: “{word}” looks broken off from “{longer[0]}”: abbreviations.csv is its place"
        for word, longer in sorted(begun(known | new).items())
        if word in new
    ]


def _naming_words(knowledge: Knowledge) -> set[str]:
    """The longer words that name a condition or a drug, as the files write them."""
    cells = [term.terms for term in knowledge.terms] + [row.words for row in knowledge.evidence if row.kind == "drug"]
    return {word for cell in cells for word in _WORD.findall(cell.lower())}


def repeated_rows(folders: Sequence[Path]) -> list[str]:
    """Rows that say what an earlier one says, whatever their source."""
    first: dict[tuple[str, ...], str] = {}
    problems = []
    for path in knowledge_files(folders):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                said = tuple(f"{column}={value}" for column, value in row.items() if column != "source")
                here = f"{path.parent.name}/{path.name}:{number}"
                if first.setdefault(said, here) != here:
                    problems.append(f"{here}: says what {first[said]} says")
    return problems


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
    for short in knowledge.abbreviations:
        if " " in short.written and len(short.written.split()) != len(short.meaning.split()):
            problems.append(f"abbreviations: {short.written}: must have as many words as its meaning")
    codes = {(code, c.id) for c in knowledge.conditions.values() for _, code in (*c.codes, *c.also)}
    codes |= {(row.code, row.first) for row in knowledge.combinations}
    for code, where in sorted(codes):
        if not cm.is_valid_item(code) or not cm.is_leaf(code):
            problems.append(f"conditions: {where}: {code} is not a billable ICD-10-CM code")
    return problems


def report(folders: Sequence[Path]) -> tuple[list[str], int]:
    """What is wrong in some knowledge folders, one line each, and how much they hold; and how many lines say what is wrong."""
    knowledge, problems = load(folders)
    problems = sorted({*problems, *reference_problems(knowledge), *repeated_rows(folders)})
    if own := [folder for folder in folders if folder != HERE]:
        problems += words_broken_off(load(own)[0], load([HERE])[0])
    wordings: dict[str, set[str]] = defaultdict(set)
    for term in knowledge.terms:
        wordings[term.condition].update(each_term(term.terms))
    systems = Counter(c.system for c in knowledge.conditions.values())
    held = [
        f"{len(knowledge.conditions)} conditions ({', '.join(f'{s} {n}' for s, n in sorted(systems.items()))})",
        f"{sum(map(len, wordings.values()))} wordings, {len(knowledge.evidence)} evidence rows, {len(problems)} problems",
    ]
    return [*problems, *held], len(problems)
