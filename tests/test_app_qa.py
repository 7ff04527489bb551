"""The bench in a real browser: a threshold moved, sentences read, a version saved, used and rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from review_browser import AWAY, away, eventually, settled, watched
from review_builder import write_chart, write_results
from review_server import Reviewer

from hccassist.qa import labelled
from hccassist.qa.labelled import Judged
from hccassist.review import open_store
from hccassist.review.versions import Versions

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("browser")]
MANY = 10_000
MARKUP = "<b>COPD</b> & Trelegy, chart"


def judged_rows(count: int) -> list[Judged]:
    random = np.random.default_rng(11)
    rows = []
    for k in range(count):
        strength = round(float(random.random()), 2)
        evidence = {"strength": strength, "treated": strength}
        category, condition, code = (("280", "COPD", "J44.9"), ("226", "heart failure", "I50.9"))[k % 2]
        rows.append(
            Judged(
                chart=f"chart {k // 8}.txt",
                kind="note",
                condition=condition,
                icd10=code,
                label=condition,
                supported=bool(random.random() < 0.3 + 0.6 * strength),
                status="active",
                category=category,
                group=None,
                pays=True,
                setting="office",
                sections=("assessment_plan",),
                features=dict.fromkeys(["active", "agreement", "backed", "read", "pays"], 1.0) | evidence,
                term=condition,
                sentence=f"{MARKUP} {k}.",
            )
        )
    return rows


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reviewer, Path]]:
    folder = tmp_path_factory.mktemp("bench")
    results = write_results(folder / "results", folder / "charts", [write_chart(folder / "charts", "a.txt")])
    labelled.write(judged_rows(MANY), folder / "judged.jsonl")
    server = Reviewer(results, str(folder / "db"), folder / "log").start()
    yield server, folder / "judged.jsonl"
    server.kill()


@pytest.fixture(scope="module")
def page(browser: playwright.Browser, bench: tuple[Reviewer, Path]) -> Iterator[playwright.Page]:
    server, path = bench
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    with watched(context, f"{server.url}/qa") as page:
        page.get_by_role("radio", name="Labelled cases").click()
        field = page.get_by_label("A file or folder on this machine")
        field.fill(str(path))
        field.press("Enter")
        page.get_by_text(f"{MANY} judged suggestions").wait_for()
        settled(page)
        yield page


def show(page: playwright.Page, part: str) -> None:
    """Choose a part of the bench, and wait until it has taken the place of the one before."""
    page.get_by_role("radio", name=part).click()
    {"Thresholds": page.get_by_role("slider"), "Versions": page.get_by_text("Policy in force: ")}[part].wait_for()
    settled(page)


def moved(page: playwright.Page) -> str:
    """The line that says what the draft gains and loses."""
    return page.locator("p", has_text="Newly shown:").first.inner_text()


def slide(page: playwright.Page, key: str) -> None:
    """Press a key on the slider five times, past confidences that some suggestions have, and wait until the page shows that."""
    settled(page)
    before = moved(page)
    for _ in range(5):
        page.get_by_role("slider").press(key)
    playwright.expect(page.locator("p", has_text="Newly shown:").first).not_to_have_text(before)


def test_a_threshold_moved_up_loses_and_moved_back_changes_nothing_of_ten_thousand_suggestions(page: playwright.Page) -> None:
    page.get_by_role("slider").wait_for()
    playwright.expect(page.get_by_role("button", name="Save")).to_be_in_viewport()  # on a small screen too
    for key, says in (("ArrowRight", r"no longer shown: [1-9]"), ("ArrowLeft", r"Newly shown: 0 .* no longer shown: 0 ")):
        slide(page, key)
        page.locator("p", has_text=re.compile(says)).wait_for()


def test_no_key_on_the_slider_is_missed_while_the_page_is_drawn_anew(page: playwright.Page) -> None:
    slider = page.get_by_role("slider")
    at = float(slider.input_value())
    for _ in range(20):
        slider.press("ArrowRight")
        page.wait_for_timeout(60)  # each while the page answers the one before
    playwright.expect(page.get_by_text(f"Draft: all, with a payment category {at:.2f} → {at + 0.2:.2f}")).to_be_visible()
    playwright.expect(slider).to_be_focused()
    page.get_by_role("button", name="Start over").click()
    playwright.expect(slider).to_have_value(f"{at:g}")


def test_what_is_chosen_while_the_server_is_away_is_followed_when_it_is_back(
    page: playwright.Page, bench: tuple[Reviewer, Path]
) -> None:
    which = page.get_by_label("Threshold of")
    bench[0].kill()
    page.get_by_text(AWAY).wait_for()
    which.select_option("A V28 category")
    bench[0].start()
    playwright.expect(page.get_by_label("Which")).to_have_value("226")
    which.select_option("All, with a payment category")
    playwright.expect(page.get_by_label("Which")).to_have_count(0)
    settled(page)


def test_words_typed_and_thresholds_moved_while_the_server_goes_are_there_when_it_is_back_and_after_a_reload(
    page: playwright.Page, bench: tuple[Reviewer, Path]
) -> None:
    slide(page, "ArrowRight")
    page.get_by_label("Threshold of").select_option("A V28 category")
    page.get_by_label("Which").wait_for()
    settled(page)
    playwright.expect(page.get_by_role("slider")).to_have_value("0.5")  # where the draft has it for every category
    slide(page, "ArrowRight")
    draft = page.get_by_text("Draft: ").inner_text()
    assert draft.count("→") == 2
    page.get_by_label("New policy version").fill("2027.01")
    reason = page.get_by_label("Reason, for the record")
    reason.press_sequentially("fewer ")
    bench[0].kill()
    page.keyboard.insert_text("false ")
    away(page, reason)
    page.keyboard.type("alarms")
    page.get_by_label("Put in force").check()
    bench[0].start()
    page.get_by_text(AWAY).wait_for(state="hidden")
    settled(page)
    for _ in range(2):
        playwright.expect(page.get_by_text("Draft: ")).to_have_text(draft)
        playwright.expect(page.get_by_label("New policy version")).to_have_value("2027.01")
        playwright.expect(reason).to_have_value("fewer false alarms")
        page.reload()
        reason.wait_for()
    page.get_by_label("New policy version").fill("")
    reason.fill("")
    page.get_by_role("button", name="Start over").click()
    playwright.expect(page.get_by_text("Draft: ")).to_have_text("Draft: as the policy in force")
    settled(page)
    page.get_by_role("radio", name="Labelled cases").check()
    page.get_by_text(f"{MANY} judged suggestions").wait_for()
    settled(page)


def test_the_very_sentences_are_shown_as_text_never_as_markup(page: playwright.Page) -> None:
    slide(page, "ArrowRight")
    sentences = page.locator(".hcca.plain-table").first
    playwright.expect(sentences).to_contain_text(MARKUP)
    playwright.expect(sentences).to_contain_text("no longer")
    assert page.locator(".hcca.plain-table b").count() == 0


def test_a_draft_is_saved_with_a_reason_used_and_rolled_back(page: playwright.Page, bench: tuple[Reviewer, Path]) -> None:
    slide(page, "ArrowRight")
    page.get_by_label("New policy version").fill("2026.11-ours")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Give the reason").wait_for()
    settled(page)
    page.get_by_label("Reason, for the record").fill("fewer false alarms")
    page.get_by_text("Put in force for the next screening").click()
    page.get_by_role("button", name="Save").click()
    versions = Versions(open_store(bench[0].database))
    eventually(page, lambda: len(versions.record()) == 2)
    show(page, "Versions")
    page.get_by_text("Policy in force: 2026.11-ours").wait_for()
    playwright.expect(page.locator(".hcca.plain-table")).to_contain_text("fewer false alarms")
    page.get_by_label("Reason, for the record").first.fill("too strict after all")
    page.get_by_label("Put in force").first.select_option("2026.11")
    page.get_by_role("button", name="Use").first.click()
    page.get_by_text("Policy in force: 2026.11", exact=True).wait_for()
    assert [(e.action, e.version) for e in versions.record()] == [
        ("save", "2026.11-ours"), ("use", "2026.11-ours"), ("save", "2026.11"), ("use", "2026.11"),
    ]  # fmt: skip
    show(page, "Thresholds")


def test_a_policy_file_is_handed_in_or_refused_in_one_line(page: playwright.Page) -> None:
    show(page, "Versions")
    for name, threshold, says in (
        ("wrong.toml", 5, "wrong.toml: threshold: Input should be less than"), ("ours.toml", 0.5, "from the committee"),
    ):  # fmt: skip
        content = f'version = "ours-2"\nthreshold = {threshold}\nwithout_hcc = 0.5\n'.encode()
        given = {"name": name, "mimeType": "text/plain", "buffer": content}
        page.get_by_label("A policy file").set_input_files(given)
        page.get_by_label("Reason, for the record").last.fill("from the committee")
        page.get_by_role("button", name="Keep").click()
        page.locator(f".stMain :text({says!r})").first.wait_for()
        settled(page)
    show(page, "Thresholds")


def test_the_other_parts_open_and_no_word_of_a_chart_is_logged(page: playwright.Page, bench: tuple[Reviewer, Path]) -> None:
    parts = (
        ("Categories", "280"),
        ("Compare", "average precision"),
        ("Noise", "rejected"),
        ("Learning", "learns from decisions"),
    )
    for part, shows in parts:
        page.get_by_role("radio", name=part).click()
        page.locator(f".stMain :text-matches('{shows}')").first.wait_for()
    assert "Trelegy" not in bench[0].log.read_text()
