"""Finding one's way in a chart, in a real browser: encounters, search, letters, pages and their images, pages not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from review_browser import Desk, choose, marked, open_chart, row, saved, watched
from review_builder import CONDITIONS, HF, VISIT, Visit, write_chart, write_pdf_chart, write_results
from review_server import Reviewer

from hccassist.review import open_store
from hccassist.schema import UNREAD_REASONS, PageSummary

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("team")]

LATE = Visit(
    "Lab of 06/01/2025\nNo visit. [[hf]Heart  failure] follow-up.\n", date="2025-06-01", provider=None, credential=None,
    setting="lab", valid="no", problems=("A laboratory or test report on its own does not count.",),
)  # fmt: skip


WRAPPED = Visit(
    "PLAN\nSeen for [[hf]chronic systolic heart failure], which is steady. We will\n   continue carvedilol.\nGout.\n",
    date="2025-02-11",
)
"""A sentence goes on in the next line; the line behind it is another's."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewer]:
    folder = tmp_path_factory.mktemp("chart")
    root = folder / "charts"
    two = write_chart(root, "two visits.txt", [LATE, VISIT])
    two = replace(two, suggestions=tuple(replace(s, tier="suppressed") if s.encounter == "e1" else s for s in two.suggestions))
    lab = next(s for s in two.suggestions if s.id == "e2:E11.22").evidence[:1]
    two = replace(two, suggestions=tuple(replace(s, more_evidence=lab) if s.id == "e2:I50.22" else s for s in two.suggestions))
    printed = write_pdf_chart(root, "printed.pdf")
    printed = replace(printed, pages=(*printed.pages, PageSummary(2, 612, 792, "unread", 0, unread="doubtful")))
    [drug] = printed.suggestions[0].evidence
    watched_too = replace(printed.suggestions[0], evidence=(drug, replace(drug, element="M")))
    printed = replace(printed, suggestions=(watched_too,))
    held = write_chart(root, "held.txt", [VISIT])
    no_hf = replace(HF, status="negated", tier="suppressed", reason="Denied.")
    denied = replace(VISIT, text="Echo normal: no [[no_hf]heart failure].\n", date="2025-06-01")
    both = write_chart(root, "both.txt", [VISIT, denied], CONDITIONS | {"no_hf": no_hf})
    turned = write_chart(root, "turned.txt", [replace(VISIT, text=VISIT.text + "Culture: \u202eevitisop\u202c.\n")])
    wrapped = write_chart(root, "wrapped.txt", [WRAPPED])
    year = write_chart(root, "year.txt", [replace(VISIT, date=f"2025-{k // 2 + 1:02}-{k % 2 * 10 + 5:02}") for k in range(24)])
    results = write_results(folder / "results", root, [two, printed, held, both, year, turned, wrapped])
    found = Reviewer(results, str(folder / "db"), folder / "log").start()
    yield found
    found.kill()


@pytest.fixture
def page(browser: playwright.Browser, server: Reviewer) -> Iterator[playwright.Page]:
    with watched(browser.new_context(viewport={"width": 1366, "height": 420}), server.url) as found:
        yield found


def test_encounters_stand_in_the_order_of_their_dates_with_what_speaks_against_them(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "two visits.txt"))
    chips = page.locator(".hcca .strip .visit")
    playwright.expect(chips).to_have_text(["✓ 03-04 3", "✕ 06-01"])
    page.keyboard.press(".")
    playwright.expect(chips.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press(",")
    playwright.expect(chips.nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("v")
    table = page.locator(".hcca .encounters tbody tr")
    playwright.expect(table.nth(1)).to_contain_text("A laboratory or test report on its own does not count.")
    table.nth(0).click()
    playwright.expect(page.locator(".hcca .text")).to_be_visible()


def test_the_sentence_that_names_a_condition_is_shown_over_the_end_of_its_line(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "wrapped.txt"))
    said = page.locator(".hcca .evidence .said").first
    playwright.expect(said).to_have_text(
        "Seen for chronic systolic heart failure, which is steady. We will    continue carvedilol.", use_inner_text=True
    )


def test_words_are_found_in_the_chart_whatever_their_case_and_spacing(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "two visits.txt"))
    page.keyboard.press("/")
    field = page.get_by_label("Search in the chart")
    playwright.expect(field).to_be_focused()
    field.fill("heart failure")
    count = page.locator(".hcca .finder [role=status]")
    playwright.expect(count).to_have_text("1 of 3")
    field.press("Enter")
    playwright.expect(count).to_have_text("2 of 3")
    field.press("Shift+Enter")
    playwright.expect(count).to_have_text("1 of 3")
    marked = page.evaluate("() => [...CSS.highlights.get('hcca-found')].map((range) => range.toString())")
    assert marked == ["Heart  failure", "heart failure", "heart failure"]
    field.fill("a(b")
    playwright.expect(count).to_have_text("not found")


