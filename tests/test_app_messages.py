"""What the browser may ask of the server, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from review_builder import VISIT, chart, plain

from app.messages import answer, answer_closed
from app.payload import chart_payload, confidence_words, second_payload, second_state_payload, state_payload
from hccassist.review import Code, Store
from hccassist.review.chart_file import read
from hccassist.review.drafts import Drafts
from hccassist.review.people import Person
from hccassist.review.samples import Samples
from hccassist.terminology.compiled import load_lexicon

HF = "e1:I50.22"
TEXT = plain(VISIT.text)


CODER, LEAD = Person("ann", "coder"), Person("lee", "lead")


def say(store: Store, person: Person = CODER, **message: Any) -> dict[str, Any]:
    return answer(store, chart(store), person, {"id": "1", "suggestion": HF, **message})


def quote(words: str, **more: Any) -> dict[str, Any]:
    at = TEXT.index(words)
    return {"start": at, "end": at + len(words), "text": words, "page": 1, **more}


def test_a_decision_is_recorded(store: Store) -> None:
    assert say(store, type="decide", kind="accept", rationale="Clear.") == {"ok": True}
    decision = chart(store).states[HF].decision
    assert decision is not None
    assert (decision.kind, decision.rationale, decision.who) == ("accept", "Clear.", "ann")


def test_words_that_the_chart_does_not_hold_are_not_recorded(store: Store) -> None:
    real, invented = quote("No orthopnea"), {**quote("No orthopnea"), "text": "Orthopnea!!!"}
    assert say(store, type="decide", kind="evidence", quote={**real, "letter": "M"})["ok"]
    reply = say(store, type="decide", id="2", kind="evidence", quote={**invented, "letter": "M"})
    assert (reply["ok"], len(store.events())) == (False, 1)


def test_a_chosen_code_is_recorded_as_the_tables_have_it_and_one_that_they_lack_is_refused(store: Store) -> None:
    forged = {"code": "I10", "description": "Heart failure", "hcc": "V28 HCC 226"}
    assert say(store, type="decide", kind="change", code=forged)["ok"]
    decision = chart(store).states[HF].decision
    assert decision is not None
    assert decision.code == Code("I10", "Essential (primary) hypertension", "")
    reply = say(store, type="decide", id="2", kind="change", code={"code": "I50.999"})
    assert (reply["ok"], "no such code" in reply["message"], len(store.events())) == (False, True, 1)


def test_a_rationale_that_was_typed_is_a_draft_until_it_is_recorded_or_undone(store: Store) -> None:
    def drafts(sample: int = 0) -> dict[str, str]:
        return Drafts(store).of("ann", 1, sample)

    say(store, type="draft", text="Clear.")
    store.holds.open(1, "ben")
    assert not say(store, type="decide", kind="accept", rationale="Clear.")["ok"]
    assert drafts() == {HF: "Clear."}
    store.holds.leave_all("ben")
    assert say(store, type="decide", id="2", kind="accept", rationale="Clear.")["ok"]
    assert drafts() == {}
    say(store, type="draft", text="Not so cle")
    assert say(store, type="decide", id="3", kind="strike", quote={**quote("carvedilol 12.5 mg twice daily"), "letter": "T"})[
        "ok"
    ]
    assert drafts() == {HF: "Not so cle"}
    say(store, type="decide", id="4", kind="undo", target=1)
    assert drafts() == {}
    say(store, type="draft", text="Seen anew.", sample=7)
    assert (drafts(), drafts(7)) == ({}, {HF: "Seen anew."})


def test_what_is_decided_on_a_page_older_than_the_last_screening_never_stands_at_another_visit(store: Store) -> None:
    here, elsewhere = {"date_of_service": "2025-03-04", "pages": [1]}, {"date_of_service": "2024-11-02", "pages": [1]}
    code = {"code": "J44.9", "description": "COPD"}
    added = {"suggestion": "added:1", "kind": "add", "code": code, "quote": quote("PMH"), "encounter": "e1"}
    for number, message in enumerate(({"kind": "accept"}, added)):
        refused = say(store, type="decide", id=f"{number} no", visit=elsewhere, **message)
        assert (refused["ok"], "screened again" in refused["message"]) == (False, True)
        assert say(store, type="decide", id=f"{number} yes", visit=here, **message)["ok"]


def test_a_decision_sent_again_is_told_as_recorded_whatever_became_of_its_chart_since(store: Store) -> None:
    message = {"type": "decide", "id": "lost answer", "kind": "accept", "rationale": "Clear."}
    elsewhere = {"date_of_service": "2024-11-02", "pages": [1]}
    assert say(store, **message)["ok"]
    assert say(store, **message, visit=elsewhere) == {"ok": True}  # the visits were numbered anew meanwhile
    assert answer_closed(store, 1, CODER, message) == {"ok": True}  # the chart left the results
    assert not answer_closed(store, 1, LEAD, message)["ok"]  # nobody else's answer
    assert len(store.events()) == 1


def test_words_for_a_chart_that_left_the_results_are_kept_and_said_to_be(store: Store) -> None:
    def reply(chart_id: int = 1, **message: Any) -> str:
        return str(answer_closed(store, chart_id, CODER, {"id": "1", "suggestion": HF, **message})["message"])

    assert "What you typed is kept" in reply(type="draft", text="Edema went down.")
    assert "What you typed is kept" in reply(type="note", text="Ask Lee.")
    assert (Drafts(store).of("ann", 1), store.note("ann", 1)) == ({HF: "Edema went down."}, "Ask Lee.")
    assert "does not know this chart" in reply(99, type="draft", text="Lost?")
    assert "reload the page, then decide" in reply(type="decide", kind="accept")
    assert store.events() == []


def test_what_was_typed_after_the_words_were_kept_stays_a_draft(store: Store) -> None:
    drafts = Drafts(store)
    drafts.keep("ann", 1, "answer 3", "Yes. And")
    drafts.settle("ann", 1, "answer 3", "Yes.")
    assert drafts.of("ann", 1) == {"answer 3": "Yes. And"}
    drafts.settle("ann", 1, "answer 3", "Yes. And")
    assert drafts.of("ann", 1) == {}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "nonsense"},
        {"type": "decide"},
        {"type": "decide", "kind": "drop table"},
        {"type": "decide", "kind": "change"},
        {"type": "decide", "kind": "add", "code": {"code": "I10"}, "quote": {"start": 1}},
        {"type": "image", "page": "x"},
    ],
)
def test_nonsense_is_refused_in_one_plain_sentence_without_chart_text(store: Store, message: dict[str, Any]) -> None:
    reply = say(store, **message)
    assert (reply["ok"], store.events()) == (False, [])
    assert "Quill" not in reply["message"]


def test_a_plain_text_chart_has_no_page_image_and_says_so(store: Store) -> None:
    assert "read its text" in say(store, type="image", page=1)["message"]


def test_codes_are_found_with_their_hcc(store: Store) -> None:
    [first, *_] = say(store, type="search", query="E11.22")["codes"]
    assert (first["code"], "HCC 37" in first["hcc"]) == ("E11.22", True)
    assert say(store, type="search", query="e")["codes"] == []


def test_codes_are_found_by_the_words_of_the_trade_too(store: Store) -> None:
    load_lexicon()  # compiled on this machine, as a screening leaves it

    def first(query: str) -> str:
        return str(say(store, type="search", query=query)["codes"][0]["code"])

    assert [first(q) for q in ("ckd 3b", "COPD", "afib", "mdd recurrent moderate", "heart failure")] == [
        "N18.32", "J44.9", "I48.91", "F33.1", "I50.9",
    ]  # fmt: skip


def test_the_payload_names_no_decision_and_the_state_all_of_them(store: Store) -> None:
    say(store, type="decide", kind="accept")
    opened = chart(store)
    payload = chart_payload(opened, read(opened.result, opened.roots, opened.folder))
    assert payload["chart"]["text"] == TEXT
    assert all("decision" not in s for s in payload["suggestions"])
    assert {k for k, s in state_payload(opened)["states"].items() if s["decision"]} == {HF}


def test_confidence_is_said_in_words_that_go_with_its_figure() -> None:
    words = [confidence_words(x) for x in (0.95, 0.895, 0.8, 0.6, 0.3, 0.1)]
    assert words == ["Very likely", "Very likely", "Likely", "Could go either way", "Unlikely", "Very unlikely"]


def test_nothing_is_said_of_how_likely_a_suspect_is_to_be_accepted_which_nobody_can_accept(store: Store) -> None:
    opened = chart(store)
    payload = chart_payload(opened, read(opened.result, opened.roots, opened.folder))
    said = {s["tier"]: (s["confidence"], s["percent"]) for s in payload["suggestions"]}
    assert (said["suspect"], said["suppressed"]) == ((None, None), (0.05, "5%"))


def test_a_coders_forged_second_review_is_refused_and_leaves_no_trace(store: Store) -> None:
    say(store, Person("ben", "coder"), type="decide", kind="accept")
    sample = Samples(store).draw(LEAD, "random", 1)
    for forged in ({"type": "second", "sample": sample, "kind": "reject"}, {"type": "decide", "kind": "second", "target": 1}):
        reply = say(store, CODER, id="2", **forged)
        assert (reply["ok"], len(store.events())) == (False, 1)
    for _ in range(2):  # the answer to the last verdict of a sample may be lost, and the verdict sent again
        assert say(store, LEAD, id="3", type="second", sample=sample, kind="reject", reason="no_meat") == {"ok": True}
    assert len(store.events()) == 2


def test_a_chart_that_somebody_else_holds_is_decided_on_only_after_taking_it_over(store: Store) -> None:
    store.holds.open(1, "ben")
    reply = say(store, type="decide", kind="accept")
    assert (reply["ok"], "ben is deciding" in reply["message"], store.events()) == (False, True, [])
    assert say(store, type="take_over") == {"ok": True}
    assert say(store, type="decide", id="2", kind="accept") == {"ok": True}


def test_a_word_of_where_one_is_keeps_a_hold_and_takes_none(store: Store) -> None:
    store.holds.open(1, "ann")
    assert say(store, type="bookmark") == {"ok": True}
    assert store.holds.all().keys() == {1}
    store.holds.leave_all("ann")
    assert say(store, type="bookmark") == {"ok": True}  # on its way while the chart was left
    assert store.holds.all() == {}


def test_a_second_reader_is_told_nothing_of_the_first_decision(store: Store) -> None:
    say(store, type="decide", kind="reject", reason="no_meat", rationale="Only in the list.")
    say(store, type="decide", id="2", kind="strike", quote={**quote("carvedilol 12.5 mg twice daily"), "letter": "T"})
    words = quote("PMH")
    code = {"code": "J44.9", "description": "COPD"}
    say(store, type="decide", id="3", kind="add", suggestion="added:1", code=code, quote=words, encounter="e1")
    sample = Samples(store).draw(LEAD, "random", 5)
    opened, items = chart(store), Samples(store).items(LEAD, sample)
    payload = second_payload(opened, read(opened.result, opened.roots, opened.folder), items)
    assert [(s["id"], s["code"]) for s in payload["suggestions"]] == [(HF, "I50.22"), ("added:1", "J44.9")]
    assert payload["suggestions"][1]["mentions"][0]["text"] == "PMH"
    state = second_state_payload(opened, items)
    assert all(s["decision"] is None and not s["struck"] for s in state["states"].values())
    assert "Only in the list" not in str((payload["suggestions"], state))
    say(store, LEAD, id="4", type="second", sample=sample, kind="accept")
    items = Samples(store).items(LEAD, sample)
    assert second_state_payload(opened, items)["states"][HF]["decision"]["kind"] == "accept"
