import pytest

from textthema.entities.titles import Title, head_key, split_title, title_key


@pytest.mark.parametrize(
    ("title", "name", "series"),
    [
        ("Saltgate (The Harbour Books, #1)", "Saltgate", "The Harbour Books"),
        ("Saltgate (Harbour #1.5)", "Saltgate", "Harbour"),
        ("Saltgate (Harbour, #1; Coast, #4)", "Saltgate", "Harbour"),
        ("Saltgate (Harbour, Book 2)", "Saltgate", "Harbour"),
        ("Saltgate (Harbour, #1-3)", "Saltgate", "Harbour"),
        ("Saltgate (The Harbour Saga)", "Saltgate", "The Harbour Saga"),
        ("Saltgate [Harbour Book 3]", "Saltgate", "Harbour"),
        ("Saltgate (Harbour, #1)'", "Saltgate", "Harbour"),
        ("Salt Notes, Vol. 3: Brine", "Salt Notes, Vol. 3: Brine", "Salt Notes"),
    ],
)
def test_a_series_is_split_off(title, name, series):
    assert split_title(title) == Title(name, series)


@pytest.mark.parametrize(
    "title",
    [
        "Grace (Eventually)",
        "Salt [Illustrated]",
        "(Untitled)",
        "Dad #1, Dad #2",
        "1984",
        "Salt (#2)",
        "Salt (3rd Edition)",
    ],
)
def test_other_remarks_stay_in_the_title(title):
    assert split_title(title) == Title(title)


def test_spellings_of_one_title_have_one_key():
    assert title_key("The Salt & the Sea") == title_key("Salt and the Séa!") == "salt and the sea"
    assert title_key("Miller's Gate") == "millers gate"
    assert title_key("The") == "the"


def test_a_subtitle_is_no_other_book():
    assert head_key("Saltgate: A Novel") == head_key("Saltgate - A Novel") == title_key("Saltgate")
