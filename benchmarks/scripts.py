"""How every benchmark script ends: with its record as JSON and as a page, and with 0 or a line on what was wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from textthema.bundle import replacing
from textthema.errors import TextThemaError


def exit_code(work: Callable[[], None]) -> int:
    """Do a script's work and give the code that its process ends with.

    Args:
        work: What the script does.

    Returns:
        0, or the error's code after its message went to stderr.
    """
    try:
        work()
    except TextThemaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def write_result(out: Path, name: str, record: dict, markdown: str) -> None:
    """Write a result as JSON and as a page.

    Args:
        out: The folder; made if it is not there.
        name: The files' name without suffix.
        record: The figures.
        markdown: The page.
    """
    out.mkdir(parents=True, exist_ok=True)
    for suffix, content in (
        ("json", json.dumps(record, indent=1, ensure_ascii=False) + "\n"),
        ("md", markdown.rstrip("\n") + "\n"),
    ):
        with replacing(out / f"{name}.{suffix}") as partial:
            partial.write_text(content, encoding="utf-8")
