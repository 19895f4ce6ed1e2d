"""The Space as visitors meet it: a process of its own that serves on a port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import httpx

START_SECONDS = 300
_BETWEEN_LOOKS_SECONDS = 0.2


@contextmanager
def serve_space(app: Path, log: Path, index: Path | None = None) -> Iterator[str]:
    """Run ``app.py`` on a free port.

    Args:
        app: The script.
        log: Where its output goes.
        index: Passages that its answers come from.

    Yields:
        Its address, once it answers.

    Raises:
        RuntimeError: If it ends, or hasn't answered after five minutes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        "TEXTTHEMA_INDEX": str(index or ""),
    }
    command = [sys.executable, str(app)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            _wait_until_it_answers(server, address, log)
            yield address
        finally:
            server.terminate()


def _wait_until_it_answers(server: subprocess.Popen, address: str, log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(address, timeout=10, trust_env=False)
            return
        with suppress(subprocess.TimeoutExpired):
            code = server.wait(timeout=_BETWEEN_LOOKS_SECONDS)
            raise RuntimeError(f"the app ended with {code}: {log.read_text(errors='replace')}")
    raise RuntimeError(f"the app has not answered at {address} for {START_SECONDS} s")
