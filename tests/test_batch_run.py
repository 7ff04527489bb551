"""A run that is interrupted, limited, given another executor or a folder full of bad files still ends with every good chart."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from hccassist.batch import claim
from hccassist.batch.folder import Folder, FolderError
from hccassist.batch.guard import close_guards, screen_guarded, start_worker
from hccassist.batch.run import BatchError, Options, Outcome, run
from hccassist.batch.task import Task
from hccassist.batch.worker import screened
from hccassist.reading.kept import kept
from hccassist.reading.watched import PAGE, READ, Bounds, EndedError, Watched

pytestmark = pytest.mark.timeout(900)  # processes are started and killed: on a busy machine that takes its time
CONDITIONS = ("Chronic systolic heart failure", "COPD", "Type 2 diabetes with neuropathy", "Parkinson's disease", "CKD stage 4")


def note(number: int) -> str:
    return (
        f"Patient {number}\nASSESSMENT AND PLAN\n1. {CONDITIONS[number % 5]}. Stable on visit {number}, continue treatment.\n"
        f"2. {CONDITIONS[(number + 2) % 5]}. Labs reviewed.\n"
    )


def folder_of(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        (path / f"{number:03}.txt").write_text(note(number))
    return path


def screen(
    charts: Path | str, out: Path | str, options: Options = Options(), executor: object = None  # noqa: B008
) -> tuple[Outcome, str]:  # fmt: skip
    console = Console(file=io.StringIO(), width=200)
    outcome = run([str(charts)], str(out), console, options, executor)  # type: ignore[arg-type]
    return outcome, console.file.getvalue()  # type: ignore[attr-defined]


def results(out: Path) -> dict[str, dict[str, object]]:
    lines = (out / "suggestions.jsonl").read_text(encoding="utf-8").splitlines()
    found = {value["chart"]: value for value in map(json.loads, lines)}
    assert len(found) == len(lines)
    return found


@pytest.fixture(autouse=True)
def state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Sixty charts, and their results of a run that nothing disturbed."""
    base = tmp_path_factory.mktemp("whole")
    charts = folder_of(base / "charts", 60)
    screen(charts, base / "out")
    return charts, base / "out"


