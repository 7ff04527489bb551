"""A team in a real browser: sign-in, roles, and the second review from the draw to the lesson."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from oidc_provider import CLIENT, SECRET, provider
from review_browser import Desk, add, choose, eventually, marked, open_chart, pressed, row, saved, settled, watched
from review_builder import write_chart, write_results
from review_server import Reviewer

from hccassist.review import open_store
from hccassist.review.drafts import Drafts

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("team")]

HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Reviewer]:
    root = tmp_path / "charts"
    results = write_results(tmp_path / "results", root, [write_chart(root, name) for name in ("quill.txt", "reed.txt")])
    found = Reviewer(results, str(tmp_path / "db"), tmp_path / "log")
    yield found
    found.kill()


def sign_in(page: playwright.Page, email: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Go").click()


def links(page: playwright.Page) -> set[str]:
    page.get_by_role("link", name="Worklist", exact=True).wait_for()
    return {link.inner_text().split("\n")[-1] for link in page.get_by_test_id("stTopNavLink").all()}


def test_a_team_signs_in_and_each_role_gets_its_pages(browser: playwright.Browser, server: Reviewer) -> None:
    pytest.importorskip("httpx")  # of the `team` extra
    server.environment["HCCASSIST_ADMINS"] = "ada@example.org"
    with provider(server.url) as identity:
        server.sign_in_by(f"{identity.url}/.well-known/openid-configuration", CLIENT, SECRET)
        server.start()
        admin = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        admin.goto(server.url)
        sign_in(admin, "ada@example.org")
        assert {"Second review", "Record", "Team"} <= links(admin)
        admin.get_by_role("link", name="Team", exact=True).click()
        admin.get_by_label("Address they sign in with").fill("ben@example.org")
        admin.get_by_label("Role").select_option("coder")
        admin.get_by_role("button", name="Keep").click()
        admin.locator(".hcca tbody tr", has_text="ben@example.org").wait_for()

        coder = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        coder.goto(server.url)
        sign_in(coder, "ben@example.org")
        assert not links(coder) & {"Second review", "Export", "Record", "Team"}
        open_chart(Desk(coder, server, "quill.txt"))
        choose(coder, HF)
        coder.keyboard.press("a")
        saved(coder)
        [event] = open_store(server.database).events()
        assert event.who == "ben@example.org"
        coder.goto(f"{server.url}/second")
        coder.locator(".hcca tbody tr").first.wait_for()  # the worklist: for a coder there is no such page
        assert coder.get_by_role("button", name="Draw").count() == 0

        for stranger in ("eve@example.org", "unverified-ada@example.org"):
            page = browser.new_context().new_page()
            page.goto(server.url)
            sign_in(page, stranger)
            page.get_by_text("is not on the list of this team").wait_for()
            assert page.locator(".hcca").count() == 0


def test_the_whole_journey_from_the_worklist_to_the_export(browser: playwright.Browser, server: Reviewer) -> None:
    """A coder decides by keys, adds, takes back; the server is killed; they resume. A lead reads it a second time, blind, and
    makes a lesson of a difference, which the coder sees. What was accepted is exported."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    with watched(context, server.start().url) as page:
        open_chart(Desk(page, server, "quill.txt"))
        page.keyboard.press("g")
        choose(page, HF)
        page.keyboard.press("a")
        marked(page, HF, "accept")
        choose(page, DM)
        page.keyboard.press("a")
        marked(page, DM, "accept")
        add(page, "PMH", "J44.9")
        choose(page, STROKE)
        page.keyboard.press("a")
        marked(page, STROKE, "accept")
        saved(page)
        page.keyboard.press("u")
        marked(page, STROKE, "none")
        saved(page)
        store = open_store(server.database)
        [number] = [r.id for r in store.worklist() if r.chart == "quill.txt"]
        eventually(page, lambda: store.stopped_at(server.user, number) == STROKE)  # sent a moment after it is chosen
        server.kill()
        server.start()
        page.goto(server.url)
        page.get_by_role("button", name="Resume quill.txt").click()
        playwright.expect(row(page, STROKE)).to_have_attribute("aria-current", "true")
        marked(page, HF, "accept")
        marked(page, STROKE, "none")

    store.set_setting("last_name", "lee")
    with watched(context, f"{server.url}/second") as page:
        page.get_by_text("3 decisions of others").wait_for()
        playwright.expect(page.locator(".stMarkdown").first).to_contain_text("3 decisions of others")  # nothing of the code
        page.get_by_role("button", name="Draw").click()
        page.get_by_text("0 of 3 judged").wait_for()
        page.get_by_role("button", name="Go on").click()
        playwright.expect(page.locator(".hcca .progress")).to_contain_text("Second review, blind")
        playwright.expect(page.locator(".hcca .row")).to_have_count(3)
        assert page.locator(".hcca .row .mark:not(.none)").count() == 0
        choose(page, HF)
        page.keyboard.press("r")
        marked(page, HF, "reject")
        page.keyboard.press("1")
        saved(page)
        page.keyboard.press("u")  # nothing is taken back in a blind reading: it is decided again
        for suggestion in (DM, store.events()[2].action.suggestion_id):
            choose(page, suggestion)
            page.keyboard.press("a")
            marked(page, suggestion, "accept")
        saved(page)
        page.get_by_role("link", name="Second review", exact=True).click()
        page.get_by_text("2 of 3 agree (67%)").wait_for()
        page.get_by_text("accepted / rejected (no MEAT)").click()
        page.get_by_text("The second reading stands").click()
        page.get_by_label("Cause").select_option("Evidence was missed, or counted that does not count")
        page.get_by_label("Why").fill("A list is no treatment.")
        page.get_by_label("Why").blur()
        eventually(page, lambda: "A list is no treatment." in Drafts(store).of("lee", number).values())
        page.reload()  # a lesson half made is there again
        page.get_by_text("accepted / rejected (no MEAT)").click()
        playwright.expect(page.get_by_label("The second reading stands")).to_be_checked()
        playwright.expect(page.get_by_label("Cause")).to_have_value("evidence")
        playwright.expect(page.get_by_label("Why")).to_have_value("A list is no treatment.")
        settled(page)
        pressed(page.get_by_role("button", name="Keep the lesson"), page.get_by_text("explained:"))
        page.get_by_role("link", name="Export", exact=True).click()
        page.get_by_text("3 accepted codes").wait_for()
        with page.expect_download() as download:
            page.get_by_role("button", name="Audit sheet (PDF)").click()
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF")

    assert store.verify_audit().intact
    store.set_setting("last_name", server.user)
    with watched(context, f"{server.url}/learning") as page:
        page.get_by_text("1 lesson of yours").wait_for()
        page.get_by_text("Why: A list is no treatment.").wait_for()
