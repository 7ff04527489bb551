"""The parts of the app that live in the browser. Their JavaScript inserts every string with ``textContent``, never as
markup, and reaches no network but this server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

HERE = Path(__file__).parent


def ignore() -> None:
    """Streamlit keeps a component's state and reports its events only where they have a callback."""


def _source(*names: str) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


mailbox = st.components.v2.component("hccassist.mailbox", js=_source("bus.js", "mailbox.js"), isolate_styles=False)
"""Carries messages from the browser to Python and their replies back; shows nothing."""

bell = st.components.v2.component("hccassist.bell", js=_source("bus.js", "bell.js"), isolate_styles=False)
"""Has the whole page drawn anew when a server that was started again does not hear the mailbox; shows nothing."""

workbench = st.components.v2.component(
    "hccassist.workbench",
    css=_source("base.css", "workbench.css"),
    js=_source(
        "bus.js", "dom.js", "offsets.js", "settings.js", "text_panel.js", "encounters_panel.js", "finder.js",
        "image_panel.js", "list_panel.js", "detail_panel.js", "code_search.js", "help.js", "items.js", "workbench.js",
    ),
    isolate_styles=False,
)  # fmt: skip
"""The review of one chart: suggestions, their evidence, and the chart's words."""


def _field(name: str) -> ComponentRenderer:
    """What a person enters something in, as field.js has it."""
    return st.components.v2.component(
        f"hccassist.{name}",
        css=_source("base.css"),
        js=_source("bus.js", "dom.js", "field.js", f"{name}.js"),
        isolate_styles=False,
    )


words, choice, several, tick, number, file = map(_field, ("words", "choice", "several", "tick", "number", "file"))

worklist = st.components.v2.component(
    "hccassist.worklist",
    css=_source("base.css", "worklist.css"),
    js=_source("dom.js", "worklist.js"),
    isolate_styles=False,
)
"""The table of charts."""

table = st.components.v2.component(
    "hccassist.table",
    css=_source("base.css", "worklist.css"),
    js=_source("dom.js", "table.js"),
    isolate_styles=False,
)
"""A plain table: {"columns": titles, "rows": lists of values}, without a search where "plain" is true; "empty" is said where
there are no rows; "opens" holds what a click on each row reports as ``open``, None where it does nothing. Streamlit's own is
drawn on a canvas, closed to screen readers."""
