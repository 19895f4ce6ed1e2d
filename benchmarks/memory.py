"""Memory of a process and all that it started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import psutil

EVERY_SECONDS = 1.0


def each_second(process: subprocess.Popen) -> Iterator[float]:
    """Look at a process's memory until it ends.

    Args:
        process: The one at the root.

    Yields:
        What it and all that it started have in megabytes, once a second.
    """
    root = psutil.Process(process.pid)
    while process.poll() is None:
        yield tree_megabytes(root)
        try:
            process.wait(EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def tree_megabytes(process: psutil.Process) -> float:
    """Add up the resident memory of a process and of its children; pages that they share count once for each.

    Args:
        process: The one at the root.

    Returns:
        Megabytes; 0 once it has ended.
    """
    found = 0
    for member in family(process):
        try:
            found += member.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return found / 1e6


def family(process: psutil.Process) -> list[psutil.Process]:
    """List a process and all that it started and that still runs.

    Args:
        process: The one at the root.

    Returns:
        Processes; none once it has ended.
    """
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
