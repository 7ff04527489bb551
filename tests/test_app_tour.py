"""Every page of the app with a team's work in it, light and dark, on a small and a large screen: it shows what it should,
axe-core finds nothing serious, nothing is wider than the window; and it is photographed.

The pictures of docs/screenshots/ are made here: run with HCCASSIST_SCREENSHOTS=docs/screenshots to make them anew.
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image
from review_browser import Desk, open_chart, saved, settled, watched
from review_server import Reviewer
from rich.console import Console

from hccassist.batch.run import run
from hccassist.review import Action, OpenChart, Store, open_store
from hccassist.review.people import Person
from hccassist.review.samples import Samples
from hccassist.review.second_review import label
from hccassist.schema import Suggestion

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("team")]

CHARTS = Path(__file__).resolve().parent.parent / "sample_charts"
NAMES = ("medicare_full_year.pdf", "suspects_and_templates.pdf", "clinic_diabetes_copd.txt", "letter_cardiology.txt")
CLAIMS = b"chart,date_of_service,icd10\nmedicare_full_year,2025-01-14,I48.21\nmedicare_full_year,2025-01-14,C50.911\n"
LEAD = Person("Lee Park", "admin")
SIZES = {"small": (1366, 768), "large": (1920, 1080)}
PICTURED = {"light": "small", "dark": "large"}
"""The screen of each scheme that the pictures of the docs are taken on."""


class Look(NamedTuple):
    """A page of the app, and words that show that it has its content."""

    link: str
    expected: str


LOOKS = (
    Look("Worklist", "mostly"),
    Look("Questions", "open questions"),
    Look("Queries", "Question"),
    Look("Learning", "lessons of yours"),
    Look("Second review", "Cohen's kappa"),
    Look("Documentation", "By heading"),
    Look("Bench", "Thresholds"),
    Look("Claims", "Two-way review"),
    Look("Export", "accepted codes"),
    Look("Record", "events"),
    Look("Team", "you work alone"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewer]:
    """The sample charts, screened for real, with the work of three people on them."""
    folder = tmp_path_factory.mktemp("tour")
    run([str(CHARTS / name) for name in NAMES], str(folder / "results"), Console(quiet=True))
    found = Reviewer(folder / "results", str(folder / "db"), folder / "log", user=LEAD.name)
    store = open_store(found.database)
    store.import_results(found.results)
    work(store)
    found.start()
    yield found
    found.kill()


def work(store: Store) -> None:
    """Two coders accept, reject, ask and escalate; a lead reads some of it a second time, and differs once."""
    for row in store.worklist():
        opened = store.open_chart(row.id)
        assert opened is not None
        if row.chart.startswith("medicare"):
            continue  # left to begin with
        who = "Ann Ortiz" if row.id % 2 else "Ben Adeyemi"
        shown = [s for s in opened.result.suggestions if s.tier == "supported"]
        named = [s for s in opened.result.suggestions if s.tier == "mention_only"]
        asked, escalated = (named or shown[-1:])[0], shown[-2]
        for number, s in enumerate(s for s in shown[:6] if s not in (asked, escalated)):
            kind = "reject" if number == 3 else "accept"
            decide(store, opened, s, kind, who, reason="no_meat" if kind == "reject" else None)
        decide(store, opened, asked, "query", who)
        decide(store, opened, escalated, "escalate", who, rationale="Is the plan of another visit support for this one?")
        store.holds.leave_all(who)
    samples = Samples(store)
    number = samples.draw(LEAD, "random", 8, seed=4)
    for place, item in enumerate(samples.items(LEAD, number)):
        opened = store.open_chart(item.chart_id)
        assert opened is not None
        [first] = [e for e in store.events(item.chart_id) if e.seq == item.event_seq]
        kind = "reject" if place == 0 and first.action.kind == "accept" else "accept"
        reason = "not_current" if kind == "reject" else None
        samples.judge(LEAD, number, opened, Action(uuid.uuid4().hex, kind, item.suggestion_id, reason=reason))  # type: ignore[arg-type]
    differing = next(p for p in samples.compare(LEAD, number) if label(p.first) != label(p.second))
    samples.explain(
        LEAD, differing, "second", "evidence", "Told in the past tense, and nothing is done for it at this visit.",
        "“On adjuvant treatment, next dose on Friday” in the plan of the visit.", "coexisting",
    )  # fmt: skip
    samples.draw(LEAD, "random", 3, seed=5)


def decide(store: Store, opened: OpenChart, suggestion: Suggestion, kind: str, who: str, **more: str | None) -> None:
    store.record(opened, Action(uuid.uuid4().hex, kind, suggestion.id, **more), who)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", PICTURED)
def test_every_page_shows_its_content_and_axe_finds_nothing_serious(
    browser: playwright.Browser, server: Reviewer, scheme: str, size: str, tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    pictures = Path(os.environ.get("HCCASSIST_SCREENSHOTS") or tmp_path) if PICTURED[scheme] == size else tmp_path
    pictures.mkdir(parents=True, exist_ok=True)
    width, height = SIZES[size]
    serious: list[tuple[str, str, str]] = []

    def look(name: str) -> None:
        settled(page)
        page.wait_for_timeout(400)  # what moves has come to rest
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.quantize(128).save(pictures / f"{name}-{scheme}.png", optimize=True)
        for violation in axe.run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                serious.append((name, violation["id"], str(violation["nodes"][0]["html"])[:120]))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the window"

    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    with watched(context, server.url) as page:
        for link, expected in LOOKS:
            page.get_by_role("link", name=link, exact=True).click()
            page.locator(f".stMain :text({expected!r})").first.wait_for()
            if link == "Learning":
                page.get_by_text("Lessons of all readers").click()
                page.get_by_text("A better example").wait_for()
            if link == "Claims":
                given = {"name": "claims.csv", "mimeType": "text/csv", "buffer": CLAIMS}
                page.locator("input[type=file]").set_input_files(given)
                page.get_by_text("1 to look at").wait_for()
            look(link.lower().replace(" ", "-"))
        page.get_by_role("link", name="Worklist", exact=True).click()
        open_chart(Desk(page, server, "medicare_full_year.pdf"))
        look("review")
        number = page.get_by_label("Go to page")
        at = int(number.get_attribute("placeholder") or "")  # the page that is looked at
        page.keyboard.press("]")
        playwright.expect(number).to_have_attribute("placeholder", str(at + 1))
        page.keyboard.press("p")
        page.keyboard.press("n")
        page.keyboard.press("b")
        page.locator(".hcca .sheet .box").first.wait_for()
        look("review-image")
        page.keyboard.press("v")
        look("review-encounters")
        page.keyboard.press("?")
        look("review-keys")
        saved(page)
    assert serious == []
