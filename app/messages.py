"""Answers to what the workbench sends: decisions to record, code searches, page images, bookmarks, drafts and notes.

Every message has an id made in the browser, and may arrive more than once: recording is idempotent, asking is harmless. What is
recorded already is so whatever became of the chart since.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from app.charts import chart_file
from hccassist.reading import ReadError
from hccassist.reading.apart import page_image
from hccassist.review import Action, Code, DecisionError, OpenChart, Quote, Store
from hccassist.review.drafts import FIRST_READING, Drafts
from hccassist.review.people import Person
from hccassist.review.samples import Samples
from hccassist.review.snapshot import same_visit

Json = dict[str, Any]
SEARCH_LIMIT = 20
IMAGE_SCALE = 2.0
RECORDED = ("decide", "second", "take_over")
NEW_WORDS = ("add", "evidence")
MOST_WORDS, MOST_NOTE = 8000, 20_000
MOVED = "The chart was screened again meanwhile: reload the page, then decide."
WORDS_KEPT = "The chart was screened again, or left the results. What you typed is kept: reload the page to see it."
UNKNOWN = "The server does not know this chart: copy what you typed, then open the chart from the worklist."


def answer(store: Store, opened: OpenChart, person: Person, message: Mapping[str, Any]) -> Json:
    """The reply to one message: ``ok``, and what was asked for or one plain sentence why not. A browser can be made to
    send anything: what the person's role does not give them is refused here."""
    try:
        person.require("review")
        match message.get("type"):
            case "decide":
                action = _action(message)
                if not store.recorded(action.action_id, person.name):  # else it is sent again: its answer was lost
                    _record(store, opened, person, action, message)
                _settle(store, opened, person, action)
            case "second":
                action, reading = _action(message), int(message["sample"])
                Samples(store).judge(person, reading, opened, action)
                _settle(store, opened, person, action, reading)
            case "take_over":
                store.take_over(opened, str(message["id"]), person.name)
            case "bookmark":
                store.bookmark(person.name, opened.id, str(message["suggestion"]))
                store.holds.alive(opened.id, person.name)
            case "draft" | "note":
                _keep_words(store, opened.id, person, message)
            case "search":
                return {"ok": True, "codes": search(str(message["query"]))}
            case "image":
                return _image(opened, int(message["page"]))
            case "open":
                sample = message.get("sample")
                return {"ok": True, "open": int(message["target"]), "sample": int(sample) if sample else None}
            case _:
                return {"ok": False, "message": "The page and the server disagree: reload the page."}
    except DecisionError as error:
        return {"ok": False, "message": str(error)}
    except (KeyError, TypeError, ValueError):
        return {"ok": False, "message": "This could not be recorded: reload the page and try again."}
    return {"ok": True}


def answer_closed(store: Store, chart_id: int, person: Person, message: Mapping[str, Any]) -> Json:
    """The reply where the chart does not open: nothing is decided on what cannot be looked at, but words are kept."""
    if message.get("type") in RECORDED and store.recorded(str(message.get("id")), person.name):
        return {"ok": True}
    if message.get("type") not in ("draft", "note"):
        return {"ok": False, "message": MOVED}
    if not person.may("review") or not store.knows(chart_id):
        return {"ok": False, "message": UNKNOWN}
    try:
        _keep_words(store, chart_id, person, message)
    except (KeyError, TypeError, ValueError):
        return {"ok": False, "message": UNKNOWN}
    return {"ok": False, "message": WORDS_KEPT}


def _keep_words(store: Store, chart_id: int, person: Person, message: Mapping[str, Any]) -> None:
    """Keep a draft or the own note as it was typed."""
    if message["type"] == "note":
        store.set_note(person.name, chart_id, str(message["text"])[:MOST_NOTE])
        return
    reading = int(message.get("sample") or FIRST_READING)
    text = str(message["text"])[:MOST_WORDS]
    Drafts(store).keep(person.name, chart_id, str(message["suggestion"]), text, reading, _visit(message))


