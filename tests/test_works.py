import pytest

from textthema.works import works_of


@pytest.mark.parametrize(
    ("title", "series", "works"),
    [
        ("The Ferryman", None, ["title the-ferryman"]),
        ("The Ferryman (Salt Road, #2)", None, ["title the-ferryman", "series salt-road"]),
        ("The Ferryman (Salt Road #1-3)", "", ["title the-ferryman", "series salt-road"]),
        ("Salt (Road, #1; Sea, #4)", None, ["title salt", "series road", "series sea"]),
        ("The Ferryman", "The Salt Road #2", ["title the-ferryman", "series the-salt-road"]),
        ("The Ferryman (Illustrated)", None, ["title the-ferryman-illustrated"]),
        (None, "Salt Road #2", ["series salt-road"]),
        (None, None, []),
        ("!!!", "#2", []),
    ],
)
def test_a_title_tells_work_and_series(title, series, works):
    assert works_of(title, series) == works
