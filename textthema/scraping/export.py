"""The journal's items as a CSV (RFC 4180, UTF-8), written whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from textthema.bundle import replacing
from textthema.scraping.journal import Journal

FOUND_ON = "found_on"
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


def export_csv(journal: Journal, columns: tuple[str, ...], out: Path) -> None:
    """Write all items so far.

    Args:
        journal: What was collected.
        columns: The columns in their order; ``found_on`` is the list of pages that an item was seen on.
        out: The file, replaced in one step.

    Raises:
        InputError: If it can't be written.
    """
    with replacing(out, f".{out.name}.partial") as partial, partial.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        for fields, pages in journal.records():
            cells = fields | {FOUND_ON: pages}
            rows.writerow([_cell(cells[column]) for column in columns])
    journal.note_export()


def _cell(value: object) -> object:
    return _AS_JSON(value) if isinstance(value, list) else value
