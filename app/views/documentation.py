"""Provider documentation patterns: where and how conditions are written so that they cannot be reported. To teach from."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from app import components, session
from hccassist.review.documentation import Finding, ProviderPattern, by_provider, by_wording, collect


@st.cache_resource(show_spinner="Reading the charts' suggestions", max_entries=2)
def looked_at(mark: int, last_event: int) -> tuple[list[Finding], Counter[str]]:
    """What the charts of the results folder show; looked at anew after an import (``mark``) or a decision."""
    return collect(session.store(), session.results_folder())


def examples(found: tuple[Finding, ...]) -> str:
    """The lines to show, each with its place."""
    return "  ".join(f"“{f.line[:160]}” ({f.chart}, p. {f.page})" for f in found)


def whys(pattern: ProviderPattern) -> str:
    """What came up with a provider, each with its count."""
    return ", ".join(f"{why[:1].lower()}{why[1:]} {count}" for why, count in pattern.whys)


def main() -> None:
    """By heading, which is where templates show, then by provider."""
    session.require("lead")
    summary = session.import_results()
    if summary is None:
        return
    found, stated = looked_at(summary.mark, session.store().last_event())
    st.markdown("Conditions that cannot be reported for how they are written: named without support, or refused for it by a "
                "coder. Material for teaching; a figure here ranks nobody.")  # fmt: skip
    wording, providers = by_wording(found), by_provider(found, stated)
    st.markdown(f"**By heading**, where templates show ({len(wording)})")
    nothing = "Nothing comes up twice yet."
    columns = ["heading", "what", "times", "providers", "conditions", "examples"]
    rows = [[w.heading, w.why, w.times, w.providers, ", ".join(w.conditions), examples(w.examples)] for w in wording]
    components.table(key="wording", data={"columns": columns, "rows": rows, "empty": nothing})
    st.markdown(f"**By provider** ({len(providers)})")
    columns = ["provider", "of those stated", "what", "mostly under", "examples"]
    rows = [[p.provider, f"{p.findings} of {p.stated}", whys(p), p.heading, examples(p.examples)] for p in providers]
    components.table(key="providers", data={"columns": columns, "rows": rows, "empty": nothing})


main()