def _settle(store: Store, opened: OpenChart, person: Person, action: Action, reading: int = FIRST_READING) -> None:
    """Words that were recorded, or given up with an undo, are no draft any more."""
    if action.rationale is not None or action.kind == "undo":
        Drafts(store).keep(person.name, opened.id, action.suggestion_id, "", reading)


def _record(store: Store, opened: OpenChart, person: Person, action: Action, message: Mapping[str, Any]) -> None:
    """Record what was decided. Refused is what was decided on a page older than the last screening where that gave the visit's
    number to another, and what rests on words that the chart does not hold."""
    suggestion = opened.suggestion(action.suggestion_id)
    today = opened.visits.get((suggestion.encounter if suggestion else action.encounter) or "")
    if not same_visit(_visit(message), today):
        raise DecisionError(MOVED)
    if action.kind in NEW_WORDS and not _in_chart(opened, action.quote):
        raise DecisionError("The selected words are not those of the chart: reload the page, select them again.")
    store.record(opened, action, person.name)


def _visit(message: Mapping[str, Any]) -> Json | None:
    """The visit as it stands on the page that the message comes from."""
    visit = message.get("visit")
    if not visit:
        return None
    date = visit.get("date_of_service")
    return {"date_of_service": str(date) if date else None, "pages": [int(n) for n in visit["pages"]]}


def _in_chart(opened: OpenChart, quote: Quote | None) -> bool:
    """Whether a quote is word for word what stands at its place: words that no chart holds prove nothing."""
    chart = chart_file(opened).chart
    return quote is not None and chart is not None and chart.text[quote.start : quote.end] == quote.text


def _image(opened: OpenChart, number: int) -> Json:
    """A page as an image, from the file that was screened and from no other."""
    path = chart_file(opened).path
    if path is None:
        return {"ok": False, "message": "The file is not there to show its image."}
    try:
        image = page_image(path, number, IMAGE_SCALE)
    except ReadError as error:
        return {"ok": False, "message": str(error)}
    return {"ok": True, "image": f"data:image/png;base64,{b64encode(image).decode()}"}


def search(query: str) -> list[Json]:
    """Codes by what the words name as a chart would ("ckd 3b"), then by code and title."""
    from hccassist.terminology.codes import hcc_text, load_codes, search_codes  # these take a moment to load: not before
    from hccassist.wording import codes_named  # they are needed

    if len(query.strip()) < 2:
        return []
    titles = load_codes().titles
    found = [(code, titles[code], hcc_text(code)) for code in codes_named(query) if code in titles]
    found = list(dict.fromkeys([*found, *search_codes(query, SEARCH_LIMIT)]))[:SEARCH_LIMIT]
    return [{"code": c, "description": d, "hcc": hcc} for c, d, hcc in found]


def _action(message: Mapping[str, Any]) -> Action:
    quote = message.get("quote")
    return Action(
        action_id=str(message["id"]),
        kind=message["kind"],
        suggestion_id=str(message["suggestion"]),
        code=_code(message["code"]) if message.get("code") else None,
        reason=message.get("reason"),
        rationale=str(message["rationale"]) if message.get("rationale") is not None else None,
        quote=_quote(quote) if quote else None,
        encounter=message.get("encounter"),
        target=message.get("target"),
        seen=message.get("seen"),
    )


def _code(sent: Mapping[str, Any]) -> Code:
    """The code that was chosen, with the title and categories of the tables: what is exported is not worded by a browser."""
    from hccassist.terminology.codes import hcc_text, load_codes

    icd10 = str(sent["code"])
    title = load_codes().titles.get(icd10)
    if title is None:
        raise DecisionError("ICD-10-CM has no such code: search for it again.")
    return Code(icd10, title, hcc_text(icd10))


def _quote(quote: Mapping[str, Any]) -> Quote:
    return Quote(
        int(quote["start"]), int(quote["end"]), str(quote["text"]), int(quote["page"]), quote.get("letter"),
        str(quote.get("kind") or ""),
    )  # fmt: skip
