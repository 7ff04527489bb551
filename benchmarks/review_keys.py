"""From a key to the screen: how long the review takes to answer on a chart of 160 pages (wanted: 300 ms).

Prints, for each key, the median and the longest of nine presses, from the key's event to the frame after it is drawn; and the
time of a search. Needs a Chromium (HCCASSIST_CHROMIUM, else the one on the PATH): `python benchmarks/review_keys.py`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import pypdfium2 as pdfium
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from review_server import Reviewer  # noqa: E402 - beside the tests, which start the same server

from hccassist.batch.run import run  # noqa: E402

CHART, TIMES = ROOT / "sample_charts" / "medicare_full_year.pdf", 5
KEYS = {
    "j": "next suggestion", "k": "previous suggestion", "n": "next evidence", "T": "next treatment", "g": "next undecided",
    ".": "next encounter", "]": "next page", "a": "accept", "u": "undo", "r": "reject",
}  # fmt: skip
PRESS = """(key) => new Promise((done) => {
    const started = performance.now();
    window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started), 0));
})"""
SEARCH = """() => new Promise((done) => {
    const field = document.querySelector(".hcca .finder input");
    const started = performance.now();
    field.value = "heart failure";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started), 0));
})"""
WAIT = 60_000


def long_chart(folder: Path) -> Path:
    """The sample chart of 32 pages, five times over."""
    source, found = pdfium.PdfDocument(CHART), pdfium.PdfDocument.new()
    for _ in range(TIMES):
        found.import_pages(source)
    found.save(folder / "long.pdf")
    return folder / "long.pdf"


def measure(page: Page) -> None:
    """Press every key nine times."""
    for key, what in KEYS.items():
        taken = []
        for _ in range(9):
            taken.append(page.evaluate(PRESS, key))
            page.wait_for_timeout(250)
        print(f"{key}  {what:20} median {statistics.median(taken):4.0f} ms, longest {max(taken):4.0f} ms")
    print(f"/  {'search':20} {page.evaluate(SEARCH):11.0f} ms")


def main() -> None:
    """Screen, serve, measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run([str(long_chart(folder))], str(folder / "results"), Console(quiet=True))
        server = Reviewer(folder / "results", str(folder / "db"), folder / "log").start()
        try:
            with sync_playwright() as p:
                path = os.environ.get("HCCASSIST_CHROMIUM") or shutil.which("chromium")
                page = p.chromium.launch(executable_path=path, args=["--no-sandbox"]).new_page()
                page.set_viewport_size({"width": 1366, "height": 768})
                page.goto(server.url)
                page.locator(".hcca tr[data-chart]").click(timeout=WAIT)
                page.locator(".hcca .words .lit").first.wait_for(timeout=WAIT)
                measure(page)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
