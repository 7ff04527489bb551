"""How fast charts are read and screened, and in how much memory; each part in a process of its own, on one core.

    python benchmarks/reading.py [text_pages] [long_chart] [scans] [memory] [faxed_chart]

Text PDFs: words with boxes and reading order, against pdfplumber's words, in one run. A long chart of text (150 pages, made of
the sample charts') screened whole, warm. Scans: OCR alone, on the sample charts' scanned pages. Memory: the peak of a process
that reads 500 pages, against one that reads 50. A faxed chart: 500 pages, twenty different ones over and over, each askew and
specked in a way of its own, read whole, and the memory at its 50th page and its last.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pypdfium2
from charts import write_pdfs
from PIL import Image

from hccassist.encounters import find_encounters
from hccassist.reading import Limits, read_bytes, read_chart
from hccassist.schema import Page

SAMPLES = Path(__file__).parents[1] / "sample_charts"
SOURCE = SAMPLES / "medicare_full_year.pdf"
LONG, LONGEST, SHORT = 150, 500, 50
DIFFERENT = 20
REPEATS = 3


def pages_of_text(count: int) -> bytes:
    """A PDF of ``count`` pages that have a text layer, those of the sample chart over and over."""
    source = pypdfium2.PdfDocument(SOURCE)
    numbers = [n for n, page in enumerate(source) if len(page.get_textpage().get_text_range()) > 400]
    out = pypdfium2.PdfDocument.new()
    while len(out) < count:
        out.import_pages(source, numbers[: count - len(out)])
    stream = io.BytesIO()
    out.save(stream)
    return stream.getvalue()


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Seconds of the fastest run after a warm-up."""
    work()
    return min(_timed(work) for _ in range(repeats))


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def text_pages() -> None:
    import pdfplumber

    data = pages_of_text(SHORT)

    def plumber() -> None:
        with pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages:
                page.extract_words()

    ours, theirs = best(lambda: read_bytes(data, "text.pdf")), best(plumber, 1)
    rates = f"{SHORT / ours:7.0f} pages/s   pdfplumber {SHORT / theirs:.0f} pages/s"
    print(f"text PDF      {rates}   {theirs / ours:.1f} times as fast")


def long_chart() -> None:
    from hccassist.screening import load_screener, screen

    data, screener = pages_of_text(LONG), load_screener()
    chart = read_bytes(data, "long.pdf")
    encounters = find_encounters(chart)
    reading = best(lambda: read_bytes(data, "long.pdf"))
    finding = best(lambda: find_encounters(chart))
    screening = best(lambda: screen(chart, encounters, screener))
    print(
        f"{LONG} pages     {reading + finding + screening:7.2f} s   reading {reading:.2f}, records {finding:.2f},"
        f" screening {screening:.2f}"
    )


def scans() -> None:
    read: list[Page] = []
    seconds = 0.0
    for name in ("dialysis_faxed.pdf", "behavioral_health.pdf"):
        read_chart(SAMPLES / name, name, Limits(max_pages=50))
        start = time.process_time()
        chart = read_chart(SAMPLES / name, name)
        seconds += time.process_time() - start
        read += [page for page in chart.pages if page.source == "ocr"]
    print(f"scans         {len(read) / seconds:7.2f} pages/s of {len(read)}")


def memory() -> None:
    """Prints what the process that reads the first of these charts, then the second, takes at most (MiB)."""
    peaks = []
    for count in (SHORT, LONGEST):
        read_bytes(pages_of_text(count), "memory.pdf")
        peaks.append(peak())
    print(f"memory        {peaks[0]:7} MiB for {SHORT} pages, {peaks[1]} MiB for {LONGEST}")


def peak() -> int:
    """The most memory that this process has taken, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)


def faxed(count: int) -> bytes:
    """A PDF of ``count`` pages as a fax machine sends them: black or white at 200 dots an inch, askew, with specks."""
    with tempfile.TemporaryDirectory() as folder:
        write_pdfs(Path(folder), 1, visits=DIFFERENT)
        source = pypdfium2.PdfDocument(next(Path(folder).iterdir()).read_bytes())
    drawn = [page.render(scale=200 / 72, grayscale=True).to_pil() for page in list(source)[:DIFFERENT]]
    out = pypdfium2.PdfDocument.new()
    for number in range(count):
        chance = np.random.default_rng(number)
        page = drawn[number % DIFFERENT].rotate(chance.uniform(-1, 1), Image.Resampling.BICUBIC, fillcolor=255)
        black = np.asarray(page) + chance.normal(0, 28, (page.height, page.width)) < 150
        black |= chance.random(black.shape) < 0.001
        stream = io.BytesIO()
        Image.fromarray(~black).save(stream, "PDF", resolution=200)
        out.import_pages(pypdfium2.PdfDocument(stream.getvalue()))
    stream = io.BytesIO()
    out.save(stream)
    return stream.getvalue()


def faxed_chart() -> None:
    peaks: list[int] = []
    data = faxed(LONGEST)
    start = time.process_time()
    chart = read_bytes(data, "fax.pdf", Limits(on_page=lambda: peaks.append(peak())))
    rate = len(chart.pages) / (time.process_time() - start)
    unread = sum(page.source == "unread" for page in chart.pages)
    print(
        f"faxed chart   {rate:7.2f} pages/s of {LONGEST}, {unread} unread   {peaks[SHORT]} MiB for {SHORT}, {peaks[-1]} in all"
    )


PARTS = (text_pages, long_chart, scans, memory, faxed_chart)


def main() -> None:
    context = get_context("spawn")
    for part in [part for part in PARTS if part.__name__ in sys.argv[1:]] or PARTS:
        process = context.Process(target=part)
        process.start()
        process.join()


if __name__ == "__main__":
    main()
