"""hccassist inside somebody else's spaCy pipeline."""

from __future__ import annotations

import spacy

import hccassist.spacy_component  # noqa: F401  registers the component


def test_conditions_become_entities_with_code_and_status() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("hccassist")
    doc = nlp("COPD is stable on Trelegy. No evidence of heart failure.")
    assert [(e.text, e.label_, e._.hcc_status) for e in doc.ents] == [
        ("COPD", "J44.9", "active"),
        ("heart failure", "I50.9", "negated"),
    ]
