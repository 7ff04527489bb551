"""The quick look before a costly pattern: it may let too much through, never too little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hccassist.encounters.rules import setting_cues
from hccassist.evidence.strength import _SAYS
from hccassist.needed import any_in, needed_words
from hccassist.reading import read_chart

SAMPLES = Path(__file__).parents[1] / "sample_charts"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bdischarge summary\b", ("discharge summary",)),
        (r"(?:telehealth|video) visit", (" visit",)),
        (r"\b(?:radiology|imaging)\b", ("imaging", "radiology")),
        (r"seen (?:today )?in clinic", ("in clinic",)),
        (r"(?:office)+", ("office",)),
        (r"(?:office)?", ()),
        (r"office|\d", ()),
        (r"\bI\b", ()),
    ],
)
def test_what_a_pattern_cannot_match_without(pattern: str, words: tuple[str, ...]) -> None:
    assert needed_words(pattern) == words


def test_no_shipped_pattern_is_skipped_where_it_would_match() -> None:
    texts = [read_chart(path, path.name).text for path in sorted(SAMPLES.glob("*.txt"))]
    patterns = [re.compile(cue.cue, re.IGNORECASE | re.MULTILINE) for cue in setting_cues()] + [p for _, _, p in _SAYS]
    pieces = [piece for text in texts for piece in (text, text.upper(), *text.splitlines())]
    matches = [(p, piece) for p in patterns for piece in pieces if p.search(piece)]
    assert len({p.pattern for p, _ in matches}) > 20
    assert [p.pattern for p, piece in matches if not any_in(needed_words(p.pattern), piece.lower())] == []
