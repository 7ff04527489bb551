"""The reviewer in a real browser: a coder's journey from the worklist to a decision that survives a killed server."""

from __future__ import annotations

import csv
import itertools
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from review_browser import AWAY, Desk, add, at_rest, away, choose, eventually, marked, open_chart, row, saved, settled, watched
from review_builder import (
    PDF_HEIGHT,
    PDF_LINE_FROM_TOP,
    VISIT,
    Visit,
    failed,
    write_chart,
    write_pdf_chart,
    write_results,
)
from review_server import Reviewer

from hccassist.review import open_store
from hccassist.review.people import Person
from hccassist.review.queries import Queries
from hccassist.review.versions import Versions
from hccassist.schema import ChartResult
from hccassist.terminology.compiled import load_lexicon

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("browser")]

CHARTS = 48  # one for each test that takes one
NUMBERS = itertools.count()
HF, DM, STROKE = "e1:I50.22", "e1:E11.22", "e1:I63.9"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewer]:
    """One server for the tests that do not mind each other: each takes a chart of its own."""
    folder = tmp_path_factory.mktemp("shared")
    root = folder / "charts"
    charts = [write_chart(root, f"chart {n:02}.txt") for n in range(CHARTS)]
    server = Reviewer(write_results(folder / "results", root, charts), str(folder / "db"), folder / "log").start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def context(browser: playwright.Browser) -> Iterator[playwright.BrowserContext]:
    found = browser.new_context(viewport={"width": 1366, "height": 768})
    yield found
    found.close()


@pytest.fixture
def desk(context: playwright.BrowserContext, shared: Reviewer) -> Iterator[Desk]:
    with watched(context, shared.url) as page:
        yield Desk(page, shared, f"chart {next(NUMBERS):02}.txt")


@contextmanager
def only(context: playwright.BrowserContext, folder: Path, chart: ChartResult) -> Iterator[playwright.Page]:
    """A page of a server that has one chart alone, opened."""
    results = write_results(folder / "results", folder / "charts", [chart])
    server = Reviewer(results, str(folder / "db"), folder / "log").start()
    with watched(context, server.url) as page:
        open_chart(Desk(page, server, chart.chart))
        yield page
    server.kill()


@pytest.fixture
def own_desk(context: playwright.BrowserContext, tmp_path: Path) -> Iterator[Desk]:
    """A server of the test's own, with a chart that could not be read beside two that could."""
    root = tmp_path / "charts"
    charts = [
        write_chart(root, "quill.txt"),
        write_chart(root, "sub/two visits.txt", [VISIT, Visit(VISIT.text, date="2025-06-01")]),
        failed("locked.pdf", "locked.pdf: it is protected by a password; save it without one"),
    ]
    server = Reviewer(write_results(tmp_path / "results", root, charts), str(tmp_path / "db"), tmp_path / "log").start()
    with watched(context, server.url) as page:
        yield Desk(page, server, "quill.txt")
    server.kill()


def test_worklist_lists_charts_and_errors_and_filters(own_desk: Desk) -> None:
    page = own_desk.page
    rows = page.locator(".hcca tr[data-chart], .hcca tr.error")
    playwright.expect(rows).to_have_count(3)
    playwright.expect(page.locator(".hcca tr.error")).to_contain_text("protected by a password")
    page.get_by_label("Search charts").fill("two")
    playwright.expect(rows).to_have_count(1)
    playwright.expect(rows).to_contain_text("Not started")


def test_beside_the_open_sidebar_every_column_of_the_worklist_is_seen(own_desk: Desk) -> None:
    page = own_desk.page
    page.set_viewport_size({"width": 1366, "height": 768})
    page.locator(".hcca tr[data-chart]").first.wait_for()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_label("Your name, as the record keeps it").wait_for()
    beside = "([...document.querySelectorAll('.hcca.worklist thead th')].at(%s)?.getBoundingClientRect() ?? {})"
    page.wait_for_function(f"{beside % 0}.left > 200 && {beside % -1}.right <= innerWidth")


def test_a_chart_is_found_and_opened_by_keys_alone(own_desk: Desk) -> None:
    page = own_desk.page
    page.locator(".hcca tr[data-chart]").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("two")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".hcca .title", has_text="two visits").wait_for()
    page.locator(".hcca .words").first.wait_for()
    page.keyboard.press("a")
    playwright.expect(page.locator(".hcca .row .mark.accept")).to_have_count(1)


def test_a_chart_opens_with_nothing_decided_and_its_words_marked(desk: Desk) -> None:
    page = open_chart(desk)
    assert page.locator('.hcca .act[aria-pressed="true"]').count() == 0
    assert page.locator(".hcca .row .mark:not(.none)").count() == 0
    playwright.expect(page.locator(".hcca .progress")).to_contain_text("0 of 3 decided")
    playwright.expect(page.locator(".hcca .words .lit.mention")).to_have_text("Chronic systolic heart failure")
    playwright.expect(page.locator(".hcca .words .lit.letter-T")).to_have_text("carvedilol 12.5 mg twice daily")


