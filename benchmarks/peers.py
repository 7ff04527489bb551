"""Speed against what a user would build instead, in one process on one core.

Text: the whole of our screening (all stages, evidence, coding and ranking) against the stock medSpaCy pipeline (PyRuSH
sentences, target matcher over every ICD-10-CM title that pays in V24 or V28, ConText, sectionizer). PDF: our reader with word
boxes against pdfplumber's words. Both sides are warm, and no text is measured that was seen before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hccassist.batch.worker import spare_collector
from hccassist.encounters import find_encounters
from hccassist.reading import read_chart
from hccassist.schema import Chart
from hccassist.screening import load_screener, screen
from hccassist.terminology.codes import load_codes


def medspacy_pipeline() -> Callable[[str], object]:
    """Stock medSpaCy with the code set's own titles, as in its documentation."""
    from loguru import logger

    logger.remove()  # PyRuSH logs each sentence at DEBUG, which would be measured too
    import medspacy
    from medspacy.target_matcher import TargetRule

    nlp = medspacy.load(
        medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context", "medspacy_sectionizer"]
    )
    codes = load_codes()
    terms: dict[str, str] = {}
    for code, title in codes.titles.items():
        if codes.pays(code):
            for term in (title, *codes.inclusion.get(code, ())):
                terms.setdefault(term.lower(), code)
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(term, code) for term, code in terms.items()])
    return nlp  # type: ignore[no-any-return]


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds: what else the machine does is not counted."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare_text(warm: Sequence[Chart], charts: Sequence[Chart], few: int) -> None:
    """Prints characters per CPU second of both and their ratio. The peer is measured on the first ``few`` charts."""
    screener = load_screener()
    spare_collector()

    def ours(some: Sequence[Chart]) -> None:
        for chart in some:
            screen(chart, find_encounters(chart), screener)

    ours(warm)
    our_speed = sum(len(c.text) for c in charts) / seconds(lambda: ours(charts))
    nlp = medspacy_pipeline()
    for chart in warm[:3]:
        nlp(chart.text)
    peers = charts[:few]
    their_speed = sum(len(c.text) for c in peers) / seconds(lambda: [nlp(c.text) for c in peers])
    print(f"text: {len(charts)} notes (stock medSpaCy: {len(peers)} of them)")
    print(f"  hccassist, all stages   {our_speed / 1000:8.0f} thousand characters a CPU second")
    print(f"  stock medSpaCy          {their_speed / 1000:8.0f} thousand characters a CPU second")
    print(f"  ratio                   {our_speed / their_speed:8.1f}")


def compare_pdf(paths: Sequence[Path]) -> None:
    """Prints pages per CPU second of our reader and pdfplumber's over PDFs with a text layer, and their ratio."""
    import pdfplumber

    def theirs() -> None:
        for path in paths:
            with pdfplumber.open(path) as document:
                for page in document.pages:
                    page.extract_words()
                    page.close()

    pages = len(read_chart(paths[0], paths[0].name).pages) * len(paths)
    ours = seconds(lambda: [read_chart(path, path.name) for path in paths])
    others = seconds(theirs)
    print(f"pdf: {pages} pages with a text layer, words with boxes")
    print(f"  hccassist               {pages / ours:8.0f} pages a CPU second")
    print(f"  pdfplumber              {pages / others:8.0f} pages a CPU second")
    print(f"  ratio                   {others / ours:8.1f}")
