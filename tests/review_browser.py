"""What the browser tests share: a browser, a page that is watched, and a coder's moves in the review."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from review_server import Reviewer

from hccassist.review import OpenChart, open_store
from hccassist.review.drafts import Drafts

playwright = pytest.importorskip("playwright.sync_api")

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
WAIT = 60_000
"""How long (ms) anything may take, with a cold server on a machine that is busy with the other tests: every expectation and
every move waits that long. What a test looks at without waiting has been waited for before."""
AWAY = "The server does not answer. What you enter is kept"

playwright.expect.set_options(timeout=WAIT)


@contextmanager
def launched() -> Iterator[playwright.Browser]:
    """A browser."""
    path = os.environ.get("HCCASSIST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=path, args=ARGS)
        yield found
        found.close()


class Desk(NamedTuple):
    """A coder at work: the page in the browser, the server behind it, and the chart on the desk."""

    page: playwright.Page
    reviewer: Reviewer
    chart: str

    def opened(self) -> OpenChart:
        """The chart as the store has it now."""
        store = open_store(self.reviewer.database)
        found = store.open_chart(next(r.id for r in store.worklist() if r.chart == self.chart))
        assert found is not None
        return found

    def drafts(self) -> dict[str, str]:
        """What is kept of the words that the coder has typed about the chart and not decided on."""
        return Drafts(open_store(self.reviewer.database)).of(self.reviewer.user, self.opened().id)

    def kinds(self) -> dict[str, str]:
        return {k: s.decision.kind for k, s in self.opened().states.items() if s.decision}


@contextmanager
def watched(context: playwright.BrowserContext, url: str) -> Iterator[playwright.Page]:
    """A page that must stay on this machine and raise no error."""
    page = context.new_page()
    page.set_default_timeout(WAIT)
    outside: list[str] = []
    problems: list[str] = []
    local = re.compile(r"^(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|^(data|blob):")
    page.on("request", lambda r: None if local.match(r.url) else outside.append(r.url))
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.goto(url)
    yield page
    page.close()
    assert outside == [], "the app reached out of this machine"
    assert problems == []


def open_chart(desk: Desk) -> playwright.Page:
    page = desk.page
    page.locator(".hcca tbody tr", has_text=desk.chart).click()
    page.locator(".hcca .title", has_text=desk.chart).wait_for()
    page.locator(".hcca .words").first.wait_for()
    return page


def row(page: playwright.Page, suggestion: str) -> playwright.Locator:
    return page.locator(f'.hcca .row[data-id="{suggestion}"]')


def choose(page: playwright.Page, suggestion: str) -> None:
    row(page, suggestion).click()
    playwright.expect(row(page, suggestion)).to_have_attribute("aria-current", "true")


def settled(page: playwright.Page) -> None:
    """Wait until the whole of a page is drawn of which something is there already: a form of the page before takes what is
    typed away with it. Of what was entered just now it says nothing: the server may not have begun with that."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def pressed(button: playwright.Locator, shows: playwright.Locator) -> None:
    """Press one of Streamlit's buttons until what it leads to is there. Of some forty presses on a busy machine one was lost
    between the browser and Streamlit, and a person presses again; nothing that is entered hangs on such a button alone."""
    try:
        button.click()
        shows.wait_for(timeout=WAIT / 4)
    except playwright.TimeoutError:
        button.click()
        shows.wait_for()


def eventually(page: playwright.Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that the page does not show: the server goes on after the page has said what it had to."""
    deadline = time.monotonic() + WAIT / 1000
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        page.wait_for_timeout(100)


def away(page: playwright.Page, field: playwright.Locator) -> None:
    """Wait until the page has noticed that its server is away, and the field that is typed in has the keys again."""
    page.get_by_text(AWAY).wait_for()
    playwright.expect(page.get_by_test_id("stDialog")).to_have_count(0)
    playwright.expect(field).to_be_focused()


def at_rest(page: playwright.Page) -> None:
    """Wait until nothing scrolls any more: words that are brought before the eyes come to rest a few frames later."""
    page.evaluate(
        """async () => {
            const places = () => [...document.querySelectorAll(".hcca *")].map((e) => e.scrollTop).join();
            for (let before = null, calm = 0; calm < 20; before = places()) {
                await new Promise(requestAnimationFrame);
                calm = before === places() ? calm + 1 : 0;
            }
        }"""
    )


def saved(page: playwright.Page) -> None:
    """Wait until all that the page has sent is recorded; what is typed leaves a moment after the last letter."""
    playwright.expect(page.locator(".hcca .saved")).to_have_text("Saved")


def marked(page: playwright.Page, suggestion: str, kind: str) -> None:
    playwright.expect(row(page, suggestion).locator(".mark")).to_have_class(f"mark {kind}")


def add(page: playwright.Page, words: str, code: str) -> None:
    """Select words in the chart and add the condition that they name."""
    page.locator(".hcca .words [data-at]", has_text=words).first.evaluate(
        """(piece, words) => {
            const range = document.createRange();
            const at = piece.textContent.indexOf(words);
            range.setStart(piece.firstChild, at);
            range.setEnd(piece.firstChild, at + words.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            piece.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }""",
        words,
    )
    page.locator(".hcca .picker").wait_for()
    page.keyboard.press("m")
    page.get_by_label("Search ICD-10-CM").fill(code)
    page.locator(".hcca .code-row").first.click()
    playwright.expect(page.locator(".hcca .row[data-id^='added:'] .mark")).to_have_class("mark add")
