"""The gate before costly patterns: it may let too much through, never too little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hccassist.encounters.rules import date_labels, setting_cues, signature_cues
from hccassist.evidence.strength import _CLUES
from hccassist.needed import Gate, needs_of, words_of
from hccassist.reading import read_chart

SAMPLES = Path(__file__).parents[1] / "sample_charts"


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        (r"\bdischarge summary\b", ["|discharge| |summary|"]),
        (r"(?:telehealth|video) visits?", ["telehealth visit", "telehealth visits", "video visit", "video visits"]),
        (r"\b(?:no|denie[sd])\b|n't\b", ["|no|", "|denied|", "|denies|", "|t|"]),
        (r"\bexercis\w*", ["exercis"]),
        (r"seen (?:today )?in clinic", ["clinic seen |in|"]),
        (r"(?:office)+", ["office"]),
        (r"\d+ ?(?:mg|units?)\b", ["# |mg|", "# |units|", "# |unit|"]),
        (r"\bA/P\b", ["|a| |p|"]),
        (r"\d", ["#"]),
        (r"\b99\d{3}-9[35]\b", ["99"]),
        (r"\bPOS ?21\b", ["|21| |pos|"]),
        (r"\bv?2{2,}\b", ["#"]),
        (r"(?:office)?", []),
        (r"office|[^.]", []),
        (r"(?i:year.old)", ["old year"]),
    ],
)
def test_what_a_match_holds(pattern: str, ways: list[str]) -> None:
    assert {" ".join(way) for way in needs_of(pattern)} == set(ways)


def test_a_gate_opens_for_the_patterns_that_a_text_may_match() -> None:
    gate = Gate([r"\bno\b", r"\d+ mg", r"denies", r"[^.]"])
    assert gate.open(words_of("No fever; DENIES cough.")) == [0, 2, 3]
    assert gate.open(words_of("Nothing but 40mg")) == [1, 3]


def test_a_gate_tells_the_patterns_that_match_whatever_the_case() -> None:
    gate = Gate([r"\bDenies\b", r"\bno\W+cough", r"(?-i:IM)\b", r"(?P<Verb>Seen|Met) today", r"^Plan"], re.MULTILINE)
    assert gate.matching("DENIES fever, no\n COUGH\nplan: im shots") == [0, 1, 4]
    assert gate.matching("seen TODAY by IM") == [2, 3]


def test_no_shipped_pattern_is_kept_from_a_text_that_it_matches() -> None:
    texts = [read_chart(path, path.name).text for path in sorted(SAMPLES.glob("*.txt"))]
    shipped = [cue.cue for cue in setting_cues()] + [cue.pattern for cue in signature_cues()]
    shipped += [label.label for label in date_labels()] + [pattern.pattern for _, pattern in _CLUES]
    gate = Gate(shipped)
    pieces = [piece for text in texts for piece in (text, text.upper(), *text.splitlines())]
    patterns = [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in shipped]
    matched = {piece: {n for n, pattern in enumerate(patterns) if pattern.search(piece)} for piece in pieces}
    assert len(set().union(*matched.values())) > 30
    assert [piece for piece, numbers in matched.items() if not numbers <= set(gate.open(words_of(piece)))] == []
    found = Gate(shipped, re.MULTILINE)
    assert [piece for piece, numbers in matched.items() if numbers != set(found.matching(piece))] == []
    assert sum(len(gate.open(words_of(piece))) for piece in pieces) < len(pieces) * len(shipped) / 4