def test_chart_text_is_shown_as_text_never_as_markup(desk: Desk) -> None:
    page = open_chart(desk)
    playwright.expect(page.locator(".hcca .words").first).to_contain_text("<b>Not markup</b> & 5 < 6")
    assert page.locator(".hcca .words b").count() == 0


def test_a_file_name_is_shown_as_it_is_and_never_as_markdown(context: playwright.BrowserContext, tmp_path: Path) -> None:
    root, name = tmp_path / "charts", "![x](https:/elsewhere.example/dot.png) $x^2$ :red[r] <b>.txt"
    charts = [write_chart(root, name), failed("_a_ [b](http:/c.example).pdf", "_a_ [b](http:/c.example).pdf: empty; check it")]
    server = Reviewer(write_results(tmp_path / "results", root, charts), str(tmp_path / "db"), tmp_path / "log").start()
    with watched(context, server.url) as page:
        open_chart(Desk(page, server, name))
        choose(page, HF)
        page.keyboard.press("q")
        marked(page, HF, "query")
        saved(page)
        page.get_by_role("link", name="Queries", exact=True).click()
        playwright.expect(page.get_by_test_id("stExpander")).to_contain_text(name)
        assert page.locator("img, .katex").count() == 0
        [unread] = [r.id for r in open_store(server.database).worklist() if r.error]
        page.goto(f"{server.url}/review?chart={unread}")
        playwright.expect(page.get_by_role("alert")).to_have_text("_a_ [b](http:/c.example).pdf: empty; check it")
        assert page.get_by_role("alert").locator("a").count() == 0
    server.kill()


