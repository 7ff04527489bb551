"""Every figure of docs/sizing.md, with one command:

    python benchmarks/run.py [peers] [start] [jobs] [growth] [memory] [scans] [profile] [--charts N] [--notes DIR]

Without names all are measured. Charts are generated (``charts.py``) into a temporary folder; ``--notes`` measures ``peers`` on
text files of your own. Runs are of the real command line, in processes of their own.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from charts import note, write_notes, write_pdfs
from peers import compare_pdf, compare_text

import hccassist
from hccassist.encounters import find_encounters
from hccassist.reading import read_chart
from hccassist.reading.plain import text_chart
from hccassist.screening import load_screener, screen

PACKAGE = Path(hccassist.__file__).parent
PARTS = ("peers", "start", "jobs", "growth", "memory", "scans", "profile")


@dataclass(frozen=True)
class Run:
    """One run of ``hccassist screen``: wall seconds in all and until the first result, CPU seconds of the command and with all
    workers, and the largest memory (bytes) of the command and of a worker."""

    wall: float
    first: float
    command_cpu: float
    cpu: float
    command_memory: int
    worker_memory: int


def screen_folder(charts: Path, out: Path, jobs: int = 1, environment: dict[str, str] | None = None) -> Run:
    """Runs the command and watches it."""
    partial = out / "suggestions.jsonl.partial"
    command = [sys.executable, "-m", "hccassist.cli", "screen", str(charts), "--out", str(out), "--jobs", str(jobs)]
    before = os.times()
    started = time.monotonic()
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    watched, first, memory = psutil.Process(running.pid), 0.0, [0, 0]
    cpu: dict[int, float] = {}
    while running.poll() is None:
        if not first and partial.exists() and partial.stat().st_size:
            first = time.monotonic() - started
        try:
            for level, processes in enumerate(([watched], watched.children())):
                for process in processes:
                    memory[level] = max(memory[level], process.memory_info().rss)
                    # Workers that were killed at the end are not waited for in a way that counts them.
                    cpu[process.pid] = sum(process.cpu_times()[:2])
        except psutil.Error:
            pass
        time.sleep(0.02)
    wall = time.monotonic() - started
    after = os.times()
    own = after.children_user + after.children_system - before.children_user - before.children_system
    if running.returncode:
        raise SystemExit(f"the run failed with {running.returncode}")
    return Run(wall, first or wall, cpu[running.pid], max(own, sum(cpu.values())), memory[0], memory[1])


def peers(folder: Path, notes: Path | None) -> None:
    """Our speed against stock medSpaCy and pdfplumber."""
    if notes:
        charts = [read_chart(p, p.name) for p in sorted(notes.rglob("*.txt"))]
    else:
        charts = [text_chart(note(seed), f"{seed}.txt", "") for seed in range(300)]
    half = len(charts) // 2
    compare_text(charts[:half], charts[half:], few=40)
    write_pdfs(folder / "pdf", 4, visits=20)
    compare_pdf(sorted((folder / "pdf").iterdir()))


def start(folder: Path) -> None:
    """From the command to the first result, with and without the compiled knowledge in the cache."""
    write_notes(folder / "one", 1)
    cache = {"HCCASSIST_CACHE": str(folder / "cache")}
    cold = screen_folder(folder / "one", folder / "out-cold", environment=cache)
    warm = [screen_folder(folder / "one", folder / f"out-warm{n}", environment=cache) for n in range(3)]
    best = min(warm, key=lambda w: w.first)
    print("start: seconds to the first result of one chart (CPU seconds of the whole run)")
    print(f"  first on a machine      {cold.first:8.1f} ({cold.cpu:.1f})   compiles the knowledge")
    print(f"  every other             {best.first:8.1f} ({min(w.cpu for w in warm):.1f})")


def jobs(folder: Path, count: int) -> None:
    """How throughput grows with worker processes."""
    write_notes(folder / "jobs", count)
    print(f"jobs: {count} text charts")
    alone = 0.0
    for number in sorted({1, 2, os.cpu_count() or 1}):
        run = screen_folder(folder / "jobs", folder / f"out-jobs{number}", number)
        rate = count / run.wall
        alone = alone or rate
        share = 100 * run.command_cpu / run.cpu
        print(
            f"  {number:2} jobs                 {rate:8.1f} charts/s   {rate / alone:.2f} times one job   {run.cpu:.1f} CPU s,"
            f" {run.command_cpu:.1f} of them the command's ({share:.1f} %)"
        )


def growth(folder: Path, most: int) -> None:
    """What a chart costs as the folder grows, and whether memory stays flat."""
    print("growth: text charts of one visit, one job")
    size = 100
    while size <= most:
        write_notes(folder / f"grow{size}", size)
        run = screen_folder(folder / f"grow{size}", folder / f"out-grow{size}")
        print(
            f"  {size:6} charts          {1000 * run.cpu / size:8.1f} CPU ms a chart"
            f"   command {run.command_memory / 2**20:.0f} MiB, worker {run.worker_memory / 2**20:.0f} MiB"
        )
        size *= 10


def memory(folder: Path) -> None:
    """The largest memory of a worker on long PDF charts."""
    write_pdfs(folder / "long", 4, visits=200)
    run = screen_folder(folder / "long", folder / "out-long")
    pages = sum(len(read_chart(p, p.name).pages) for p in sorted((folder / "long").iterdir()))
    print(f"memory: 4 PDF charts, {pages} pages with a text layer")
    print(f"  worker                  {run.worker_memory / 2**20:8.0f} MiB")
    print(f"  cost                    {1000 * run.cpu / pages:8.1f} CPU ms a page")


def scans() -> None:
    """What a scanned page costs to read: the faxed ones among the sample charts."""
    pages, spent = 0, 0.0
    for path in sorted((PACKAGE.parents[1] / "sample_charts").glob("*fax*.pdf")):
        started = time.process_time()
        read = sum(page.source == "ocr" for page in read_chart(path, path.name).pages)
        if read:
            pages, spent = pages + read, spent + time.process_time() - started
    print(f"scans: {pages} pages of the sample charts, read by OCR")
    print(f"  cost                    {spent / max(pages, 1):8.2f} CPU s a page")


def profile() -> None:
    """Where the time of a text chart goes, by module of the package."""
    charts = [text_chart(note(seed), f"{seed}.txt", "") for seed in range(400)]
    screener = load_screener()
    for chart in charts[:200]:
        screen(chart, find_encounters(chart), screener)
    watch = cProfile.Profile()
    watch.enable()
    for chart in charts[200:]:
        screen(chart, find_encounters(chart), screener)
    watch.disable()
    shares: Counter[str] = Counter()
    # Time in built-ins (regular expressions above all) belongs to the module that called them.
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(watch).stats.items():  # type: ignore[attr-defined]
        if file.startswith(str(PACKAGE)):
            shares[str(Path(file).relative_to(PACKAGE))] += own
        else:
            for (caller, _, _), (_, _, spent, _) in callers.items():
                shares[str(Path(caller).relative_to(PACKAGE)) if caller.startswith(str(PACKAGE)) else "libraries"] += spent
    print("profile: share of the time of a text chart")
    for name, spent in shares.most_common(12):
        print(f"  {name:30} {100 * spent / sum(shares.values()):5.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; everything when left out")
    parser.add_argument("--charts", type=int, default=10_000, help="the largest folder of `growth`; `jobs` takes a twentieth")
    parser.add_argument("--notes", type=Path, help="text files for `peers`")
    arguments = parser.parse_args()
    wanted = arguments.parts or PARTS
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        work = {
            "peers": lambda: peers(folder, arguments.notes),
            "start": lambda: start(folder),
            "jobs": lambda: jobs(folder, max(100, arguments.charts // 20)),
            "growth": lambda: growth(folder, arguments.charts),
            "memory": lambda: memory(folder),
            "scans": scans,
            "profile": profile,
        }
        for part in PARTS:
            if part in wanted:
                work[part]()


if __name__ == "__main__":
    main()
