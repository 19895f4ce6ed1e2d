"""Processes that tests start, and browsers that they leave behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """End a process, whatever comes of the block."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def running_on(word: str, seconds_to_end: float = 0) -> list[psutil.Process]:
    """Find processes whose command line holds a word, after so many seconds to end by themselves."""
    found = [process for process in psutil.process_iter() if word in _command_line(process)]
    return psutil.wait_procs(found, timeout=seconds_to_end)[1] if seconds_to_end else found


def _command_line(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return " ".join(process.cmdline()) if process.pid != os.getpid() else ""
    return ""
