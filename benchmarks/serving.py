"""What the scripts about the website share: the way to its server, a text, a result file."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from speed import cpu_name

from textthema.bundle import replacing

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TEXT = (
    "My grandmother kept the key of the house that was bombed. She wore it under her dress, next to the skin, and when "
    "she was very old and had forgotten the street, the town and most of us, she would still hold it out to whoever "
    "came in, and say: go on ahead, it is only up the hill, I shall be there before the kettle boils."
)


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> dict:
    """Describe this machine for a result file."""
    return {"cpu": cpu_name(), "system": platform.platform(terse=True), "python": platform.python_version()}


def write_result(out: Path, name: str, record: dict, markdown: str) -> None:
    """Write a result as JSON and as a page.

    Args:
        out: The folder.
        name: The files' name without suffix.
        record: The figures.
        markdown: The page.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path, content in (
        (out / f"{name}.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n"),
        (out / f"{name}.md", markdown),
    ):
        with replacing(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
