"""The website as hosts run it: gunicorn with its workers, in processes of their own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import httpx

START_SECONDS = 120
STOP_SECONDS = 60
_BETWEEN_LOOKS_SECONDS = 0.05
_ROOT = Path(__file__).parents[2]


class Website:
    """A running website.

    Args:
        address: Where it answers.
        process: gunicorn's first process.
        log: What it writes.
    """

    def __init__(self, address: str, process: subprocess.Popen, log: Path) -> None:
        self.address = address
        self.process = process
        self.log = log

    def get(self, path: str) -> httpx.Response:
        """Ask for a page over a connection of its own."""
        return httpx.get(self.address + path, timeout=START_SECONDS, trust_env=False)

    def post(self, path: str, body: dict) -> httpx.Response:
        """Send JSON over a connection of its own."""
        return httpx.post(self.address + path, json=body, timeout=START_SECONDS, trust_env=False)

    def in_place(self) -> dict[int, float]:
        """Count the requests in each worker's line.

        Returns:
            Process id → requests.
        """
        found = re.findall(r'textthema_in_place\{pid="(\d+)"\} (\S+)', self.get("/metrics").text)
        return {int(pid): float(count) for pid, count in found}

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Ask again and again until something holds.

        Args:
            condition: A function that says whether it does.

        Raises:
            RuntimeError: It doesn't within two minutes, or the website ended.
        """
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline:
            with suppress(httpx.TransportError):
                if condition():
                    return
            if self.process.poll() is not None:
                break
            sleep(_BETWEEN_LOOKS_SECONDS)
        raise RuntimeError(f"it never came: {self.log.read_text(errors='replace')[-2000:]}")


@contextmanager
def serve_website(log: Path, workers: int = 2, **settings: str) -> Iterator[Website]:
    """Run the website on a free port.

    Args:
        log: Where its output goes.
        workers: Processes that read texts.
        settings: More environment variables.

    Yields:
        The website, once a worker has its model.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": str(workers)}
    environment |= {"TEXTTHEMA_RATE_LIMIT": "", "PYTHONUNBUFFERED": "1", **settings}
    command = [sys.executable, "-m", "gunicorn", "-c", "deployment_flask/gunicorn.conf.py"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        website = Website(f"http://127.0.0.1:{port}", process, log)
        try:
            website.wait_until(lambda: website.get("/readyz").status_code == 200)
            yield website
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
