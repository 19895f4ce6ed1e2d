"""Pages that were saved to files, read without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bs4.dammit import UnicodeDammit
from tqdm import tqdm

from textthema.errors import LayoutChangedError, UnreadableFileError
from textthema.scraping.kinds import Kind
from textthema.scraping.markup import Reading
from textthema.scraping.outcomes import Loaded, Page, judge


def read_saved_page(path: Path, kind: Kind) -> Reading:
    """Read a page from a file.

    Args:
        path: HTML, in UTF-8 or in the encoding that it names.
        kind: Which kind of page it should be.

    Returns:
        What it holds.

    Raises:
        UnreadableFileError: If there is no such file.
        LayoutChangedError: If it is a page of another kind, or holds no item.
        LoginWallError: If it is a sign-in page.
        ChallengeError: If it is a firewall's page.
        UnreachableError: If it is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"can't read {path}: {error.strerror}", value=str(path)) from error
    # UTF-8 first: pages saved by browsers and scripts are, whatever their head says.
    html = UnicodeDammit(content, ["utf-8-sig", "utf-8"], is_html=True).unicode_markup or ""
    outcome = judge(Loaded(str(path), html=html), kind.parse)
    if not isinstance(outcome, Page):
        where = "" if str(path) in outcome.reason else f" ({path})"
        raise outcome.error(f"{outcome.name}: {outcome.reason}{where}", value=str(path))
    if not outcome.reading.records:
        raise LayoutChangedError(f"LayoutChanged: {path} says itself that it holds no {kind.noun}", value=str(path))
    return outcome.reading


def read_saved_pages(paths: Sequence[Path], kind: Kind) -> list[tuple[str, Reading]]:
    """Read pages from files, all of them or none.

    Args:
        paths: HTML files.
        kind: Which kind of pages they should be.

    Returns:
        What each calls its own address or else the file's path, and what it holds.

    Raises:
        TextThemaError: As ``read_saved_page``, for the first file that can't be used.
    """
    readings = [read_saved_page(path, kind) for path in tqdm(paths, unit=" pages", disable=None)]
    return [_placed(path, reading) for path, reading in zip(paths, readings, strict=True)]


def _placed(path: Path, reading: Reading) -> tuple[str, Reading]:
    if reading.address:
        return reading.address, reading
    # A file that doesn't say where it comes from is a series of its own.
    return path.as_posix(), replace(reading, number=1, last=1)
