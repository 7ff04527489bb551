"""Our ConText against medSpaCy's own, with its default rules, on plain sentences: where both have a rule they must agree."""

from __future__ import annotations

from typing import Any

import pytest

SENTENCES = [
    ("There is no evidence of cellulitis.", "negated"),
    ("She denies cellulitis.", "negated"),
    ("Cellulitis was ruled out.", "negated"),
    ("Negative for cellulitis.", "negated"),
    ("No signs of cellulitis or abscess.", "negated"),
    ("The patient does not have cellulitis.", "negated"),
    ("Without cellulitis.", "negated"),
    ("No fever, but cellulitis of the leg.", "active"),
    ("Possible cellulitis.", "uncertain"),
    ("History of cellulitis.", "history"),
    ("Her mother has cellulitis.", "family"),
    ("Family history of cellulitis.", "family"),
    ("Return if you develop cellulitis.", "hypothetical"),
    ("Cellulitis of the left leg, on cephalexin.", "active"),
    ("She was admitted with cellulitis.", "active"),
]


@pytest.fixture(scope="module")
def medspacy_status() -> Any:
    import spacy
    from medspacy.context import ConText
    from medspacy.target_matcher import TargetMatcher, TargetRule

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    matcher: TargetMatcher = nlp.add_pipe("medspacy_target_matcher")
    matcher.add([TargetRule("cellulitis", "PROBLEM")])
    nlp.add_pipe("medspacy_context")
    assert ConText is not None

    def status(sentence: str) -> str:
        (entity,) = nlp(sentence).ents
        flags = {
            "family": entity._.is_family,
            "negated": entity._.is_negated,
            "hypothetical": entity._.is_hypothetical,
            "uncertain": entity._.is_uncertain,
            "history": entity._.is_historical,
        }
        return next((name for name, on in flags.items() if on), "active")

    return status


@pytest.mark.parametrize(("sentence", "status"), SENTENCES)
def test_both_contexts_agree(sentence: str, status: str, medspacy_status: Any, screen_text: Any) -> None:
    ours = {s.status for s in screen_text(sentence).suggestions if s.icd10 and s.icd10.startswith("L03")}
    assert ours == {status}
    assert medspacy_status(sentence) == status
