"""The fields that a person enters something in beside the review. They stay open while the server is away, and what was entered
is there when it is back: Streamlit's own are closed then, and take no letter of a word that is being typed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from app import components, session
from hccassist.review.drafts import Drafts

Choice = TypeVar("Choice", bound=str)
YES = "yes"


class Given(NamedTuple):
    """A file that was handed in."""

    name: str
    content: bytes


# ---- about a chart: kept as a draft until it is kept for good


def typed(label: str, name: str, chart_id: int, text: str = "", height: int | None = None, most: int = 4000) -> str:
    """A field whose words are there again after a reload, until ``forget``: ``text`` to begin with, or what this person typed
    last. ``name`` is the page's own for it within the chart."""
    data = {"height": height, "most": most, "line": False}
    return _about(components.words, label, name, chart_id, text, data)[:most]


def chosen(label: str, name: str, chart_id: int, options: Mapping[Any, str], begin: str, in_sight: bool = False) -> str:
    """A choice among ``options`` (what is kept -> what is shown), there again after a reload as ``typed`` words are; blank
    where nothing is chosen yet. ``in_sight``: all of them are seen at once."""
    return _about(components.choice, label, name, chart_id, begin, {"options": list(options.items()), "inSight": in_sight})


def drafted(name: str, chart_id: int, begin: str) -> str:
    """What this person entered last under a name and has not kept for good, else ``begin``."""
    return Drafts(session.store()).of(session.who(), chart_id).get(name, begin)


def forget(name: str, chart_id: int, text: str) -> None:
    """What was kept for good is no draft any more; words typed since then are."""
    Drafts(session.store()).settle(session.who(), chart_id, name, text)


def _about(kind: Any, label: str, name: str, chart_id: int, begin: str, more: Mapping[str, Any]) -> str:
    before = drafted(name, chart_id, begin)
    data = {"label": label, "text": before, "chart": chart_id, "name": name, **more}
    found = kind(key=f"typed-{chart_id}-{name}", data=data, on_text_change=components.ignore)
    return before if found.text is None else str(found.text["text"])


# ---- of the page itself: ``name`` is the page's own


def line(label: str, name: str, most: int = 500, begin: str = "") -> str:
    """A field of one line, whose words stay in the tab until they are ``settled``."""
    return _of_page(components.words, label, name, begin, {"line": True, "most": most, "height": None, "stays": True}).strip()[
        :most
    ]


def picked(label: str, name: str, options: Mapping[Choice, str], begin: Choice, in_sight: bool = False) -> Choice:
    """A choice among ``options`` (what is returned -> what is shown) of what the page shows; it stays in the tab."""
    kept = _entered(name)
    before = next((choice for choice in options if choice == kept), begin)
    data = {"options": list(options.items()), "inSight": in_sight, "stays": True}
    found = _of_page(components.choice, label, name, before, data)
    return next((choice for choice in options if choice == found), before)


def several(label: str, name: str, options: Sequence[str]) -> list[str]:
    """Any number of ``options``."""
    found = json.loads(_of_page(components.several, label, name, "[]", {"options": list(options), "stays": True}))
    return [option for option in options if option in found]


def ticked(label: str, name: str, begin: bool = False) -> bool:
    """A box to tick."""
    return _of_page(components.tick, label, name, YES if begin else "", {}) == YES


def number(label: str, name: str, limits: tuple[float, float, float], begin: float, slide: bool = False) -> float:
    """A number for what the page shows, on a slider or typed. ``limits``: the least, the most, the step."""
    least, most, step = limits
    before = _entered(name) or f"{begin:g}"
    found = _of_page(components.number, label, name, before, {"least": least, "most": most, "step": step, "slide": slide})
    return min(max(float(found), least), most)


def file(label: str, name: str, ending: str) -> Given | None:
    """A file to hand in. The browser holds it, so that a server that was started again is given it anew."""
    found = _of_page(components.file, label, name, "", {"ending": ending})
    if not found:
        return None
    given = json.loads(found)
    return Given(str(given["name"]), b64decode(given["content"]))


def settled(*names: str) -> None:
    """What was entered under these names was put to its use: the fields begin anew. Words typed since then stay."""
    for name in names:
        times, _ = _uses(name)
        st.session_state[f"{name} settled"] = times + 1, _entered(name)


def _of_page(kind: Any, label: str, name: str, begin: str, more: Mapping[str, Any]) -> str:
    times, used = _uses(name)
    data = {"label": label, "text": begin, "chart": None, "name": name, "who": session.who(), "times": times, "used": used}
    found = kind(key=name, data={**data, **more}, on_text_change=components.ignore).text
    return begin if found is None or found["times"] != times else str(found["text"])


def _uses(name: str) -> tuple[int, str | None]:
    """How often what was entered under a name was put to its use, and what it was the last time."""
    found: tuple[int, str | None] = st.session_state.get(f"{name} settled", (0, None))
    return found


def _entered(name: str) -> str | None:
    """What was entered last in a field of the page."""
    kept = st.session_state.get(name)
    found = kept.get("text") if kept else None
    return found["text"] if found else None
