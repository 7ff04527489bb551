"""Sets up and runs the project from a checkout: `./run demo`, `./run test`, `./run lock`. Standard library only.

Everything goes into .venv: first uv (fast, and pinned here), then the lock file, then this package, editable and compiled
(hatch_build.py). A stamp of what was installed makes the next start quick. Where uv cannot install (an index that only pip
knows), pip does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import runpy
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.9"
# The few packages that come as source are built with these.
BUILD_CONSTRAINTS = ROOT / "requirements-build.txt"
RUNTIME_LOCK = ROOT / "requirements.txt"
DEV_LOCK = ROOT / "requirements-dev.txt"
PACKAGE = ROOT / "src" / "hccassist"
SAMPLES = ROOT / "sample_charts"
RESULTS = ROOT / "results"
Command = Sequence[str | Path]
UV_INSTALL: Command = [VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--quiet"]
PIP_INSTALL: Command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The tests read these two: which browser to start, and why there is none.
BROWSER_ENV = "HCCASSIST_CHROMIUM"
SKIP_BROWSER_ENV = "HCCASSIST_SKIP_BROWSER"


class SetupError(Exception):
    """What stands in the way of the set-up, in one line with its cure."""


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    os.chdir(ROOT)
    try:
        match args.command:
            case "demo":
                return demo(port=args.port, open_browser=not args.no_browser)
            case "test":
                return test(args.pytest)
            case "setup":
                install(DEV_LOCK if args.dev else RUNTIME_LOCK)
                return 0
            case _:
                return lock(upgrade=args.upgrade)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description="Set up, show, test and lock hccassist from a checkout.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo_ = commands.add_parser("demo", help="screen sample_charts/ and open the reviewer in the browser")
    demo_.add_argument("--port", type=int, default=8501, help="first port to try (default 8501)")
    demo_.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    test_ = commands.add_parser(
        "test",
        usage="./run test [PYTEST ARGUMENT ...]",
        help="ruff, mypy, import-linter and pytest, with a real browser",
    )
    test_.epilog = "Arguments that follow go to pytest, which then runs alone: ./run test -k signature -x"
    setup = commands.add_parser("setup", help="only install into .venv")
    setup.add_argument("--dev", action="store_true", help="with the tools that the tests need")
    lock_ = commands.add_parser("lock", help="write requirements.txt and requirements-dev.txt anew from pyproject.toml")
    lock_.add_argument("--upgrade", action="store_true", help="move every pin to the newest release allowed")
    args, rest = parser.parse_known_args(argv)
    if rest and args.command != "test":
        parser.error(f"unknown: {' '.join(rest)}")
    args.pytest = rest
    return args


# ---------------------------------------------------------------- what a person asks for


def demo(port: int, open_browser: bool) -> int:
    """Screens the sample charts, unless the results are newer than all that made them, and serves the reviewer."""
    install(RUNTIME_LOCK)
    if _screening_is_due():
        say("Screening sample_charts/ into results/")
        run([VENV / "bin" / "hccassist", "screen", SAMPLES, "--out", RESULTS])
    port = free_port(port)
    url = f"http://127.0.0.1:{port}"
    say(f"The reviewer opens at {url} (stop it with Ctrl+C)")
    if open_browser:
        threading.Thread(target=_open_when_up, args=(url,), daemon=True).start()
    return subprocess.call([VENV / "bin" / "hccassist", "review", RESULTS, "--port", str(port), "--no-browser"])


def test(pytest_arguments: Sequence[str]) -> int:
    """Runs every check in the order of their speed; goes on after a failure so that one run shows all of them."""
    install(DEV_LOCK, recompile=not pytest_arguments)
    environment = browser_environment()
    bin_ = VENV / "bin"
    checks: dict[str, Command] = {"pytest": [bin_ / "pytest", *pytest_arguments]}
    if not pytest_arguments:
        checks = {
            "ruff check": [bin_ / "ruff", "check", "--output-format", "concise", "."],
            "ruff format": [bin_ / "ruff", "format", "--check", "--output-format", "concise", "."],
            "mypy": [bin_ / "mypy"],
            "import-linter": [bin_ / "lint-imports", "--no-logo"],
            "pytest": [bin_ / "pytest", "-n", "2", "--dist", "loadgroup"],
        }
    failed = []
    for name, command in checks.items():
        say(name)
        if subprocess.call(command, env=environment) != 0:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr, flush=True)
    return int(bool(failed))


def lock(upgrade: bool) -> int:
    """Resolves pyproject.toml for Python 3.11 to 3.13 on every platform; no index address gets into the files."""
    install_uv()
    common = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"]
    common += ["--no-emit-index-url", "--no-emit-find-links", *(["--upgrade"] if upgrade else [])]
    compile_: Command = [VENV / "bin" / "uv", "pip", "compile", "pyproject.toml", "--group", "build", *common]
    run([*compile_, "--output-file", RUNTIME_LOCK.name], env=uv_environment())
    development = ["--group", "dev", "--all-extras", "--constraint", RUNTIME_LOCK.name]
    run([*compile_, *development, "--output-file", DEV_LOCK.name], env=uv_environment())
    say(f"Wrote {RUNTIME_LOCK.name} and {DEV_LOCK.name}")
    return 0


# ---------------------------------------------------------------- set-up


def install(lock_file: Path, recompile: bool = True) -> None:
    """Brings .venv to what ``lock_file`` says; a no-op when its stamp shows that it is there already. ``recompile``: where
    sources have changed since they were compiled, compiles them anew; without it Python runs the sources."""
    stamp_file = VENV / ".hccassist-stamp"
    stamps = {file: _stamp(file) for file in (RUNTIME_LOCK, DEV_LOCK)}
    installed = stamp_file.read_text().split() if stamp_file.is_file() else []
    # The dev lock holds all of the runtime lock, so a .venv made for the tests serves the demo too.
    if PYTHON.exists() and (stamps[lock_file] in installed or stamps[DEV_LOCK] in installed):
        if recompile and _is_outdated():
            _install_package()
        return
    install_uv()
    _have_cpp_compiler()
    say(f"Installing {lock_file.name} into .venv (the first time takes some minutes)")
    wanted: Command = ["--requirement", lock_file]
    cure = "check the network and pip's settings (`pip config list`), then run this again"
    if not succeeds([*UV_INSTALL, *wanted, "--build-constraint", BUILD_CONSTRAINTS], env=uv_environment()):
        say("uv could not install; trying again with pip")
        run([*PIP_INSTALL, *wanted], cure=cure)
    _install_package()
    _warm_up()
    stamp_file.write_text(stamps[lock_file] + "\n")


def _install_package() -> None:
    """This package, editable, its modules that read text compiled where a C compiler and Python's headers are at hand."""
    package: Command = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    environment = uv_environment()
    if shutil.which("cc") and Path(sysconfig.get_path("include"), "Python.h").is_file():
        say("Compiling the modules that read text (a minute)")
        compiling = {**environment, "HATCH_BUILD_HOOK_ENABLE_CUSTOM": "true"}
        if succeeds([*UV_INSTALL, *package], env=compiling):
            return
    say("The modules that read text stay Python, slower by a third: to compile them takes a C compiler and Python's headers")
    if not succeeds([*UV_INSTALL, *package], env=environment):
        run([*PIP_INSTALL, *package])


