"""Questions to providers, and what their documentation patterns teach."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from review_builder import CONDITIONS, COPD, VISIT, Visit, chart, plain, write_chart, write_results

from hccassist.reading import read_chart
from hccassist.reading.kept import keep
from hccassist.review import Action, DecisionError, Quote, Store
from hccassist.review.documentation import by_provider, by_wording, collect
from hccassist.review.people import Person
from hccassist.review.queries import OTHER, UNABLE, Queries, choices, concerns, draft

COPD_ID, SUSPECT, HF = "e1:J44.9", "e1:N18.4", "e1:I50.22"
ANN, BEN, LEAD = Person("ann", "coder"), Person("ben", "coder"), Person("lee", "lead")


def act(store: Store, kind: str, suggestion: str, who: str = "ann", **more: object) -> None:
    store.record(chart(store), Action(uuid.uuid4().hex, kind, suggestion, **more), who)  # type: ignore[arg-type]


def drafted(store: Store, key: str, form: str = "choice") -> str:
    suggestion = chart(store).suggestion(key)
    assert suggestion is not None
    return draft(chart(store), suggestion, form, chart(store).states.get(key))  # type: ignore[arg-type]


# ---- wording


def test_a_condition_that_is_only_named_is_asked_about_with_its_words_and_a_choice(store: Store) -> None:
    text = drafted(store, COPD_ID)
    assert "To: Jane Roe, MD" in text
    assert "visit of 2025-03-04, page 1" in text
    assert "- “COPD” (page 1)" in text
    for choice in ("Present at this visit, not addressed", "Past, no longer present", "Not present", OTHER, UNABLE):
        assert f"[ ] {choice}" in text


def test_a_suspect_is_asked_about_without_naming_a_diagnosis(store: Store) -> None:
    for form in ("open", "choice"):
        text = drafted(store, SUSPECT, form)
        assert "- “eGFR 24” (page 1)" in text
        assert "what diagnosis, if any" in text
        assert "kidney" not in text.lower()
        assert "[ ]" not in text


def test_a_condition_that_could_be_specified_offers_what_the_wording_can_support(store: Store) -> None:
    suggestion = chart(store).suggestion(HF)
    assert suggestion is not None
    assert len(choices(suggestion)) == 3
    assert choices(replace(suggestion, alternatives=())) == ()


def test_a_condition_with_the_most_specific_code_is_asked_about_its_status_not_its_detail(store: Store) -> None:
    suggestion = chart(store).suggestion(HF)
    assert suggestion is not None
    sure = draft(chart(store), replace(suggestion, alternatives=()), "open")
    assert "What was the status of “Chronic systolic heart failure” at this visit? Please describe it" in sure
    vague = replace(suggestion, alternatives=(), icd10="I50.9", description="Heart failure, unspecified")
    for found in (suggestion, vague):
        assert "specified further" in draft(chart(store), found, "open")


def test_an_uncertain_condition_is_asked_to_be_settled(store: Store) -> None:
    suggestion = chart(store).suggestion(HF)
    assert suggestion is not None
    text = draft(chart(store), replace(suggestion, status="uncertain", tier="suppressed"), "choice")
    assert "[ ] Confirmed" in text
    assert "[ ] Ruled out" in text


def test_a_suspect_is_asked_about_openly_for_there_is_no_diagnosis_to_confirm(store: Store) -> None:
    suggestion = chart(store).suggestion(SUSPECT)
    assert suggestion is not None
    assert choices(replace(suggestion, status="uncertain", alternatives=())) == ()


def test_struck_words_are_not_quoted(store: Store) -> None:
    mention = chart(store).suggestion(HF).evidence[0]  # type: ignore[union-attr]
    act(store, "strike", HF, quote=Quote(mention.start, mention.end, mention.text, 1, mention.element))
    assert mention.text not in drafted(store, HF)


def test_words_within_longer_words_are_quoted_once_and_a_coders_own_too(store: Store) -> None:
    text = drafted(store, HF)
    assert "- “Chronic systolic heart failure, compensated” (page 1)" in text
    assert text.count("“Chronic systolic heart failure”") == 2  # where it stands alone, and in the question
    full = plain(VISIT.text)
    at = full.index("CTA was negative")
    act(store, "evidence", HF, quote=Quote(at, at + 16, "CTA was negative", 1, "E", "by hand"))
    assert "- “CTA was negative” (page 1)" in drafted(store, HF)


@pytest.mark.parametrize("key", [COPD_ID, SUSPECT, HF])
@pytest.mark.parametrize("form", ["open", "choice"])
def test_no_draft_is_leading_or_speaks_of_payment(store: Store, key: str, form: str) -> None:
    assert concerns(drafted(store, key, form)) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("This would capture HCC 226.", "payment"),
        ("It affects reimbursement.", "payment"),
        ("The RAF needs it.", "payment"),
        ("Please add CKD stage 4 to the note.", "leading"),
        ("Do you agree that the patient has CKD?", "leading"),
        ("Which is it?\n[ ] CKD stage 4\n[ ] Other", "choice"),
    ],
)
def test_what_is_not_compliant_is_named_with_its_source(text: str, kind: str) -> None:
    [concern] = concerns(text)
    assert (concern.kind, "ACDIS/AHIMA" in concern.source) == (kind, True)


def test_the_providers_own_words_may_say_anything() -> None:
    assert concerns("The record says:\n- “Patient asks about payment” (page 2)\n\nWhat was its status?") == []


# ---- kept


def test_a_query_is_worded_sent_and_answered(store: Store) -> None:
    queries = Queries(store)
    act(store, "query", COPD_ID)
    [found] = queries.all(ANN)
    assert (found.suggestion_id, found.text, found.status) == (COPD_ID, None, "draft")
    text = drafted(store, COPD_ID)
    queries.keep(ANN, found.chart_id, COPD_ID, text, "sent")
    queries.keep(ANN, found.chart_id, COPD_ID, text, "answered", "Past.")
    [found] = queries.all(ANN)
    assert (found.text, found.status, found.answer) == (text, "answered", "Past.")


def test_what_is_not_compliant_is_kept_as_a_draft_and_never_sent(store: Store) -> None:
    queries = Queries(store)
    act(store, "query", COPD_ID)
    queries.keep(ANN, 1, COPD_ID, "Please add COPD.")
    with pytest.raises(DecisionError, match=r"Not sent: “Please add”"):
        queries.keep(ANN, 1, COPD_ID, "Please add COPD.", "sent")
    assert queries.all(ANN)[0].status == "draft"


def test_what_was_sent_stands_as_the_provider_has_it_until_it_is_a_draft_again(store: Store) -> None:
    queries = Queries(store)
    act(store, "query", COPD_ID)
    text = drafted(store, COPD_ID)
    queries.keep(ANN, 1, COPD_ID, text, "sent")
    for other, status in ((f"{text} Soon?", "sent"), (f"{text} Soon?", "draft"), ("Please add COPD.", "answered")):
        with pytest.raises(DecisionError, match="Not "):
            queries.keep(ANN, 1, COPD_ID, other, status, "Past.")  # type: ignore[arg-type]
    queries.keep(ANN, 1, COPD_ID, text, "draft")  # it was marked by mistake
    queries.keep(ANN, 1, COPD_ID, f"{text} Soon?", "sent")
    assert queries.all(ANN)[0].text == f"{text} Soon?"


def test_no_answer_makes_a_question_sent_that_is_not_compliant(store: Store) -> None:
    act(store, "query", COPD_ID)
    with pytest.raises(DecisionError, match="Not sent"):
        Queries(store).keep(ANN, 1, COPD_ID, "Please add COPD.", "answered", "Done.")


def test_a_coder_sees_their_own_queries_and_a_lead_all(store: Store) -> None:
    act(store, "query", COPD_ID)
    queries = Queries(store)
    assert [len(queries.all(who)) for who in (ANN, BEN, LEAD)] == [1, 0, 1]
    with pytest.raises(DecisionError, match="somebody else's"):
        queries.keep(BEN, 1, COPD_ID, "What was its status?")


def test_a_query_that_was_taken_back_is_gone(store: Store) -> None:
    act(store, "query", COPD_ID)
    act(store, "undo", COPD_ID, target=1)
    assert Queries(store).all(ANN) == []


# ---- documentation patterns


def test_patterns_show_the_heading_and_the_provider_with_examples(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "more"
    gout = replace(COPD, condition="gout", icd10="M10.9", description="Gout")
    text = "Patient: A\n\nProblem list\n[[copd]COPD], since 2012\n[[gout]Gout]\n\nPlan: [[hf]HF], [[hf:T]carvedilol].\n"
    other = Visit(text, provider="Abel Thorn", credential="DO")
    charts = [
        write_chart(root, name, [visit], CONDITIONS | {"gout": gout})
        for name, visit in (("a.txt", other), ("b.txt", replace(other, provider="Sol Reed")), ("c.txt", VISIT))
    ]
    folder = write_results(tmp_path / "two", root, charts)
    for c in charts:
        keep(folder, read_chart(root / c.chart, c.chart))
    store.import_results(folder)
    found, stated = collect(store, folder)
    [listed] = by_wording(found)
    assert (listed.heading, listed.why, listed.times, listed.providers) == ("Problem list", "Named only", 4, 2)
    assert listed.conditions == ("copd", "gout")
    assert [e.line for e in listed.examples] == ["COPD, since 2012", "Gout"]  # each once, though both charts have it
    assert [(p.provider, p.findings, p.stated, p.heading) for p in by_provider(found, stated)] == [
        ("Abel Thorn, DO", 2, 3, "Problem list"), ("Sol Reed, DO", 2, 3, "Problem list"),
    ]  # fmt: skip
    assert {f.heading for f in found if f.provider == "Jane Roe, MD"} == {"PMH"}


def test_only_refusals_that_wording_could_have_spared_are_taught(store: Store) -> None:
    act(store, "reject", HF, reason="no_meat")
    act(store, "reject", "e1:E11.22", reason="duplicate")
    act(store, "accept", COPD_ID)
    found, stated = collect(store, None)
    assert [(f.condition, f.why) for f in found] == [("heart failure systolic chronic", "No MEAT")]
    assert stated == {"Jane Roe, MD": 4}
