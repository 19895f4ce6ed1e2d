"""What the scripts about the website share: the way to its server, a text, the machine."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from speed import cpu_name

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
