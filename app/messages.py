"""Answers to what the workbench sends: decisions to record, code searches, page images, bookmarks, drafts and notes.

Every message has an id made in the browser, and may arrive more than once: recording is idempotent, asking is harmless.
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

Json = dict[str, Any]
SEARCH_LIMIT = 20
IMAGE_SCALE = 2.0
NEW_WORDS = ("add", "evidence")
MOST_WORDS = 8000


def answer(store: Store, opened: OpenChart, person: Person, message: Mapping[str, Any]) -> Json:
    """The reply to one message: ``ok``, and what was asked for or one plain sentence why not. A browser can be made to
    send anything: what the person's role does not give them is refused here."""
    try:
        person.require("review")
        match message.get("type"):
            case "decide":
                action = _action(message)
                if action.kind in NEW_WORDS and not _in_chart(opened, action.quote):
                    raise DecisionError("The selected words are not those of the chart: reload the page, select them again.")
                store.record(opened, action, person.name)
                _settle(store, opened, person, action)
            case "second":
                action, reading = _action(message), int(message["sample"])
                Samples(store).judge(person, reading, opened, action)
                _settle(store, opened, person, action, reading)
            case "take_over":
                store.take_over(opened, str(message["id"]), person.name)
            case "bookmark":
                store.bookmark(person.name, opened.id, str(message["suggestion"]))
                store.holds.open(opened.id, person.name)
            case "draft":
                words, reading = str(message["text"])[:MOST_WORDS], int(message.get("sample") or FIRST_READING)
                Drafts(store).keep(person.name, opened.id, str(message["suggestion"]), words, reading)
            case "note":
                store.set_note(person.name, opened.id, str(message["text"])[:20000])
            case "search":
                return {"ok": True, "codes": _search(str(message["query"]))}
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


def _settle(store: Store, opened: OpenChart, person: Person, action: Action, reading: int = FIRST_READING) -> None:
    """Words that were recorded, or given up with an undo, are no draft any more."""
    if action.rationale is not None or action.kind == "undo":
        Drafts(store).keep(person.name, opened.id, action.suggestion_id, "", reading)


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


def _search(query: str) -> list[Json]:
    from hccassist.terminology.codes import search_codes  # its tables take a moment to load: not before they are needed

    if len(query.strip()) < 2:
        return []
    return [{"code": c, "description": d, "hcc": hcc} for c, d, hcc in search_codes(query, SEARCH_LIMIT)]


def _action(message: Mapping[str, Any]) -> Action:
    code, quote = message.get("code"), message.get("quote")
    return Action(
        action_id=str(message["id"]),
        kind=message["kind"],
        suggestion_id=str(message["suggestion"]),
        code=Code(str(code["code"]), str(code.get("description") or ""), str(code.get("hcc") or "")) if code else None,
        reason=message.get("reason"),
        rationale=str(message["rationale"]) if message.get("rationale") is not None else None,
        quote=_quote(quote) if quote else None,
        encounter=message.get("encounter"),
        target=message.get("target"),
        seen=message.get("seen"),
    )


def _quote(quote: Mapping[str, Any]) -> Quote:
    return Quote(
        int(quote["start"]), int(quote["end"]), str(quote["text"]), int(quote["page"]), quote.get("letter"),
        str(quote.get("kind") or ""),
    )  # fmt: skip
