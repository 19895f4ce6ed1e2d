"""One line of lineage a stage: what it read, with which settings, what came out."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from textthema.bundle import file_digest

_PACKAGES = (
    "textthema",
    "numpy",
    "pandas",
    "torch",
    "fastai",
    "ohmeow-blurr",
    "transformers",
    "onnx",
    "onnxruntime",
)


def append_line(
    path: Path,
    stage: str,
    inputs: dict[str, Path],
    settings: dict[str, object],
    counts: dict[str, object],
) -> dict[str, object]:
    """Add a stage's line to a manifest.

    Args:
        path: The manifest, JSON lines; made if it is not there.
        stage: The stage's name.
        inputs: Files that the stage read, by role.
        settings: What it was told.
        counts: What came out.

    Returns:
        The line as it was written.
    """
    line = {
        "stage": stage,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": {role: {"file": file.name, "sha256": file_digest(file)} for role, file in inputs.items()},
        "settings": settings,
        "counts": counts,
        "versions": {"python": platform.python_version(), **_versions()},
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return line


def read_lines(path: Path) -> list[dict[str, object]]:
    """Read a manifest.

    Args:
        path: A manifest, JSON lines.

    Returns:
        Its lines, oldest first; none if there is no such file.
    """
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