def test_the_server_answers_to_its_own_names_alone_and_keeps_its_pages_to_itself(shared: Reviewer) -> None:
    with urllib.request.urlopen(shared.url) as reply:
        headers = reply.headers
    assert "img-src 'self' data: blob:;" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/", "/_stcore/host-config", "/_stcore/stream"):
        asked = urllib.request.Request(shared.url + path, headers={"Host": "elsewhere.example"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(asked)


def test_a_click_on_evidence_brings_its_words_to_the_middle(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1366, "height": 340})
    page = open_chart(desk)
    choose(page, DM)
    page.locator(".hcca .quote", has_text="metformin 500 mg").last.locator(".words-link").click()
    words = page.locator(".hcca .words .now")
    playwright.expect(words).to_have_text("metformin 500 mg")
    playwright.expect(words).to_be_in_viewport()


def test_a_click_on_a_mention_in_the_text_chooses_its_suggestion(desk: Desk) -> None:
    page = open_chart(desk)
    page.locator(".hcca .words .named", has_text="Type 2 diabetes with diabetic CKD").click()
    playwright.expect(row(page, DM)).to_have_attribute("aria-current", "true")


def test_one_key_each_decides_and_undo_takes_back(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("a")
    marked(page, HF, "accept")
    playwright.expect(row(page, DM)).to_have_attribute("aria-current", "true")  # on to the next undecided
    page.keyboard.press("r")
    marked(page, DM, "reject")
    page.keyboard.press("2")
    playwright.expect(row(page, STROKE)).to_have_attribute("aria-current", "true")
    page.keyboard.press("e")
    marked(page, STROKE, "escalate")
    saved(page)
    assert desk.kinds() == {HF: "accept", DM: "reject", STROKE: "escalate"}
    page.keyboard.press("k")
    playwright.expect(page.locator(".hcca .decision")).to_contain_text("Rejected: Not current · test coder")
    page.keyboard.press("u")
    marked(page, DM, "none")
    page.keyboard.press("q")
    marked(page, DM, "query")
    saved(page)
    assert desk.kinds() == {HF: "accept", DM: "query", STROKE: "escalate"}
    assert open_store(desk.reviewer.database).verify_audit().intact


def test_a_rationale_typed_without_a_decision_is_there_again_after_a_reload(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, DM)
    page.keyboard.press("t")
    page.keyboard.type("CKD is named as diabetic")
    page.reload()  # in the middle of the word
    page.locator(".hcca .words").first.wait_for()
    choose(page, DM)
    playwright.expect(page.get_by_label("Rationale")).to_have_value("CKD is named as diabetic")
    page.keyboard.press("a")
    marked(page, DM, "accept")
    saved(page)
    decision = desk.opened().states[DM].decision
    assert decision is not None
    assert decision.rationale == "CKD is named as diabetic"


def queries_of_one(desk: Desk) -> playwright.Page:
    """The page of queries, once the heart failure of the chart was queried."""
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("q")
    marked(page, HF, "query")
    saved(page)
    page.get_by_role("link", name="Queries", exact=True).click()
    return page


def test_a_question_that_is_being_worded_outlives_a_reload_and_a_server_that_is_away(own_desk: Desk) -> None:
    asked = "Which kind of heart failure was treated?"
    page = queries_of_one(own_desk)
    field = page.get_by_label("Question", exact=True)
    field.fill(asked)
    page.reload()  # in the middle of the word
    playwright.expect(field).to_have_value(asked)
    page.get_by_role("button", name="Keep").click()
    queries = Queries(open_store(own_desk.reviewer.database))
    eventually(page, lambda: queries.all(Person("test coder", "admin"))[0].text == asked and own_desk.drafts() == {})
    playwright.expect(page.get_by_role("radio")).to_have_count(0)  # a question that is kept has its form
    settled(page)
    own_desk.reviewer.kill()
    field.press("End")
    page.keyboard.insert_text(" And why?")
    away(page, field)
    page.keyboard.type(" Since when?")
    own_desk.reviewer.start()
    whole = f"{asked} And why? Since when?"
    eventually(page, lambda: list(own_desk.drafts().values()) == [whole])
    playwright.expect(field).to_have_value(whole)


def test_a_choice_made_while_the_server_is_away_is_kept_and_followed(own_desk: Desk) -> None:
    page = queries_of_one(own_desk)
    playwright.expect(page.get_by_label("Choice", exact=True)).to_be_checked()
    settled(page)
    own_desk.reviewer.kill()
    page.get_by_text(AWAY).wait_for()
    page.get_by_label("Open question", exact=True).check()
    own_desk.reviewer.start()
    eventually(page, lambda: own_desk.drafts() == {f"form {HF}": "open"})
    playwright.expect(page.get_by_label("Question", exact=True).last).not_to_have_value(re.compile(re.escape("[ ]")))
    playwright.expect(page.get_by_label("Open question", exact=True)).to_be_checked()


def test_what_is_typed_right_after_keep_goes_on_in_the_same_field_and_stays(own_desk: Desk) -> None:
    page = queries_of_one(own_desk)
    page.get_by_text("Open question").click()
    field = page.get_by_label("Question", exact=True)
    playwright.expect(field.last).not_to_have_value(re.compile(re.escape("[ ]")))  # the other form may stand there still
    settled(page)
    field.fill("Which kind of heart failure?")
    page.get_by_role("button", name="Keep").click()
    field.focus()  # at once: the page is not drawn anew yet
    page.keyboard.press("End")
    page.keyboard.type(" Since when?")
    whole = "Which kind of heart failure? Since when?"
    queries = Queries(open_store(own_desk.reviewer.database))
    kept = lambda: queries.all(Person("test coder", "admin"))[0].text  # noqa: E731
    eventually(page, lambda: kept() == "Which kind of heart failure?" and whole in own_desk.drafts().values())
    playwright.expect(page.get_by_role("radio")).to_have_count(0)
    playwright.expect(field).to_be_focused()
    page.reload()
    playwright.expect(field).to_have_value(whole)


def test_words_about_a_chart_that_left_the_results_are_said_to_be_kept_and_can_be_read(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, HF)
    lines = own_desk.reviewer.results / "suggestions.jsonl"
    others = [line for line in lines.read_text().splitlines(keepends=True) if '"quill.txt"' not in line]
    lines.write_text("".join(others))
    page.keyboard.press("t")
    page.keyboard.type("Edema went down on torsemide.")
    page.get_by_text("What you typed is kept").wait_for()
    saved(page)
    page.reload()
    page.get_by_text("This chart is not in the results any more").wait_for()
    page.get_by_text("Edema went down on torsemide.").wait_for()


def test_words_for_what_is_not_suggested_any_more_stand_with_what_was_decided_earlier(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, STROKE)
    page.keyboard.press("t")
    page.keyboard.type("Last year, now on aspirin.")
    page.keyboard.press("Enter")
    saved(page)
    lines = own_desk.reviewer.results / "suggestions.jsonl"
    charts = [json.loads(line) for line in lines.read_text().splitlines()]
    for found in charts:
        found["suggestions"] = [s for s in found["suggestions"] if s["id"] != STROKE]
    lines.write_text("".join(json.dumps(found) + "\n" for found in charts))
    page.reload()
    page.get_by_role("button", name="Earlier").click()
    playwright.expect(row(page, STROKE)).to_have_attribute("aria-current", "true")
    playwright.expect(page.get_by_label("Rationale")).to_have_value("Last year, now on aspirin.")


def test_a_page_that_is_loaded_again_is_blank_until_it_is_whole(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, HF)
    page.keyboard.press("a")
    choose(page, STROKE)
    saved(page)
    store, opened = open_store(own_desk.reviewer.database), own_desk.opened()
    eventually(page, lambda: store.stopped_at(own_desk.reviewer.user, opened.id) == STROKE)
    lines = own_desk.reviewer.results / "suggestions.jsonl"
    lines.write_text("".join(reversed(lines.read_text().splitlines(keepends=True))))  # as a new screening may leave them
    page.add_init_script(
        """window.seen = new Set();
        const look = () => {
            const bench = document.querySelector(".hcca .panes")?.parentElement;
            const all = (what) => [...bench.querySelectorAll(what)];
            if (bench) seen.add(JSON.stringify([
                bench.dataset.theme, bench.querySelector(".progress").textContent, all(".row .mark.accept").length,
                all(".row[aria-current]").map((row) => row.dataset.id), all(".words").length, bench.getBoundingClientRect().top,
            ]));
            requestAnimationFrame(look);
        };
        look();"""
    )
    page.reload()
    marked(page, HF, "accept")
    at_rest(page)
    [only] = page.evaluate("[...seen].map(JSON.parse)")
    assert only[:5] == ["light", "1 of 3 decided", 1, [STROKE], 1]


def test_one_key_marks_the_other_dates_of_a_year_as_duplicates_and_one_takes_that_back(own_desk: Desk) -> None:
    desk = own_desk._replace(chart="sub/two visits.txt")
    page = open_chart(desk)
    later = "e2:I50.22"
    choose(page, HF)
    page.keyboard.press("d")
    playwright.expect(page.locator(".hcca .toast")).to_contain_text("Accept one date first")
    page.keyboard.press("a")
    playwright.expect(row(page, later)).to_have_attribute("aria-current", "true")
    playwright.expect(page.locator(".hcca .verdict")).to_contain_text("Mark 1 other date of 2025 as duplicates")
    page.keyboard.press("d")
    marked(page, later, "reject")
    saved(page)
    decision = desk.opened().states[later].decision
    assert decision is not None
    assert (desk.kinds(), decision.reason) == ({HF: "accept", later: "reject"}, "duplicate")
    page.keyboard.press("u")
    marked(page, later, "none")
    saved(page)
    assert desk.kinds() == {HF: "accept"}


def test_the_code_is_changed_by_search_and_nothing_is_chosen_beforehand(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("c")
    field = page.get_by_label("Search ICD-10-CM")
    playwright.expect(field).to_be_focused()
    field.fill("chronic diastolic")
    playwright.expect(page.locator(".hcca .code-row").first).to_contain_text("I50.32")
    assert page.locator('.hcca .code-row[aria-selected="true"]').count() == 0
    page.keyboard.press("Enter")  # nothing is chosen, so nothing happens
    playwright.expect(field).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    marked(page, HF, "change")
    saved(page)
    state = desk.opened().states[HF]
    assert state.decision.code.icd10 == "I50.32"
    assert "HCC" in state.decision.code.hcc


def test_a_code_that_is_typed_in_full_and_entered_is_chosen_before_its_title_is_found(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("c")
    page.keyboard.type("i5032")
    page.keyboard.press("Enter")
    page.keyboard.type("9")  # no part of the code, and no command
    marked(page, HF, "change")
    saved(page)
    assert desk.opened().states[HF].decision.code.icd10 == "I50.32"


def test_a_rationale_goes_with_the_decision(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("t")
    page.keyboard.type("Stated and treated, question of acuity.")
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    marked(page, HF, "accept")
    saved(page)
    state = desk.opened().states[HF]
    assert state.decision.rationale == "Stated and treated, question of acuity."


def test_typing_is_not_disturbed_by_a_reply_that_arrives_meanwhile(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("t")
    page.keyboard.type("Stated, ")
    opened, store = desk.opened(), open_store(desk.reviewer.database)
    eventually(page, lambda: store.stopped_at(desk.reviewer.user, opened.id) == HF)  # sent a moment after it is chosen
    page.wait_for_timeout(500)  # its reply redraws
    page.keyboard.type("treated.")
    playwright.expect(page.get_by_label("Rationale")).to_have_value("Stated, treated.")


def test_an_answer_of_the_server_takes_no_button_from_under_the_mouse_and_scrolls_nothing(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1366, "height": 340})
    page = open_chart(desk)
    choose(page, DM)
    at_rest(page)
    panels = page.locator(".hcca").locator(".text, .list-body")
    panels.evaluate_all("all => all.forEach((panel) => { panel.scrollTop = panel.scrollTop > 20 ? 0 : 1000; })")
    before = panels.evaluate_all("all => all.map((panel) => panel.scrollTop)")
    page.locator(".hcca .act.accept").hover()
    page.mouse.down()
    opened, store = desk.opened(), open_store(desk.reviewer.database)
    eventually(page, lambda: store.stopped_at(desk.reviewer.user, opened.id) == DM)
    page.wait_for_timeout(500)  # its answer is here
    assert panels.evaluate_all("all => all.map((panel) => panel.scrollTop)") == before
    page.mouse.up()
    marked(page, DM, "accept")
    saved(page)


def test_a_folded_list_is_opened_and_folded_by_keys_that_stay_where_they_are(desk: Desk) -> None:
    page = open_chart(desk)
    summary = page.locator(".hcca .list summary", has_text="Named only")
    summary.focus()
    for rows in (4, 3):
        page.keyboard.press("Enter")
        playwright.expect(page.locator(".hcca .row")).to_have_count(rows)
        playwright.expect(summary).to_be_focused()
    summary.click()
    playwright.expect(page.locator(".hcca .row")).to_have_count(4)


def test_a_missed_condition_is_added_from_the_words_of_the_chart(desk: Desk) -> None:
    page = open_chart(desk)
    add(page, "MH", "J44.9")  # half a word was selected: the whole of it is quoted
    saved(page)
    [added] = desk.opened().orphans
    assert (added.quote.text, added.encounter, added.decision.code.icd10) == ("PMH", "e1", "J44.9")


def test_selected_words_bring_the_codes_that_they_name_and_none_is_chosen(desk: Desk) -> None:
    load_lexicon()  # compiled on this machine, as a screening leaves it
    page = open_chart(desk)
    page.locator(".hcca .words [data-at]", has_text="COPD").first.evaluate(
        """(piece) => {
            getSelection().selectAllChildren(piece);
            piece.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }"""
    )
    page.locator(".hcca .picker").wait_for()
    page.keyboard.press("m")
    playwright.expect(page.locator(".hcca .code-row").first).to_contain_text("J44.9")
    assert page.locator('.hcca .code-row[aria-selected="true"]').count() == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".hcca .row[data-id^='added:'] .mark")).to_have_class("mark add")
    saved(page)
    assert [o.decision.code.icd10 for o in desk.opened().orphans] == ["J44.9"]


def test_struck_evidence_is_no_longer_marked(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.locator(".hcca .quote", has_text="carvedilol").get_by_label("Strike").click()
    playwright.expect(page.locator(".hcca .quote.struck")).to_contain_text("carvedilol")
    playwright.expect(page.locator(".hcca .words .lit.letter-T")).to_have_count(0)
    saved(page)


def test_the_next_chart_is_one_key_away_and_brings_nothing_from_the_last(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, STROKE)
    page.keyboard.press("t")
    page.keyboard.type("Half a thought")
    page.keyboard.press("Escape")
    for suggestion in (HF, DM):
        choose(page, suggestion)
        page.keyboard.press("a")
    choose(page, STROKE)
    page.keyboard.press("q")
    page.locator(".hcca .next", has_text="two visits").wait_for()
    saved(page)
    page.keyboard.press("Shift+J")
    page.locator(".hcca .title", has_text="two visits").wait_for()
    playwright.expect(page.locator(".hcca .progress").first).to_contain_text("0 of 6 decided")
    assert page.locator(".hcca .row .mark:not(.none)").count() == 0
    choose(page, STROKE)
    playwright.expect(page.get_by_label("Rationale")).to_have_value("")
    assert own_desk.kinds() == {HF: "accept", DM: "accept", STROKE: "query"}


def test_what_is_held_back_is_one_click_away_with_its_reason(desk: Desk) -> None:
    page = open_chart(desk)
    page.get_by_role("button", name="Held back").click()
    playwright.expect(row(page, "e1:I26.99")).to_have_attribute("aria-current", "true")
    playwright.expect(page.locator(".hcca .banner")).to_contain_text("Ruled out")
    of_its_dates = page.locator(".hcca .group", has=page.locator('[data-id="e1:I26.99"]'))
    playwright.expect(of_its_dates).to_contain_text("Ruled out")
    page.keyboard.press("h")
    playwright.expect(row(page, "e1:I26.99")).not_to_be_visible()
    page.keyboard.press("h")
    playwright.expect(row(page, "e1:I26.99")).to_be_in_viewport()


def test_the_suggestions_are_filtered_by_what_their_rows_say_and_the_text_still_leads_to_all(desk: Desk) -> None:
    page = open_chart(desk)
    rows = page.locator(".hcca .row")
    page.keyboard.press("f")
    page.keyboard.type("i26")
    playwright.expect(rows).to_have_count(1)
    page.keyboard.press("Escape")
    playwright.expect(rows).to_have_count(3)  # those to review; the rest is folded again
    page.keyboard.press("f")
    page.keyboard.type("i26")
    page.keyboard.press("Enter")
    playwright.expect(row(page, "e1:I26.99")).to_have_attribute("aria-current", "true")
    page.locator(".hcca .words .named", has_text="Type 2 diabetes with diabetic CKD").click()
    playwright.expect(row(page, DM)).to_have_attribute("aria-current", "true")
    playwright.expect(page.get_by_label("Filter the suggestions")).to_have_value("")


def test_a_decision_touches_no_word_of_the_chart_and_scrolls_nothing(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1366, "height": 340})
    page = open_chart(desk)
    choose(page, DM)
    at_rest(page)
    before = page.evaluate(
        """() => {
            const bench = document.querySelector(".hcca:has(.panes)");
            bench.dataset.before = "the same";
            window.touched = 0;
            const seen = new MutationObserver((changes) => { window.touched += changes.length; });
            seen.observe(bench.querySelector(".text"), { subtree: true, childList: true, characterData: true });
            return [...bench.querySelectorAll(".text, .list-body, .facts")].map((panel) => panel.scrollTop);
        }"""
    )
    assert before[1] > 0 or before[0] > 0
    page.keyboard.press("r")  # a rejection waits for its reason: nothing moves on
    marked(page, DM, "reject")
    saved(page)
    at_rest(page)
    assert page.locator(".hcca[data-before='the same']").count() == 1
    panels = page.locator(".hcca").locator(".text, .list-body, .facts")
    assert (page.evaluate("window.touched"), panels.evaluate_all("all => all.map((p) => p.scrollTop)")) == (0, before)


def test_a_row_of_the_record_opens_its_chart_at_the_suggestion(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, STROKE)
    page.keyboard.press("a")
    saved(page)
    page.get_by_role("link", name="Record", exact=True).click()
    page.get_by_label("Search the table").fill(desk.chart)
    page.locator(".hcca tr.opens", has_text="I63.9").click()
    page.get_by_role("button", name="Open chart").click()
    page.locator(".hcca .title", has_text=desk.chart).wait_for()
    playwright.expect(row(page, STROKE)).to_have_attribute("aria-current", "true")


def test_a_high_risk_suggestion_says_so(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, STROKE)
    playwright.expect(page.locator(".hcca .banner.risk")).to_contain_text("96 %")


def test_a_decision_survives_kill_9_and_one_made_while_the_server_is_down_is_kept(own_desk: Desk) -> None:
    desk = own_desk
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("a")
    saved(page)
    desk.reviewer.kill()
    choose(page, DM)
    page.keyboard.press("a")
    playwright.expect(page.locator(".hcca .saved")).to_contain_text("Not saved yet")
    assert desk.kinds() == {HF: "accept"}
    desk.reviewer.start()
    playwright.expect(page.locator(".hcca .saved")).to_have_text("Saved")
    assert desk.kinds() == {HF: "accept", DM: "accept"}
    page.reload()
    page.locator(".hcca .words").first.wait_for()
    marked(page, HF, "accept")
    marked(page, DM, "accept")
    report = open_store(desk.reviewer.database).verify_audit()
    assert (report.intact, report.events) == (True, 2)


def test_whoever_types_while_the_server_is_away_goes_on_typing_and_nothing_is_lost(own_desk: Desk) -> None:
    desk = own_desk
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("t")
    page.keyboard.type("Edema")
    desk.reviewer.kill()
    page.keyboard.insert_text(" went down on torsemide,")
    away(page, page.get_by_label("Rationale"))
    page.keyboard.type(" weight too.")
    playwright.expect(page.get_by_label("Rationale")).to_have_value("Edema went down on torsemide, weight too.")
    desk.reviewer.start()
    saved(page)
    playwright.expect(page.get_by_text(AWAY)).to_be_hidden()
    eventually(page, lambda: list(desk.drafts().values()) == ["Edema went down on torsemide, weight too."])


def test_what_was_entered_while_the_server_was_away_is_there_after_the_page_was_left_and_opened_again(own_desk: Desk) -> None:
    desk = own_desk
    page = open_chart(desk)
    number = desk.opened().id
    choose(page, STROKE)
    desk.reviewer.kill()
    page.keyboard.press("r")
    choose(page, DM)
    page.keyboard.press("t")
    page.keyboard.type("CKD is named as diabetic")
    page.goto("about:blank")
    assert desk.kinds() == {}
    desk.reviewer.start()
    page.goto(f"{desk.reviewer.url}/review?chart={number}")
    marked(page, STROKE, "reject")
    choose(page, DM)
    playwright.expect(page.get_by_label("Rationale")).to_have_value("CKD is named as diabetic")
    saved(page)
    assert (desk.kinds(), list(desk.drafts().values())) == ({STROKE: "reject"}, ["CKD is named as diabetic"])
    assert page.evaluate("sessionStorage.length") == 0


def test_a_changed_file_is_not_shown_and_says_so(desk: Desk) -> None:
    page = desk.page
    (desk.reviewer.results.parent / "charts" / desk.chart).write_text("Another text altogether.")
    page.locator(".hcca tbody tr", has_text=desk.chart).click()
    playwright.expect(page.locator(".hcca .text .problem")).to_contain_text("changed after it was screened")
    assert page.locator(".hcca .words").count() == 0
    assert page.get_by_text("Another text").count() == 0
    playwright.expect(row(page, HF)).to_be_visible()


def test_keys_are_listed(desk: Desk) -> None:
    page = open_chart(desk)
    page.keyboard.press("?")
    playwright.expect(page.get_by_role("dialog", name="Keys")).to_contain_text("next suggestion")
    page.keyboard.press("Escape")
    playwright.expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_accepted_codes_are_exported(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, HF)
    page.keyboard.press("a")
    saved(page)
    page.get_by_role("link", name="Export").click()
    page.get_by_text("1 accepted code").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "I50.22" in text
    assert "carvedilol 12.5 mg twice daily" in text
    assert "E11.22" not in text


def test_codes_that_were_handed_in_are_there_again_when_their_page_is_and_when_the_server_is(own_desk: Desk) -> None:
    page = own_desk.page
    page.get_by_role("link", name="Claims", exact=True).click()
    codes = b"chart,date_of_service,icd10\nquill,2025-03-04,I50.22\nquill,2025-03-04,C50.911\n"
    page.get_by_label("Submitted codes").set_input_files({"name": "codes.csv", "mimeType": "text/csv", "buffer": codes})
    rows = page.locator(".hcca.plain-table tbody tr")
    playwright.expect(rows).to_have_count(2)
    settled(page)
    page.get_by_role("link", name="Worklist", exact=True).click()
    rows.first.wait_for(state="hidden")
    page.get_by_role("link", name="Claims", exact=True).click()
    playwright.expect(page.get_by_text("codes.csv is handed in")).to_be_visible()
    playwright.expect(rows).to_have_count(2)
    looked = page.get_by_role("button", name="I looked: not supported here")
    looked.wait_for()
    # Streamlit fetches what draws a button when it first needs one: no server, no button until the page is loaded again.
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    own_desk.reviewer.kill()
    page.get_by_text(AWAY).wait_for()
    own_desk.reviewer.start()
    page.get_by_text(AWAY).wait_for(state="hidden")
    looked.click()
    playwright.expect(rows.last).to_contain_text("test coder")
    [event] = open_store(own_desk.reviewer.database).events()
    assert event.action.kind == "reject"


def test_people_and_charts_are_chosen_while_the_server_is_away_and_shared_out_when_it_is_back(own_desk: Desk) -> None:
    page = own_desk.page
    page.get_by_text("Share out charts").click()
    page.get_by_label("test coder").wait_for()
    settled(page)
    own_desk.reviewer.kill()
    page.get_by_text(AWAY).wait_for()
    page.get_by_label("test coder").check()
    page.get_by_label("quill.txt").check()
    own_desk.reviewer.start()
    page.get_by_text(AWAY).wait_for(state="hidden")
    page.get_by_role("button", name="Share out").click()
    playwright.expect(page.get_by_label("quill.txt")).not_to_be_checked()
    playwright.expect(page.get_by_label("test coder")).not_to_be_checked()
    assert {r.chart: r.assigned for r in open_store(own_desk.reviewer.database).worklist()} == {
        "quill.txt": "test coder", "sub/two visits.txt": None, "locked.pdf": None
    }  # fmt: skip


def test_an_auditor_verifies_the_record_takes_it_along_and_reads_a_row_when_no_chart_is_left(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    for suggestion, key in ((HF, "a"), (DM, "q")):
        choose(page, suggestion)
        page.keyboard.press(key)
    saved(page)
    store = open_store(own_desk.reviewer.database)
    Versions(store).save("policy", "ours-1", "threshold = 0.5", "Ada Lead", "fewer false cancers")
    page.get_by_role("link", name="Record", exact=True).click()
    page.get_by_text("2 events on charts, 1 change of roles and versions").wait_for()
    playwright.expect(page.locator(".hcca tbody tr").first).to_contain_text("saved policy ours-1")
    page.get_by_role("button", name="Verify the record").click()
    for name, head in (
        ("Decisions: all 2", store.verify_audit().head),
        ("Roles and versions: all 1", Versions(store).verify().head),
    ):
        page.get_by_text(name).wait_for()
        page.get_by_text(head).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="The record (CSV)").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        first, second, saved_version = csv.DictReader(file)
    assert [line["no."] for line in (first, second, saved_version)] == ["1", "2", "v1"]
    assert "Treat: “carvedilol 12.5 mg twice daily” (p. 1)" in first["words"]  # readable when no chart is left
    assert (first["file SHA-256"], first["shown as"]) == (own_desk.opened().result.sha256, "supported, 94%")
    (own_desk.reviewer.results / "suggestions.jsonl").write_text("")  # years later: no chart is left
    page.locator(".hcca tbody tr", has_text="accept").click()
    sheet = page.get_by_role("dialog", name="A row of the record")
    for said in ("No. 1: accept · test coder", "I50.22", "Treat: “carvedilol 12.5 mg twice daily” (p. 1)", "file SHA-256: "):
        playwright.expect(sheet).to_contain_text(said)
    page.keyboard.press("Escape")
    playwright.expect(sheet).to_have_count(0)


def test_an_escalated_case_is_answered_and_the_answer_is_shown_the_next_time(own_desk: Desk) -> None:
    page = open_chart(own_desk)
    choose(page, HF)
    page.keyboard.press("t")
    page.keyboard.type("Does compensated count?")
    page.keyboard.press("Enter")
    page.keyboard.press("e")
    saved(page)
    page.get_by_role("link", name="Questions").click()
    page.get_by_text("Does compensated count?").wait_for()
    page.get_by_label("Answer").fill("Yes: it is a judgement of its state.")
    page.get_by_label("Answer").press("Control+Enter")
    page.get_by_role("button", name="Keep the answer").click()
    page.get_by_text("0 open questions").wait_for()
    page.get_by_role("link", name="Worklist").click()
    open_chart(own_desk._replace(chart="two visits"))
    choose(page, HF)
    playwright.expect(page.locator(".hcca .guidance")).to_contain_text("Yes: it is a judgement of its state.")


def test_the_page_image_shows_the_words_in_their_boxes(context: playwright.BrowserContext, tmp_path: Path) -> None:
    with only(context, tmp_path, write_pdf_chart(tmp_path / "charts", "printed.pdf")) as page:
        page.keyboard.press("n")
        page.keyboard.press("i")
        box = page.locator(".hcca .sheet .box.letter-T")
        playwright.expect(box).to_be_visible()
        page.wait_for_function("() => document.querySelector('.hcca .sheet img').naturalHeight > 0")
        share = page.evaluate(
            """() => {
                const sheet = document.querySelector(".hcca .sheet img").getBoundingClientRect();
                return (document.querySelector(".hcca .box.letter-T").getBoundingClientRect().top - sheet.top) / sheet.height;
            }"""
        )
        assert abs(share - PDF_LINE_FROM_TOP / PDF_HEIGHT) < 0.02


def test_a_key_that_can_do_nothing_says_why(context: playwright.BrowserContext, tmp_path: Path) -> None:
    with only(context, tmp_path, write_chart(tmp_path / "charts", "only.txt")) as page:
        page.keyboard.press("Shift+J")
        playwright.expect(page.locator(".hcca .toast")).to_contain_text("No other chart waits")
        add(page, "PMH", "J44.9")
        page.locator(".hcca .row[data-id^='added:']").click()
        page.keyboard.press("q")
        playwright.expect(page.locator(".hcca .toast")).to_contain_text("added this by hand")
        saved(page)


def test_decisions_are_recorded_under_the_name_in_the_sidebar(desk: Desk) -> None:
    page = open_chart(desk)
    page.get_by_test_id("stExpandSidebarButton").click()
    name = page.get_by_label("Your name, as the record keeps it")
    name.fill("Ada Coder")
    name.press("Enter")
    playwright.expect(page.locator(".hcca .top")).to_contain_text("as Ada Coder")
    choose(page, HF)
    page.locator(".hcca .act.accept").click()
    playwright.expect(page.locator(".hcca .row.saving")).to_have_count(0)
    saved(page)
    assert desk.opened().states[HF].decision.who == "Ada Coder"
    name.fill("test coder")
    name.press("Enter")
    playwright.expect(page.locator(".hcca .top")).to_contain_text("as test coder")


def test_each_window_keeps_the_name_that_was_typed_in_it(browser: playwright.Browser, own_desk: Desk) -> None:
    """Two people on one machine, each with a window: nothing is recorded under the other's name."""
    first = own_desk.page
    with watched(browser.new_context(viewport={"width": 1366, "height": 768}), own_desk.reviewer.url) as second:
        for page, who in ((first, "ann"), (second, "ben")):
            page.get_by_test_id("stExpandSidebarButton").click()
            name = page.get_by_label("Your name, as the record keeps it")
            name.fill(who)
            name.press("Enter")
            settled(page)
        open_chart(own_desk)
        playwright.expect(first.locator(".hcca .top")).to_contain_text("as ann")
        open_chart(Desk(second, own_desk.reviewer, "quill.txt"))
        playwright.expect(second.locator(".hcca .top")).to_contain_text("held by ann")


def test_no_word_of_a_chart_stands_in_the_log_or_the_address(desk: Desk) -> None:
    page = open_chart(desk)
    choose(page, HF)
    page.keyboard.press("a")
    saved(page)
    assert re.fullmatch(rf"{desk.reviewer.url}/review\?chart=\d+", page.url)
    log = desk.reviewer.log.read_text()
    for word in ("Quill", "quill", "carvedilol", "1948"):
        assert word not in log


def test_every_place_of_a_long_chart_is_brought_before_the_eyes(context: playwright.BrowserContext, tmp_path: Path) -> None:
    root = tmp_path / "charts"
    long = Visit(VISIT.text + ("Stable, continue as before. " * 12 + "\n") * 40)
    charts = [write_chart(root, "many.txt", [long] * 150)]
    server = Reviewer(write_results(tmp_path / "r", root, charts), str(tmp_path / "db"), tmp_path / "log").start()
    with watched(context, server.url) as page:
        open_chart(Desk(page, server, "many.txt"))
        for left in (2, 1, 0):
            more = page.get_by_role("button", name="145 more dates")
            more.first.click()
            playwright.expect(more).to_have_count(left)
        for suggestion in ("e150:I50.22", "e2:E11.22", "e75:I63.9"):
            choose(page, suggestion)
            playwright.expect(page.locator(".hcca .words .now")).to_be_in_viewport()
    server.kill()
