"""One model in a process of its own: load, answer once; then time single texts and a file of texts.

Started by speed.py; prints a line of JSON with the moment of the first answer, the times and the peak memory.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from contestants import CONTESTANTS
from sample_texts import mixed_texts, text_of_tokens


def main() -> int:
    """Load the contestant that the command line names and time it."""
    key, folder, repetitions, n_texts = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    text = text_of_tokens()
    answer = CONTESTANTS[key].load(folder)
    answer([text])
    # The clock that the parent started by: on Linux and macOS it is the same in all processes.
    ready = time.monotonic()
    for _ in range(max(repetitions // 4, 3)):
        answer([text])
    single = []
    for _ in range(repetitions):
        start = time.perf_counter()
        answer([text])
        single.append((time.perf_counter() - start) * 1000)
    many = mixed_texts(n_texts)
    start = time.perf_counter()
    answer(many)
    seconds = time.perf_counter() - start
    times = {"ready": ready, "single_ms": single, "texts_per_second": n_texts / seconds}
    print(json.dumps(times | {"peak_kib": _peak_kib()}), flush=True)
    return 0


def _peak_kib() -> int:
    # What getrusage reports is inherited from a parent that was larger; VmHWM is this program's own.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    import resource  # noqa: PLC0415

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
