"""Speed against what a user would build instead, measured in one run on one core.

    python benchmarks/compare.py [NOTES_DIR] [--pdf DIR]

Text: the whole of our screening (all stages) against the stock medSpaCy pipeline (PyRuSH sentences, target matcher over every
ICD-10-CM title that pays in V24 or V28, ConText, sectionizer), both warm, on the same notes. PDF: our text layer with word
boxes against pdfplumber's words. Without arguments the project's sample charts are used.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from hccassist.encounters import find_encounters
from hccassist.reading import read_chart
from hccassist.schema import Chart
from hccassist.screening import load_screener, screen
from hccassist.terminology.codes import load_codes

SAMPLES = Path(__file__).parents[1] / "sample_charts"
REPEATS = 3
LEAST_CHARACTERS = 100_000


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
    """The best of a few runs after a warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def compare_text(folder: Path) -> None:
    """Prints characters per second of both and their ratio."""
    charts: list[Chart] = [read_chart(p, p.name) for p in sorted(folder.rglob("*.txt"))]
    size = sum(len(c.text) for c in charts)
    charts *= max(1, LEAST_CHARACTERS // max(size, 1))
    size = sum(len(c.text) for c in charts)
    screener = load_screener()
    ours = seconds(lambda: [screen(c, find_encounters(c), screener) for c in charts])
    nlp = medspacy_pipeline()
    start = time.perf_counter()
    for chart in charts:
        nlp(chart.text)
    theirs = time.perf_counter() - start
    print(f"text: {len(charts)} notes, {size} characters")
    print(f"  hccassist, all stages   {size / ours / 1000:8.0f} thousand characters/s")
    print(f"  stock medSpaCy          {size / theirs / 1000:8.0f} thousand characters/s")
    print(f"  ratio                   {theirs / ours:8.1f}")


def compare_pdf(folder: Path) -> None:
    """Prints pages per second of our reader and pdfplumber's over pages with a text layer, and their ratio."""
    import pdfplumber

    ours = theirs = 0.0
    pages = 0
    for path in sorted(folder.rglob("*.pdf")):
        chart = read_chart(path, path.name)
        if any(p.source != "text" for p in chart.pages):
            continue
        ours += seconds(lambda path=path: read_chart(path, path.name))  # type: ignore[misc]
        start = time.perf_counter()
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_words()
                page.close()
        theirs += time.perf_counter() - start
        pages += len(chart.pages)
    if not pages:
        print("pdf: no chart whose pages all have a text layer")
        return
    print(f"pdf: {pages} pages with a text layer, words with boxes")
    print(f"  hccassist               {pages / ours:8.0f} pages/s")
    print(f"  pdfplumber              {pages / theirs:8.0f} pages/s")
    print(f"  ratio                   {theirs / ours:8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notes", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--pdf", type=Path, default=SAMPLES)
    arguments = parser.parse_args()
    compare_text(arguments.notes)
    compare_pdf(arguments.pdf)


if __name__ == "__main__":
    main()