def started(charts: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hccassist.cli", "screen", str(charts), "--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(autouse=True)
def hearing_signals() -> Iterator[None]:
    """What is started in the background of a script inherits that Ctrl-C is ignored, and the command keeps to that."""
    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_results_stand_in_the_order_of_the_charts_whatever_the_number_of_jobs(whole: tuple[Path, Path], tmp_path: Path) -> None:
    charts, undisturbed = whole
    screen(charts, tmp_path / "out", Options(jobs=3))
    assert (tmp_path / "out/suggestions.jsonl").read_bytes() == (undisturbed / "suggestions.jsonl").read_bytes()
    assert list(results(tmp_path / "out")) == sorted(p.name for p in charts.iterdir())


def test_a_run_killed_at_random_moments_goes_on_without_loss_or_repeat(tmp_path: Path) -> None:
    # So many that no machine is through with them before the last kill.
    charts, undisturbed = folder_of(tmp_path / "charts", 800), tmp_path / "undisturbed"
    screen(charts, undisturbed, Options(jobs=2))
    partial = tmp_path / "out/suggestions.jsonl.partial"
    moments = random.Random(7)
    for kill in range(3):
        running = started(charts, tmp_path / "out", "--jobs", "2", "--resume")
        wanted = lines_in(partial) + moments.randint(1, 6)
        wait_for(lambda n=wanted, r=running: lines_in(partial) >= n or r.poll() is not None)  # type: ignore[misc]
        time.sleep(moments.random() / 20)
        assert running.poll() is None, "the run ended before it was killed"
        running.kill()
        running.wait()
        if kill == 1:
            partial.write_bytes(partial.read_bytes()[:-40])  # as a power cut leaves it
    before = lines_in(partial)
    outcome, _ = screen(charts, tmp_path / "out", Options(resume=True))
    assert outcome.unchanged == before > 0
    assert outcome.screened == 800
    assert (tmp_path / "out/suggestions.jsonl").read_bytes() == (undisturbed / "suggestions.jsonl").read_bytes()
    assert not partial.exists()


def test_workers_of_a_killed_run_do_not_outlive_it(whole: tuple[Path, Path], tmp_path: Path) -> None:
    running = started(whole[0], tmp_path / "out", "--jobs", "2")
    wait_for(lambda: lines_in(tmp_path / "out/suggestions.jsonl.partial") > 0 or running.poll() is not None)
    workers = psutil.Process(running.pid).children()
    assert workers
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


def test_a_worker_that_is_killed_costs_no_chart(whole: tuple[Path, Path], tmp_path: Path) -> None:
    running = started(whole[0], tmp_path / "out", "--jobs", "2")
    wait_for(lambda: lines_in(tmp_path / "out/suggestions.jsonl.partial") > 0 or running.poll() is not None)
    for worker in psutil.Process(running.pid).children():
        worker.kill()
    assert running.wait(600) == 0
    assert (tmp_path / "out/suggestions.jsonl").read_bytes() == (whole[1] / "suggestions.jsonl").read_bytes()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_stop_is_resumable(whole: tuple[Path, Path], tmp_path: Path, asked: signal.Signals) -> None:
    running = started(whole[0], tmp_path / "out")
    wait_for(lambda: lines_in(tmp_path / "out/suggestions.jsonl.partial") > 0 or running.poll() is not None)
    running.send_signal(asked)
    assert running.wait(60) == 128 + asked
    outcome, _ = screen(whole[0], tmp_path / "out", Options(resume=True))
    assert 0 < outcome.unchanged <= outcome.screened == 60


def test_only_new_and_changed_files_are_screened_again(tmp_path: Path) -> None:
    charts = folder_of(tmp_path / "charts", 4)
    (charts / "broken.pdf").write_bytes(b"%PDF-1.7 nothing follows")
    screen(charts, tmp_path / "out")
    (charts / "001.txt").write_text(note(99))
    (charts / "new.txt").write_text(note(50))
    (charts / "002.txt").touch()
    (charts / "003.txt").unlink()
    outcome, said = screen(charts, tmp_path / "out", Options(resume=True))
    assert outcome.unchanged == 3
    assert said.count("broken.pdf") == 1
    assert list(results(tmp_path / "out")) == ["000.txt", "001.txt", "002.txt", "broken.pdf", "new.txt"]
    assert "visit 99" in json.dumps(results(tmp_path / "out")["001.txt"])


def test_results_of_other_versions_are_made_again(tmp_path: Path) -> None:
    charts = folder_of(tmp_path / "charts", 2)
    screen(charts, tmp_path / "out")
    file = tmp_path / "out/suggestions.jsonl"
    now = json.loads(file.read_text().splitlines()[0])["versions"]["content"]
    file.write_text(file.read_text().replace(now, "an earlier one"))
    outcome, _ = screen(charts, tmp_path / "out", Options(resume=True))
    assert outcome.unchanged == 0
    assert {r["versions"]["content"] for r in results(tmp_path / "out").values()} == {now}  # type: ignore[index]


def test_without_resume_an_interrupted_run_starts_anew_and_says_so(tmp_path: Path) -> None:
    charts = folder_of(tmp_path / "charts", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/suggestions.jsonl.partial").write_text("half a li")
    outcome, said = screen(charts, tmp_path / "out")
    assert "--resume" in said
    assert outcome.screened == len(results(tmp_path / "out")) == 1


@pytest.mark.parametrize(
    ("cause", "options"),
    [("time_limit", Options(seconds=4)), ("memory_limit", Options(memory=320 << 20))],
)
def test_a_chart_beyond_its_limits_is_ended_and_named_and_the_others_are_screened(
    tmp_path: Path, cause: str, options: Options
) -> None:
    charts = folder_of(tmp_path / "charts", 3)
    (charts / "001.txt").write_text("".join(note(n) for n in range(30_000)))
    outcome, said = screen(charts, tmp_path / "out", options)
    assert [e.type for e in outcome.errors] == [cause]
    assert sum("001.txt" in line for line in said.splitlines()) == 1
    assert {n: r["status"] for n, r in results(tmp_path / "out").items()} == {
        "000.txt": "ok", "001.txt": "error", "002.txt": "ok",
    }  # fmt: skip
    (charts / "001.txt").write_text(note(1))
    again, _ = screen(charts, tmp_path / "out", Options(resume=True))
    assert (again.unchanged, again.screened) == (2, 3)


def test_each_page_that_was_read_is_told_so_that_a_long_scan_is_no_runaway(tmp_path: Path) -> None:
    sample = Path(__file__).parents[1] / "sample_charts/medicare_full_year.pdf"
    told: list[bytes] = []
    done = screened(Task(str(sample), sample.name), told.append)
    assert told.count(PAGE) == len(json.loads(done.line)["pages"]) + 1 > 2
    assert told[-1] == READ


def answered(*parts: bytes, seconds: float = 60, page_seconds: float = 60) -> bytes:
    ours, theirs = (Connection(end.detach()) for end in socket.socketpair())

    def say() -> None:
        # More than the socket holds: whoever reads may have given up before.
        with suppress(OSError):
            for part in parts:
                theirs.send_bytes(part)

    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    saying.join(1)  # what fits into the socket is there before anybody waits for it
    return Watched("")._await(ours, Bounds(seconds, page_seconds))


def test_pages_that_are_read_give_a_chart_time_and_one_that_is_not_ends_it() -> None:
    assert answered(PAGE, PAGE, READ, b"result") == b"result"
    with pytest.raises(EndedError) as caught:
        answered(PAGE, PAGE, page_seconds=0.2)
    assert (caught.value.cause, caught.value.page) == ("page_limit", 2)
    for parts, page in (((PAGE, PAGE), 2), ((PAGE, PAGE, READ), 0)):
        with pytest.raises(EndedError) as caught:
            answered(*parts, seconds=0.2)
        assert (caught.value.cause, caught.value.page) == ("time_limit", page)


def test_no_number_of_pages_gives_a_chart_all_time() -> None:
    with pytest.raises(EndedError, match="time_limit"):
        answered(*[PAGE] * 2000, seconds=0.01)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_will_do(whole: tuple[Path, Path], tmp_path: Path, pool: type[ThreadPoolExecutor]) -> None:
    with pool(2) as executor:
        screen(whole[0], tmp_path / "out", Options(in_flight=4), executor)
    assert (tmp_path / "out/suggestions.jsonl").read_bytes() == (whole[1] / "suggestions.jsonl").read_bytes()


def screened_here(task: Task) -> tuple[bytes, int]:
    """The line of a chart, and how many workers of its own this process has then."""
    return screen_guarded(task).line, len(psutil.Process().children())


def test_a_worker_that_was_started_ahead_screens_the_first_chart(tmp_path: Path) -> None:
    (path,) = folder_of(tmp_path / "charts", 1).iterdir()
    before = set(psutil.Process().children())
    with ThreadPoolExecutor(1) as thread:
        thread.submit(start_worker).result()
        (ahead,) = set(psutil.Process().children()) - before
        line, _ = thread.submit(screened_here, Task(str(path), path.name)).result()
        assert set(psutil.Process().children()) - before == {ahead}
    assert json.loads(line)["status"] == "ok"
    close_guards()


@pytest.mark.parametrize("closed", [False, True])
def test_a_forked_process_has_a_worker_of_its_own_whatever_its_parent_left(tmp_path: Path, closed: bool) -> None:
    first, second = (Task(str(path), path.name) for path in sorted(folder_of(tmp_path / "charts", 2).iterdir()))
    with ThreadPoolExecutor(1) as thread, ProcessPoolExecutor(1, get_context("fork")) as pool:
        line, _ = thread.submit(screened_here, first).result()
        if closed:
            close_guards()
        forked = thread.submit(pool.submit, screened_here, second).result()  # by the thread that has the worker
        if not closed:  # two processes that ask one worker take each other's answers
            assert thread.submit(screened_here, first).result()[0] == line
        other, own = forked.result()
    assert json.loads(other)["chart"] == second.name
    assert json.loads(other)["status"] == "ok"
    assert own == 1
    close_guards()


def hostile_files(charts: Path) -> dict[str, str]:
    """Bad files by name, with the cause that must be told of each."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("inner.zip", b"PK\x05\x06" + bytes(18))
    bad: dict[str, tuple[bytes, str]] = {
        "empty.txt": (b"", "empty"),
        "blank.txt": (b" \n\n", "empty"),
        "latin.txt": ("Café".encode("latin-1"), "not_utf8"),
        "binary.pdf": (bytes(range(256)), "unsupported"),
        "cut.pdf": (b"%PDF-1.7\n1 0 obj", "broken"),
        "[red][blink].pdf": (b"%PDF-1.4", "broken"),
        "two\nlines.docx": (b"PK\x03\x04 no archive", "broken"),
        "nested.zip": (archive.getvalue(), "unsupported"),
        "bomb.xml": (
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><ClinicalDocument>&b;</ClinicalDocument>', "unsafe"
        ),
        "prose.json": (b"no json at all", "mismatch"),
    }  # fmt: skip
    for name, (content, _) in bad.items():
        (charts / name).write_bytes(content)
    os.mkfifo(charts / "pipe.txt")
    (charts / "gone.txt").symlink_to(charts / "nowhere")
    with (charts / os.fsdecode(b"bytes\xff.txt")).open("wb"):
        pass
    named = {name.replace("\n", "\\x0a"): cause for name, (_, cause) in bad.items()}
    return {**named, "pipe.txt": "unsupported", "gone.txt": "missing", "bytes\\xff.txt": "empty"}


def test_every_good_chart_of_a_hostile_folder_is_screened_and_every_bad_one_named(tmp_path: Path) -> None:
    charts = folder_of(tmp_path / "charts", 12)
    bad = hostile_files(charts)
    (charts / "copy.txt").write_text(note(3))
    (charts / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    outcome, said = screen(charts, tmp_path / "out", Options(jobs=2))
    found = results(tmp_path / "out")
    assert {name: r["error"]["type"] for name, r in found.items() if r["error"]} == bad  # type: ignore[index]
    assert outcome.screened == 13
    for name in bad:
        assert sum(name in line for line in said.splitlines()) == 1, name
    assert outcome.duplicates == {"copy.txt": "003.txt"}
    assert "copy.txt: the same content as 003.txt" in said
    told = json.loads((tmp_path / "out/run.json").read_text())
    assert told["summary"]["not_screened"] == len(bad) == sum(told["summary"]["failures"].values())
    assert told["summary"]["left_out"] == {".doc": 1}
    assert told["duplicates"] == {"copy.txt": "003.txt"}


def test_what_was_read_is_kept_for_the_reviewer(whole: tuple[Path, Path]) -> None:
    out = whole[1]
    sha256 = str(results(out)["004.txt"]["sha256"])
    chart = kept(out, sha256)
    assert chart is not None
    assert chart.text == note(4)
    assert (out / "charts").stat().st_mode & 0o077 == 0


def test_two_runs_do_not_write_into_one_folder(whole: tuple[Path, Path], tmp_path: Path) -> None:
    running = started(whole[0], tmp_path / "out")
    wait_for(lambda: lines_in(tmp_path / "out/suggestions.jsonl.partial") > 0 or running.poll() is not None)
    with pytest.raises(BatchError, match="another run"):
        screen(whole[0], tmp_path / "out")
    assert running.wait(600) == 0


def test_charts_of_one_name_under_two_paths_keep_their_own_results(tmp_path: Path) -> None:
    for number, name in enumerate("ab"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "chart.txt").write_text(note(number))
    console = Console(file=io.StringIO())
    for resume in (False, True):
        outcome = run([str(tmp_path / "a"), str(tmp_path / "b")], str(tmp_path / "out"), console, Options(resume=resume))
    assert outcome.unchanged == 2
    lines = (tmp_path / "out/suggestions.jsonl").read_text().splitlines()
    assert ["Patient" in line or CONDITIONS[n].lower() in line.lower() for n, line in enumerate(lines)] == [True, True]


def test_one_run_alone_has_a_place_where_no_file_can_be_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "_SURE_SECONDS", 0.05)
    monkeypatch.setattr(claim, "_BEAT_SECONDS", 0.05)
    monkeypatch.setattr(claim, "_WATCH_SECONDS", 1.0)
    folder = Folder(f"memory://{uuid.uuid4().hex}")
    first = claim.Claim(folder)
    with pytest.raises(FolderError, match="another run is writing there"):
        claim.Claim(folder)
    first.check()
    first.release()
    killed = b'{"run": "killed", "host": "elsewhere", "since": "2026-01-05T09:00:00+00:00", "beat": 7}'
    folder.write(claim.RUNNING, killed)  # by a run that was killed: it never changes
    monkeypatch.setattr(claim, "_BEAT_SECONDS", 60)
    monkeypatch.setattr(claim, "_WATCH_SECONDS", 0)
    second = claim.Claim(folder)
    folder.write(claim.RUNNING, killed)  # another that began at the same time wrote after this one
    second.release()
    with pytest.raises(FolderError, match=r"another run is writing there \(elsewhere, since 2026-01-05T09:00"):
        second.check()
    assert folder.read(claim.RUNNING) == killed


@pytest.mark.parametrize("left_by_a_killed_run", [False, True])
def test_of_runs_that_begin_at_once_one_goes_on(monkeypatch: pytest.MonkeyPatch, left_by_a_killed_run: bool) -> None:
    monkeypatch.setattr(claim, "_SURE_SECONDS", 0.3)
    monkeypatch.setattr(claim, "_BEAT_SECONDS", 0.1)
    address, together, claims = f"memory://{uuid.uuid4().hex}", threading.Barrier(3), []

    class AtOnce(Folder):
        """All have looked before any of them writes."""

        def write(self, name: str, data: bytes) -> None:
            with suppress(threading.BrokenBarrierError):
                if name == claim.RUNNING:
                    together.wait(1)
            super().write(name, data)

    def begin() -> None:
        with suppress(FolderError):
            claims.append(claim.Claim(AtOnce(address)))

    if left_by_a_killed_run:
        monkeypatch.setattr(claim, "_WATCH_SECONDS", 1.0)
        Folder(address).write(claim.RUNNING, b'{"run": "killed"}')
    beginning = [threading.Thread(target=begin) for _ in range(3)]
    for thread in beginning:
        thread.start()
    for thread in beginning:
        thread.join()

    for _ in range(2):
        assert [stopped(each) for each in claims].count(False) == 1  # at the first question, before any could be through
        time.sleep(0.5)  # as long as many beats
    for each in claims:
        each.release()
    assert Folder(address).read(claim.RUNNING) is None


def stopped(one: claim.Claim) -> bool:
    try:
        one.check()
    except FolderError:
        return True
    return False
