import re

import pytest

from textthema.collection import BOOKS, QUOTES, find_collection
from textthema.errors import InputError


def test_a_collection_is_found_by_its_name():
    assert find_collection("quotes") is QUOTES
    assert find_collection("books") is BOOKS


def test_what_differs_is_data_only(root):
    """A branch on a collection's name would be a second pipeline."""
    branch = re.compile(r"\b(?:if|elif|case|while)\b.*(?:[\"'](?:books|quotes)[\"']|\b(?:BOOKS|QUOTES|genres?)\b)")
    sources = {path.name: path.read_text(encoding="utf-8") for path in (root / "textthema").rglob("*.py")}
    scraping = {path.name for path in (root / "textthema" / "scraping").glob("*.py")}
    code = {name: [line.split("#")[0] for line in text.splitlines()] for name, text in sources.items()}
    assert not [
        (name, line) for name, lines in code.items() if name not in scraping for line in lines if branch.search(line)
    ]


def test_an_unknown_collection_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'recipes'.*quotes"):
        find_collection("recipes")