def _is_outdated() -> bool:
    """Whether sources have changed since they were compiled."""
    machine_code = runpy.run_path(str(PACKAGE / "machine_code.py"))
    return (PACKAGE / machine_code["RECORD"]).is_file() and not machine_code["is_of_its_sources"](PACKAGE)


def _warm_up() -> None:
    """Screens one sample chart, which shows that the set-up works and compiles what the first run would wait for: the
    knowledge, and the modules that a run imports. (uv leaves modules as they are, and where Python may not keep compiled ones,
    every start of every process would compile them again.)"""
    say("Screening one sample chart, to compile what every run needs")
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "XDG_STATE_HOME": scratch}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        run([VENV / "bin" / "hccassist", "screen", SAMPLES / "clinic_diabetes_copd.txt", "--out", scratch], env=environment)


def _have_cpp_compiler() -> None:
    """On Python 3.13 one dependency (quicksectx) has no wheel, and is C++."""
    if sys.version_info < (3, 13) or any(map(shutil.which, ("c++", "g++", "clang++"))):
        return
    if not _apt_install("g++"):
        raise SetupError("on Python 3.13 a dependency is compiled: install a C++ compiler (Debian: `apt-get install g++`)")


def install_uv() -> None:
    """Makes .venv, for this Python, with the pinned uv in it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if PYTHON.exists() and not succeeds(
        [PYTHON, "-c", f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"]
    ):
        say(f".venv is of another Python: making it anew for {version}")
        shutil.rmtree(VENV)
    if not PYTHON.exists() or not output([PYTHON, "-m", "pip", "--version"]):
        say(f"Making .venv (Python {version})")
        if not succeeds([sys.executable, "-m", "venv", "--clear", VENV]):
            raise SetupError(
                f"Python {version} cannot make a virtual environment; on Debian or Ubuntu install it with "
                f"`apt-get install python{version}-venv`"
            )
    uv = VENV / "bin" / "uv"
    if not uv.exists() or UV.partition("==")[2] not in output([uv, "--version"]):
        run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV],
            cure="check the network and pip's settings (`pip config list`), then run this again",
        )


def uv_environment() -> dict[str, str]:
    """The environment with pip's index and certificate settings under the names that uv reads: uv ignores pip's."""
    environment = dict(os.environ)
    settings = _pip_settings()
    for pip_name, uv_name in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        value = settings.get(pip_name)
        if value:
            environment.setdefault(uv_name, value)
    # A proxy's own certificate authority is often known to the system and not to uv's built-in list.
    environment.setdefault("UV_SYSTEM_CERTS", "1")
    environment.setdefault("UV_LINK_MODE", "copy")
    return environment


def _pip_settings() -> dict[str, str]:
    """pip's settings by bare name; an environment variable wins over a file, as it does for pip."""
    lines = [line.partition("=") for line in output([PYTHON, "-m", "pip", "config", "list"]).splitlines()]
    entries = [(key.rpartition("."), value.strip("'\"")) for key, _, value in lines]
    files = {name: value for (scope, _, name), value in entries if scope == "global"}
    variables = {name: value for (scope, _, name), value in entries if scope == ":env:"}
    return files | variables


