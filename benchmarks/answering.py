"""One model in a process of its own: load, answer once, say so; then time single texts and a file of texts.

Started by speed.py; prints one line of JSON when the first answer is there and one with the times.
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
    print(json.dumps({"peak_kib": _peak_kib()}), flush=True)
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
    print(json.dumps({"single_ms": single, "texts_per_second": n_texts / (time.perf_counter() - start)}), flush=True)
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
