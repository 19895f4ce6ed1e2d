import pytest

from textthema.collection import QUOTES, find_collection
from textthema.errors import InputError


def test_a_collection_is_found_by_its_name():
    assert find_collection("quotes") is QUOTES


def test_an_unknown_collection_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'recipes'.*quotes"):
        find_collection("recipes")