def _stamp(lock_file: Path) -> str:
    content = b"".join(file.read_bytes() for file in (lock_file, ROOT / "pyproject.toml"))
    return hashlib.sha256(content + sys.version.encode() + str(ROOT).encode()).hexdigest()


def browser_environment() -> dict[str, str]:
    """The environment for the tests: a browser for them, or the loud word that there is none.

    With CI set the browser tests always run: where there is no browser, they fail."""
    environment = dict(os.environ)
    browser = environment.get(BROWSER_ENV) or _system_chromium() or _debian_chromium()
    if browser:
        environment[BROWSER_ENV] = browser
        say(f"Browser tests use {browser}")
    elif succeeds([VENV / "bin" / "playwright", "install", "chromium"]):
        say("Browser tests use Playwright's own Chromium")
    elif environment.get("CI"):
        say("No browser could be had: the browser tests will fail")
    else:
        environment[SKIP_BROWSER_ENV] = "no browser could be had"
        warn("NO BROWSER COULD BE HAD: THE BROWSER TESTS ARE SKIPPED. Install Chromium and run this again.")
    return environment


def _system_chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _debian_chromium() -> str | None:
    # Ubuntu's chromium package is a stub for a snap, which few containers can install.
    if "ubuntu" in _text("/etc/os-release").lower() or not _apt_install("chromium"):
        return None
    return _system_chromium()


def _apt_install(package: str) -> bool:
    """Installs a system package where that may be done without asking: as root, with apt-get."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing {package} with apt-get")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    succeeds(["apt-get", "update", "-qq"], env=environment)
    return succeeds(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], environment, quiet=True)


# ---------------------------------------------------------------- the demo's small helpers


def _screening_is_due() -> bool:
    """True where a chart, the code or a model is newer than the results."""
    results = RESULTS / "suggestions.jsonl"
    if not results.is_file():
        return True
    made = results.stat().st_mtime
    sources = (SAMPLES, ROOT / "src", ROOT / "models", RUNTIME_LOCK)
    files = (file for source in sources for file in (source.rglob("*") if source.is_dir() else [source]))
    return any(file.stat().st_mtime > made for file in files if "__pycache__" not in file.parts)


def free_port(first: int) -> int:
    """``first``, or the next port that nothing listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SetupError(f"no free port from {first} to {first + 99}; name another with --port")


def _open_when_up(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    # Never through a proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        try:
            opener.open(f"{url}/_stcore/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            webbrowser.open(url)
            return


# ---------------------------------------------------------------- processes and words


def run(command: Command, env: Mapping[str, str] | None = None, cure: str = "see the lines above") -> None:
    if not succeeds(command, env):
        raise SetupError(f"`{' '.join(map(str, command[:4]))} ...` failed; {cure}")


def succeeds(command: Command, env: Mapping[str, str] | None = None, quiet: bool = False) -> bool:
    out = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=out, check=False).returncode == 0
    except OSError:
        return False


def output(command: Command) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False).stdout
    except OSError:
        return ""


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def warn(text: str) -> None:
    line = "!" * min(len(text), 100)
    print(f"\n{line}\n{text}\n{line}\n", file=sys.stderr, flush=True)


def _text(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
