import pandas as pd

from textthema.auxiliary import frequent_tags, with_auxiliary
from textthema.labels import read_rules

RULES = read_rules()
TABLE = pd.DataFrame(
    {
        "author": pd.Series(["A", "A", "B", "C", None], dtype=object),
        "tags": [["lighthouse", "love"], ["lighthouse"], ["kettle", "love-quotes"], ["kettle"], []],
        "themes": [["love"], ["sea"], ["love"], ["sea"], ["sea"]],
    }
)


def test_tags_of_most_authors_come_first_and_none_that_name_a_label():
    assert frequent_tags(TABLE, ["love", "sea"], 5, RULES) == ["tag:kettle", "tag:lighthouse"]
    assert frequent_tags(TABLE, ["love", "sea"], 1, RULES) == ["tag:kettle"]
    assert frequent_tags(TABLE, ["love", "sea"], 0, RULES) == []


def test_texts_get_the_tags_that_they_carry():
    longer = with_auxiliary(TABLE, ["tag:kettle"])
    assert longer["themes"].tolist() == [["love"], ["sea"], ["love", "tag:kettle"], ["sea", "tag:kettle"], ["sea"]]
    assert TABLE["themes"].tolist()[2] == ["love"]


def test_without_further_tags_the_table_stays():
    assert with_auxiliary(TABLE, []) is TABLE
