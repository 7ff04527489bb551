"""A real reviewer for the browser tests: `streamlit run` on a free port, that can be killed the hard way."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hccassist.caching import cache_folder

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
PORTS = range(20_000, 32_000)  # below those that the system lends to outgoing connections: one may be needed again at a restart


def free_port() -> int:
    """A port that nothing listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as s, suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


@dataclass
class Reviewer:
    """The app on a results folder and a database of its own."""

    results: Path
    database: str
    log: Path
    user: str = "test coder"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Reviewer:
        """Start the server and wait until it answers."""
        env = (
            os.environ
            | {
                "HCCASSIST_RESULTS": str(self.results),
                "HCCASSIST_DB": self.database,
                "HOME": str(self.log.parent),
                "HCCASSIST_CACHE": str(cache_folder()),  # the tables of this machine: another home would compile its own
                "LOGNAME": self.user,
                "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH")))),
            }
            | self.environment
        )
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app/server.py"), "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.log.parent)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as reply:
                    if reply.status == 200:
                        return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError(f"The reviewer did not start: {self.log.read_text()}")

    def sign_in_by(self, metadata_url: str, client: str, secret: str) -> None:
        """Have people sign in by an OpenID Connect provider, from the next start on."""
        folder = self.log.parent / ".streamlit"
        folder.mkdir(exist_ok=True)
        (folder / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "{self.url}/oauth2callback"\ncookie_secret = "{"c" * 40}"\n'
            f'client_id = "{client}"\nclient_secret = "{secret}"\nserver_metadata_url = "{metadata_url}"\n'
        )

    def kill(self) -> None:
        """kill -9: no handler runs, nothing is flushed."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
