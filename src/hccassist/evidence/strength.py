"""How strongly a sentence proves a MEAT element of a condition: a logistic model over plain clues (models/linker.json).

The strength is the probability that a careful reader would quote these words for that element of that condition.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hccassist.evidence.detect import Item
from hccassist.nlp.document import Sentence
from hccassist.schema import Element

_INTRODUCTION = re.compile(
    r"\b(?:year.old|y/?o|past medical history|history significant|significant for|medical history)\b|\bPMH|\b\d{1,3}[MFmf]\b",
    re.IGNORECASE,
)
_PRESENTS = re.compile(
    r"\b(?:presents?|presenting|here) (?:today |to clinic )?(?:for|with|to)\b|\bcomes in\b|\bfollow.?up (?:of|for)\b",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(r"^\W*if\b|\bif (?:he|she|they|symptoms|this|you)\b|\bshould (?:he|she|they|this)\b", re.IGNORECASE)
_VALUE = re.compile(r"\d")
_SECTIONS = {
    "assessment_plan": "plan", "hospital_course": "plan", "hpi": "hpi", "exam": "exam", "vitals": "exam", "results": "results",
    "medications": "medications", "ros": "ros", "pmh": "list", "psh": "list", "problem_list": "list", "start": "start",
    "chief_complaint": "complaint", "social_history": "social", "instructions": "instructions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clues:
    """What speaks for a piece of evidence: the names of the clues that hold."""

    names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        how: str,
        distance: int,
        element: Element,
        items: Sequence[Item],
        condition: str,
        label: Element | None,
        sentence: Sentence,
        text: str,
        conditions_here: int,
        active: set[str],
        short: bool,
    ) -> Clues:
        """The clues of one sentence, element and condition. ``items``: the words that prove the element there."""
        section = _SECTIONS.get(sentence.section, "other")
        names = {
            f"tie {how}",
            f"{element} tie {how}",
            f"section {section}",
            f"{element} section {section}",
            f"element {element}",
        }
        specific = [i for i in items if condition in i.word.conditions]
        names.update(f"its {i.word.kind}" for i in specific)
        names.update(f"{'word' if i.generic else 'other'} {i.word.kind}" for i in items if i not in specific)
        if specific:
            names.add(f"its own, tie {how}")
            rivals = min(len(specific[0].word.conditions & active), 3)
            names.add(f"shared by {rivals}")
        if len({i.word.written.lower() for i in items}) > 1:
            names.add("several words")
            if how == "only":
                names.add("several words, only")
        if label:
            names.add("label agrees" if label == element else "label differs")
        if conditions_here > 1 and how == "same":
            names.add("several conditions in the sentence")
        if _INTRODUCTION.search(text):
            names.add("introduction")
        if _PRESENTS.search(text):
            names.add("presents")
        if _CONDITIONAL.search(text):
            names.add("conditional")
        if element == "E" and _VALUE.search(text):
            names.add("value")
        size = sentence.j - sentence.i
        names.add("very short" if size <= 4 else "short" if size <= 9 else "long" if size > 32 else "middling")
        if how in ("follows", "block", "only"):
            names.add(f"{how} {min(distance, 4)}")
        if short:
            names.update(("short note", f"short note {how}", f"short note {element}"))
        return cls(tuple(sorted(names)))


@dataclass(frozen=True, slots=True)
class Strength:
    """The trained weights."""

    version: str
    intercept: float
    weights: dict[str, float]

    def of(self, clues: Clues) -> float:
        """0 to 1, two decimals."""
        weights = self.weights
        return round(1 / (1 + math.exp(-self.intercept - sum(weights.get(n, 0.0) for n in clues.names))), 2)


def load_strength(path: Path) -> Strength:
    """The linker's weights from JSON."""
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Strength(str(value["version"]), float(value["intercept"]), value["weights"])
