"""What the tests share: one screener, and a short way from words to suggestions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hccassist.encounters import find_encounters
from hccassist.reading.plain import one_page
from hccassist.schema import ChartResult
from hccassist.screening import Screener, load_screener, screen

Screen = Callable[..., ChartResult]


@pytest.fixture(scope="session")
def screener() -> Screener:
    return load_screener()


@pytest.fixture(scope="session")
def screen_text(screener: Screener) -> Screen:
    """Screens a text as one plain record; ``setting`` overrides what the record says of itself."""

    def run(text: str, setting: str | None = None) -> ChartResult:
        chart = one_page(text, "note.txt", "")
        encounters = find_encounters(chart)
        if setting:
            encounters = tuple(replace(e, setting=setting) for e in encounters)
        return screen(chart, encounters, screener)

    return run
