"""The Space as visitors meet it: a process of its own that serves on a port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from urllib3 import PoolManager, Retry


@contextmanager
def serve_space(app: Path, log: Path) -> Iterator[str]:
    """Run ``app.py`` on a free port.

    Args:
        app: The script.
        log: Where its output goes.

    Yields:
        Its address, once it answers.
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
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, str(app)], env=environment, stdout=output, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            patience = Retry(total=60, backoff_factor=0.2, backoff_max=2, status_forcelist=(502, 503))
            with PoolManager(retries=patience, timeout=10) as pool:
                pool.request("GET", address)
            yield address
        finally:
            server.terminate()
