"""The little that Streamlit's own frame needs to give the chart its room."""

from __future__ import annotations

import streamlit as st

SLIM = """
[data-testid="stHeader"] { height: 2.75rem; min-height: 2.75rem; }
[data-testid="stStatusWidget"] { display: none; } /* a figure running at each click is no calm company */
[data-testid="stMainBlockContainer"] { padding: 3.25rem 1rem 1rem; }
[data-testid="stElementContainer"]:has(> [data-testid="stHtml"]) { display: none; }
"""
FULL = """
[data-testid="stMainBlockContainer"] { padding: 2.75rem 0 0; max-width: none; }
[data-testid="stVerticalBlock"] { gap: 0; }
section[data-testid="stMain"] { overflow: hidden; }
"""


def style(fills_window: bool) -> None:
    """Slim Streamlit's margins; for the review, hand the whole window below the header to the workbench."""
    st.html(f"<style>{SLIM}{FULL if fills_window else ''}</style>")