def test_a_missed_condition_is_added_from_words_that_were_found_without_touching_the_mouse(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "two visits.txt"))
    page.keyboard.press("m")
    playwright.expect(page.locator(".hcca .toast")).to_contain_text("or find them")
    page.keyboard.press("/")
    field, count = page.get_by_label("Search in the chart"), page.locator(".hcca .finder [role=status]")
    field.fill("art failu")
    field.press("Enter")
    playwright.expect(count).to_have_text("2 of 3")
    field.press("Escape")
    playwright.expect(field).not_to_be_focused()
    playwright.expect(count).to_have_text("2 of 3")  # what was found stays
    page.keyboard.press("m")
    playwright.expect(page.locator(".hcca .codes-extra blockquote")).to_have_text("heart failure")
    playwright.expect(page.get_by_label("Search ICD-10-CM")).to_be_focused()
    page.keyboard.press("Escape")
    playwright.expect(page.get_by_label("Search ICD-10-CM")).to_be_hidden()
    page.keyboard.press("Escape")
    playwright.expect(count).to_have_text("")


def test_signs_that_turn_the_words_that_follow_are_shown_and_turn_nothing(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "turned.txt"))
    playwright.expect(page.locator(".hcca .words")).to_contain_text("Culture: \ufffdevitisop\ufffd.")


def test_a_letter_with_shift_goes_round_the_words_of_that_letter(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "held.txt"))
    choose(page, "e1:I50.22")
    page.keyboard.press("Shift+T")
    playwright.expect(page.locator(".hcca .words .now")).to_have_text("carvedilol 12.5 mg twice daily")
    page.keyboard.press("Shift+M")
    playwright.expect(page.locator(".hcca .words .now")).to_have_text("No orthopnea, weight stable at home")
    page.keyboard.press("Shift+E")
    playwright.expect(page.locator(".hcca .toast")).to_contain_text("No words here are evaluated")


def test_who_works_through_the_suspects_goes_on_to_the_next_suspect(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "year.txt"))
    page.get_by_role("button", name="Suspects").click()
    chosen = page.locator(".hcca .row[aria-current='true']")
    playwright.expect(chosen).to_have_attribute("data-id", re.compile("N18.4"))
    first = str(chosen.get_attribute("data-id"))
    page.keyboard.press("q")
    marked(page, first, "query")
    playwright.expect(chosen).not_to_have_attribute("data-id", first)
    playwright.expect(chosen).to_have_attribute("data-id", re.compile("N18.4"))
    saved(page)


def test_weaker_words_are_folded_away_and_kept_by_the_coders_hand(page: playwright.Page, server: Reviewer) -> None:
    desk = Desk(page, server, "two visits.txt")
    open_chart(desk)
    choose(page, "e2:I50.22")
    weaker = page.locator(".hcca .weaker")
    playwright.expect(weaker.locator(".said")).not_to_be_visible()
    weaker.locator("summary").click()
    weaker.locator(".words-link").click()
    playwright.expect(page.locator(".hcca .words .now")).to_have_text("A1c 7.9 %")
    weaker.get_by_label("Keep as evidence").click()
    playwright.expect(weaker).to_have_count(0)
    saved(page)
    playwright.expect(page.locator(".hcca .evidence .quote", has_text="A1c 7.9 %")).to_be_visible()
    assert [q.text for q in desk.opened().states["e2:I50.22"].evidence] == ["A1c 7.9 %"]


