"""Past one machine: a real Dask scheduler with workers of its own, a real S3 server, and no disk that they share."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import fsspec
import pytest

from hccassist.batch.claim import Claim
from hccassist.batch.folder import Folder

pytestmark = pytest.mark.timeout(900)  # servers and workers are started: on a busy machine that takes its time
NOTE = "Patient {n}\nASSESSMENT AND PLAN\n1. Chronic systolic heart failure, stable on visit {n}. Continue carvedilol.\n"
COUNT = 24


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serve(command: list[str], port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 600
    while not answers(port):
        assert process.poll() is None
        assert time.monotonic() < end, f"{command[2]} does not answer"
        time.sleep(0.1)
    return process


def end_all(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The URL of an empty bucket on an S3 server of this machine."""
    port = free_port()
    server = serve([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port)
    settings = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        fsspec.filesystem("s3").mkdir("s3://screening")
        yield "s3://screening"
    end_all([server])


@pytest.fixture
def scheduler() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a Dask scheduler; its process, and those of its two workers."""
    port = free_port()
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    processes = [serve([*module, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], port)]
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    processes += [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    yield address, processes
    end_all(processes)


def screen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command_of(*arguments), capture_output=True, text=True, check=False, env=environment())


def command_of(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hccassist.cli", "screen", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "200"}


def charts_of(lines: bytes) -> list[str]:
    return [json.loads(line)["chart"] for line in lines.splitlines()]


@pytest.fixture(scope="module")
def charts(bucket: str) -> str:
    """Charts in the bucket, a bad one and a deep one among them."""
    fs = fsspec.filesystem("s3")
    for n in range(COUNT):
        fs.pipe_file(f"{bucket}/charts/{n % 3}/{n:02}.txt", NOTE.format(n=n).encode())
    fs.pipe_file(f"{bucket}/charts/bad.txt", b"\xff\xfe")
    fs.pipe_file(f"{bucket}/charts/notes.doc", b"left out")
    return f"{bucket}/charts"


NAMES = sorted([*(f"{n % 3}/{n:02}.txt" for n in range(COUNT)), "bad.txt"])


def test_charts_and_results_at_s3_addresses(charts: str, bucket: str) -> None:
    fs = fsspec.filesystem("s3")
    first = screen(charts, "--out", f"{bucket}/out")
    assert first.returncode == 0, first.stderr
    assert "bad.txt: UTF-16 text" in first.stderr
    lines = fs.cat_file(f"{bucket}/out/suggestions.jsonl")
    assert charts_of(lines) == NAMES
    fs.invalidate_cache()
    written = {path.removeprefix("screening/out/") for path in fs.find(f"{bucket}/out")}
    assert {"run.json", "summary.csv", "report.html", "tables/charts.parquet", "tables/evidence.parquet"} <= written
    assert sum(name.startswith("charts/") for name in written) == COUNT
    assert not any(name.startswith("partial/") for name in written)
    fs.pipe_file(f"{charts}/0/00.txt", NOTE.format(n=99).encode())
    again = screen(charts, "--out", f"{bucket}/out", "--resume")
    assert again.returncode == 0, again.stderr
    assert str(COUNT) in next(line for line in again.stderr.splitlines() if "unchanged" in line)
    fs.pipe_file(f"{charts}/0/00.txt", NOTE.format(n=0).encode())


def test_two_runs_do_not_write_into_one_place_on_s3(charts: str, bucket: str) -> None:
    claim = Claim(Folder(f"{bucket}/taken"))
    second = screen(charts, "--out", f"{bucket}/taken")
    assert second.returncode == 2
    assert f"{bucket}/taken: another run is writing there ({socket.gethostname()}, since " in " ".join(second.stderr.split())
    claim.release()
    assert screen(charts, "--out", f"{bucket}/taken").returncode == 0
    fs = fsspec.filesystem("s3")
    fs.invalidate_cache()
    assert not fs.exists(f"{bucket}/taken/running.json")


def test_an_interrupted_run_into_s3_goes_on(charts: str, bucket: str) -> None:
    fs = fsspec.filesystem("s3")
    running = subprocess.Popen(command_of(charts, "--out", f"{bucket}/cut"), stderr=subprocess.DEVNULL, env=environment())
    end = time.monotonic() + 600
    while not fs.exists(f"{bucket}/cut/partial") and running.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.2)
        fs.invalidate_cache()
    running.kill()
    running.wait()
    done = screen(charts, "--out", f"{bucket}/cut", "--resume")
    assert done.returncode == 0, done.stderr
    assert charts_of(fs.cat_file(f"{bucket}/cut/suggestions.jsonl")) == NAMES
    fs.invalidate_cache()
    assert not fs.exists(f"{bucket}/cut/partial")


def test_a_cluster_screens_what_no_disk_shares_and_survives_the_loss_of_a_worker(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], charts: str, tmp_path: Path
) -> None:
    address, (_, *workers) = scheduler
    command = command_of(charts, "--out", str(tmp_path / "out"), "--cluster", address)
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())
    partial = tmp_path / "out/suggestions.jsonl.partial"
    end = time.monotonic() + 600
    while not (partial.exists() and partial.read_bytes().count(b"\n") >= 3) and running.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    workers[0].kill()
    _, said = running.communicate(timeout=600)
    assert running.returncode == 0, said
    lines = (tmp_path / "out/suggestions.jsonl").read_bytes()
    assert charts_of(lines) == NAMES
    assert [json.loads(line)["chart"] for line in lines.splitlines() if json.loads(line)["status"] == "error"] == ["bad.txt"]


def test_a_scheduler_that_is_lost_ends_the_run_in_one_line_and_another_goes_on(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, processes = scheduler
    charts, out = tmp_path / "charts", tmp_path / "out"
    charts.mkdir()
    for n in range(60):
        (charts / f"{n:02}.txt").write_text(NOTE.format(n=n))
    running = subprocess.Popen(
        command_of(str(charts), "--out", str(out), "--cluster", address), stderr=subprocess.PIPE, text=True, env=environment()
    )
    partial = out / "suggestions.jsonl.partial"
    end = time.monotonic() + 600
    while not (partial.exists() and partial.read_bytes().count(b"\n") >= 3) and running.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    processes[0].kill()
    _, said = running.communicate(timeout=300)
    assert running.returncode == 2, said
    assert [line for line in said.splitlines() if "--resume" in line] == said.splitlines()[-1:]
    assert "Traceback" not in said
    done = screen(str(charts), "--out", str(out), "--resume")
    assert done.returncode == 0, done.stderr
    assert "unchanged" in done.stderr
    assert len(charts_of((out / "suggestions.jsonl").read_bytes())) == 60


def test_a_scheduler_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NOTE)
    done = screen(str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "no Dask scheduler answers there" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_cannot_be_listed_is_one_clear_line(bucket: str, tmp_path: Path) -> None:
    done = screen("s3://no-such-bucket/charts", "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert sum("no-such-bucket" in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
