"""What the browser may ask of the server, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from review_builder import VISIT, plain, write_chart, write_results

from app.messages import answer
from app.payload import chart_payload, confidence_words, state_payload
from hccassist.review import OpenChart, Store, open_store
from hccassist.review.chart_file import read

HF = "e1:I50.22"
TEXT = plain(VISIT.text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    root = tmp_path / "charts"
    opened = open_store(str(tmp_path / "review.db"))
    opened.import_results(write_results(tmp_path / "results", root, [write_chart(root, "quill.txt")]))
    return opened


def chart(store: Store) -> OpenChart:
    opened = store.open_chart(1)
    assert opened is not None
    return opened


def say(store: Store, **message: Any) -> dict[str, Any]:
    return answer(store, chart(store), "ann", {"id": "1", "suggestion": HF, **message})


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
