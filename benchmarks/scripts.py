"""How every benchmark script ends: with 0, or with one line that says what was wrong and a code of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable

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