def test_text_and_image_stand_side_by_side_and_pages_are_turned_in_both(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "printed.pdf"))
    page.keyboard.press("b")
    playwright.expect(page.locator(".hcca .sheet .box.letter-T")).to_be_visible()
    playwright.expect(page.locator(".hcca .sheet .box[data-badge]")).to_have_attribute("data-badge", "MT")
    playwright.expect(page.locator(".hcca .text")).to_be_visible()
    page.keyboard.press("i")
    playwright.expect(page.locator(".hcca .text")).to_be_hidden()
    playwright.expect(page.locator(".hcca .image .page-head")).to_have_text("Page 1")
    page.keyboard.press("]")
    playwright.expect(page.locator(".hcca .image")).to_contain_text("has no page 2")
    page.keyboard.press("[")
    playwright.expect(page.locator(".hcca .image .page-head")).to_have_text("Page 1")


def test_beside_the_open_sidebar_nothing_of_the_review_is_cut_off_or_moved_sideways(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "printed.pdf"))
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_label("Your name, as the record keeps it").wait_for()
    page.keyboard.press("n")
    cut_off = """() => [...document.querySelectorAll(".hcca, .hcca .top, .hcca .text-bar, .hcca .list-filter")]
        .filter((e) => e.scrollWidth > e.clientWidth || e.scrollLeft).map((e) => e.className)"""
    page.wait_for_function(f"!({cut_off})().length")
    playwright.expect(page.get_by_label("Search in the chart")).to_be_in_viewport(ratio=1)


def test_pages_that_were_not_read_are_said_at_the_top(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "printed.pdf"))
    playwright.expect(page.locator(".hcca .unread")).to_have_text("1 page not read")
    page.keyboard.press("v")
    playwright.expect(page.locator(".hcca .encounters .problem")).to_contain_text(
        f"Not read: page 2: {UNREAD_REASONS['doubtful']}."
    )


def test_a_chart_that_somebody_holds_is_read_only_until_it_is_taken_over(page: playwright.Page, server: Reviewer) -> None:
    desk = Desk(page, server, "held.txt")
    store, number = open_store(server.database), desk.opened().id
    store.holds.open(number, "ben")
    open_chart(desk)
    playwright.expect(page.locator(".hcca .progress")).to_contain_text("held by ben")
    choose(page, "e1:E11.22")
    page.keyboard.press("a")
    playwright.expect(page.locator(".hcca .toast")).to_contain_text("take it over first")
    playwright.expect(row(page, "e1:E11.22").locator(".mark")).to_have_class("mark none")
    page.get_by_role("button", name="Take over").click()
    playwright.expect(page.locator(".hcca .progress")).not_to_contain_text("held by")
    page.keyboard.press("a")
    saved(page)
    assert [(e.who, e.action.kind) for e in store.events(number)] == [("test coder", "take_over"), ("test coder", "accept")]


def test_what_the_chart_says_otherwise_of_a_condition_is_named_and_one_click_away(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "both.txt"))
    choose(page, "e1:I50.22")
    conflict = page.locator(".hcca .conflict")
    playwright.expect(conflict).to_contain_text("The chart also says: denied, 2025-06-01")
    conflict.get_by_role("button").click()
    playwright.expect(row(page, "e2:I50.22")).to_have_attribute("aria-current", "true")
    playwright.expect(conflict).to_contain_text("present, 2025-03-04")
    choose(page, "e1:E11.22")
    playwright.expect(conflict).to_have_count(0)


