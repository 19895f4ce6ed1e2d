import inspect

import pytest

from textthema import errors
from textthema.errors import (
    BundleError,
    GateError,
    InputError,
    MissingDependencyError,
    NotTextError,
    TextThemaError,
    shown,
)

TREE = [found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, TextThemaError)]


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_every_error_is_in_the_drawn_tree_and_carries_its_value(error):
    assert error.__name__ in errors.__doc__
    assert error("it failed", value=[1]).value == [1]
    assert str(error("it failed", value=[1])) == "it failed"


def test_input_errors_are_value_errors():
    with pytest.raises(ValueError, match="nothing"):
        raise NotTextError("nothing")


def test_each_branch_has_an_exit_code_of_its_own():
    branches = [TextThemaError, InputError, MissingDependencyError, BundleError, GateError]
    assert [branch.exit_code for branch in branches] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("value", ["é\ud800\n", "x" * 10_000, b"\xff", None, float("nan")])
def test_shown_is_short_and_plain_ascii(value):
    assert shown(value).isascii()
    assert shown(value).isprintable()
    assert len(shown(value)) <= 80
