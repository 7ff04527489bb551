"""What a coder sees of a note: tiers, reasons, confidence and evidence."""

from __future__ import annotations

from collections.abc import Callable

from hccassist.schema import ChartResult, Suggestion

Screen = Callable[..., ChartResult]

PLAN = """ASSESSMENT AND PLAN
1. COPD - stable on Trelegy, no exacerbations since the spring. Continue inhaler, repeat spirometry in the fall.
2. Type 2 diabetes with CKD stage 3b - A1c 7.4, eGFR 38. Continue Jardiance, recheck BMP in 3 months.
"""


def by_code(result: ChartResult) -> dict[str | None, Suggestion]:
    return {s.icd10: s for s in result.suggestions}


def test_a_condition_with_meat_in_the_plan_is_supported(screen_text: Screen) -> None:
    copd = by_code(screen_text(PLAN))["J44.9"]
    assert copd.tier == "supported"
    assert {"M", "A", "T"} <= {e.element for e in copd.evidence}
    assert copd.hcc["V28"].category == "280"


def test_diabetes_with_kidney_disease_becomes_the_combination_and_the_stage(screen_text: Screen) -> None:
    found = by_code(screen_text(PLAN))
    assert found["E11.22"].tier == "supported"
    assert found["N18.32"].tier == "supported"
    assert "E11.9" not in found


def test_what_made_a_code_specific_is_told_in_words_that_a_coder_uses(screen_text: Screen) -> None:
    found = by_code(screen_text("PLAN\n1. Chronic diastolic heart failure: continue Lasix.\n2. CKD stage 3b: eGFR 38.\n"))
    assert "the chart says: chronic, diastolic, so I50.32 and not I50.9" in found["I50.32"].decided
    assert "the chart says: stage 3b, so N18.32 and not N18.9" in found["N18.32"].decided


def test_a_bare_list_entry_is_mention_only_and_says_what_is_missing(screen_text: Screen) -> None:
    result = screen_text("PROBLEM LIST\nCOPD\n\nHPI\nItchy rash on both arms after gardening.\n\nPLAN\nHydrocortisone cream.\n")
    copd = by_code(result)["J44.9"]
    assert copd.tier == "mention_only"
    assert "this record does not say how it is monitored (breathlessness" in copd.reason
    assert "evaluated (spirometry" in copd.reason


def test_what_is_denied_is_held_back_with_the_words_that_decided(screen_text: Screen) -> None:
    copd = by_code(screen_text("No evidence of COPD on spirometry."))["J44.9"]
    assert (copd.tier, copd.status) == ("suppressed", "negated")
    assert "no evidence of" in copd.reason


def test_confidence_is_a_probability_with_reasons(screen_text: Screen) -> None:
    copd = by_code(screen_text(PLAN))["J44.9"]
    assert 0.5 <= copd.confidence <= 1
    assert copd.why
    assert all(r.text for r in copd.why)


def test_strong_clues_without_a_diagnosis_are_a_question_and_never_a_code(screen_text: Screen) -> None:
    result = screen_text("Medications: Lantus 20 units nightly.\nLabs: A1c 9.1.\nPlan: recheck in 3 months.\n")
    (suspect,) = [s for s in result.suggestions if s.tier == "suspect"]
    assert suspect.icd10 is None
    assert suspect.condition == "diabetes"
    assert {e.text for e in suspect.evidence} >= {"A1c 9.1"}


def test_the_clues_of_a_question_bear_the_letter_of_what_they_are(screen_text: Screen) -> None:
    result = screen_text("Medications: apixaban 5 mg twice daily.\nExam: pulse irregularly irregular.\n")
    (suspect,) = [s for s in result.suggestions if s.tier == "suspect"]
    assert {e.element: e.text for e in suspect.evidence} == {"T": "apixaban", "E": "irregularly irregular"}


def test_a_high_risk_group_asks_for_the_proof_that_auditors_ask_for(screen_text: Screen) -> None:
    result = screen_text("A/P\n1. Acute ischemic stroke - tPA given, MRI reviewed, started on aspirin.\n")
    stroke = next(s for s in result.suggestions if s.icd10 and s.icd10.startswith("I63"))
    assert stroke.high_risk is not None
    assert "inpatient record" in stroke.high_risk


def test_one_suggestion_per_code_and_encounter(screen_text: Screen) -> None:
    codes = [s.icd10 for s in screen_text(PLAN + PLAN).suggestions if s.icd10]
    assert len(codes) == len(set(codes))


def test_a_combination_beside_another_is_shown_by_the_words_that_name_its_own_complication(screen_text: Screen) -> None:
    result = screen_text(
        "Assessment:\n1. Type 2 diabetes with polyneuropathy. A1c 7.1, metformin, gabapentin.\n2. CKD 3b. eGFR 38, losartan.\n"
    )
    found = by_code(result)
    assert found["E11.22"].mentions[0].text == "CKD 3b"
    assert found["E11.42"].mentions[0].text == "Type 2 diabetes with polyneuropathy"