def test_a_condition_of_many_dates_shows_the_best_and_opens_when_one_walks_into_it(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "year.txt"))
    playwright.expect(page.locator(".hcca .top")).to_be_in_viewport(ratio=1)
    playwright.expect(page.locator(".hcca .group-head .count").first).to_have_text("0 of 24")
    rows = page.locator(".hcca .row")
    playwright.expect(rows).to_have_count(15)
    for _ in range(5):
        page.keyboard.press("j")
    playwright.expect(rows).to_have_count(34)
    playwright.expect(page.locator(".hcca .row[aria-current]")).to_be_in_viewport()
    page.keyboard.press("s")
    playwright.expect(page.locator(".hcca .group").nth(1).locator(".row").first).to_have_attribute("aria-current", "true")
    playwright.expect(rows).to_have_count(15)
    page.get_by_role("button", name="19 more dates").first.click()
    playwright.expect(rows).to_have_count(34)
    page.get_by_role("button", name="Fold").click()
    playwright.expect(rows).to_have_count(15)


def test_what_all_dates_of_a_condition_are_held_back_for_is_said_once(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "year.txt"))
    page.get_by_role("button", name="Held back").click()
    playwright.expect(page.locator(".hcca .group-why")).to_have_text("Ruled out: “CTA negative for”.")
    playwright.expect(page.locator(".hcca .row .held-why")).to_have_count(0)
    page.get_by_role("button", name="Date", exact=True).click()
    playwright.expect(page.locator(".hcca .group-why")).to_have_count(0)
    playwright.expect(page.locator(".hcca .row[aria-current] .held-why")).to_have_text("Ruled out: “CTA negative for”.")
    page.get_by_role("button", name="Condition", exact=True).click()


def test_words_that_speak_for_two_letters_are_quoted_once(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "printed.pdf"))
    said = page.locator(".hcca .quote:has(.strike) .said")
    playwright.expect(said).to_have_text(["carvedilol", "the same words as M"])


def test_the_suggestions_are_listed_visit_by_visit_for_who_codes_by_date_of_service(
    page: playwright.Page, server: Reviewer
) -> None:
    open_chart(Desk(page, server, "year.txt"))
    page.keyboard.press("o")
    heads = page.locator(".hcca .visit-head .name")
    playwright.expect(heads).to_have_count(24)
    assert heads.all_inner_texts() == sorted(heads.all_inner_texts())
    rows = page.locator(".hcca .row")
    playwright.expect(rows).to_have_count(3)  # of the visit at hand: of so many the others are folded
    page.keyboard.press("a")
    playwright.expect(page.locator(".hcca .visit-head .count").first).to_have_text("1 of 3")
    saved(page)
    for _ in range(2):
        page.keyboard.press("j")
    playwright.expect(page.locator(".hcca .visit-head").nth(1)).to_have_attribute("aria-expanded", "true")
    playwright.expect(rows).to_have_count(3)
    page.keyboard.press("o")
    playwright.expect(heads).to_have_count(0)
    page.keyboard.press("u")
    saved(page)


def test_every_decision_is_reached_by_tab_alone_where_letters_are_no_commands(page: playwright.Page, server: Reviewer) -> None:
    open_chart(Desk(page, server, "turned.txt"))
    page.get_by_role("button", name="View").click()
    page.get_by_label("Letters are commands").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.locator(".hcca .row[aria-current]").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "AAccept":
            break
    assert page.locator(".hcca .row .mark:not(.none)").count() == 0, "a letter decided"
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".hcca .row .mark.accept")).to_have_count(1)
    assert page.evaluate("document.activeElement.textContent") == "AAccept", "the focus is where the next decision is made"
    saved(page)


@pytest.mark.parametrize("size", [(683, 384), (960, 540)])
def test_at_twice_the_size_the_panes_stand_side_by_side_and_each_can_be_read(
    browser: playwright.Browser, server: Reviewer, size: tuple[int, int]
) -> None:
    with watched(browser.new_context(viewport={"width": size[0], "height": size[1]}), server.url) as page:
        open_chart(Desk(page, server, "two visits.txt"))
        for pane in (".list", ".detail", ".text"):
            box = page.locator(f".hcca {pane}").bounding_box()
            assert box is not None
            assert box["width"] > 150
            assert 0 <= box["x"] <= size[0] - box["width"], f"{pane} reaches out of the window"
        playwright.expect(page.locator(".hcca .act.accept")).to_be_in_viewport()
        playwright.expect(page.locator(".hcca .words .now")).to_be_in_viewport()
