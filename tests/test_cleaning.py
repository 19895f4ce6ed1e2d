import re
from dataclasses import replace

import pandas as pd
import pytest

from textthema.cleaning import clean, label_index
from textthema.collection import QUOTES
from textthema.errors import NotEnoughDataError
from textthema.labels import read_rules

RULES = replace(read_rules(), n_labels=2)
LIMITS = replace(QUOTES, author_rows=3, most_tags=5, block_rows=4, block_tags=3)
WORDS = [
    "anvil",
    "barley",
    "candle",
    "drum",
    "ember",
    "ferry",
    "garnet",
    "harbour",
    "ink",
    "jar",
    "kettle",
    "lantern",
    "mortar",
    "nettle",
    "oar",
]


def raw(*rows):
    columns = ("text", "author", "book", "tags", "series", "likes", "group")
    cells = zip(*((*row, None, None, None) for row in rows), strict=True)
    return pd.DataFrame(
        {name: pd.Series(list(values), dtype=object) for name, values in zip(columns, cells, strict=True)}
    )


def row(number, tags, author=None, text=None):
    return (text or " ".join([WORDS[number % 15], *(f"w{number}x{n}" for n in range(12))]), author, None, tags)


def cleaned(*rows, limits=LIMITS, rules=RULES):
    return clean(raw(*rows), limits, rules, progress=False)


BASE = [row(n, ["love"], f"A{n}") for n in range(4)] + [row(n, ["humour"], f"A{n}") for n in range(4, 7)]


def test_the_most_widely_used_labels_are_kept_and_the_rest_goes():
    result = cleaned(*BASE, row(20, ["kumquats"], "A20"))
    assert result.labels == ["love", "humor"]
    assert result.dropped["no theme"] == 1
    assert set(result.table.columns) == {*("id", "text", "author", "book", "works", "tags", "themes", "likes", "group")}


def test_one_prolific_author_cannot_vote_a_label_in():
    limits = replace(LIMITS, author_votes=1, author_rows=100)
    rows = [row(n, ["love"], f"A{n}") for n in range(4)] + [row(n, ["death"], f"B{n}") for n in range(4, 7)]
    rows += [row(n, ["music"], "One") for n in range(10, 30)]
    assert cleaned(*rows, limits=limits).labels == ["love", "death"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ((None, "Z", None, ["love"]), "no text"),
        (("too short", "Z", None, ["love"]), "too few words"),
        (("so " * 2000, "Z", None, ["love"]), "too long"),
        (row(30, [], "Z"), "no tags"),
        (row(30, ["quotes"], "Z"), "no theme"),
        (row(30, ["love", "a", "b", "c", "d", "e"], "Z"), "over-tagged"),
    ],
)
def test_a_row_goes_for_its_own_reason(bad, reason):
    result = cleaned(*BASE, bad)
    assert {name: count for name, count in result.dropped.items() if count} == {reason: 1}
    assert result.rows_in == len(BASE) + 1


def test_pasted_blocks_of_tags_go():
    block = [row(n, ["love", "sea", "art"], f"P{n}") for n in range(40, 44)]
    assert cleaned(*BASE, *block).dropped["pasted block of tags"] == 4


def test_of_near_duplicates_the_best_tagged_stays():
    text = "the ferryman counted his coins twice and then counted the passengers who had paid him nothing"
    rows = [row(0, ["love"], "X", text), row(0, ["love", "humor"], "Y", text.upper() + "!")]
    table = cleaned(*BASE, *rows).table
    assert table[table["text"].str.lower().str.startswith("the ferryman")]["author"].tolist() == ["Y"]


def test_an_authors_rows_are_capped_whatever_the_spelling_of_the_name_and_the_unknown_are_not():
    rows = [row(n, ["love"], "Bo Ek" if n % 2 else "bo  ek") for n in range(50, 60)]
    rows += [row(n, ["love"], None) for n in range(60, 66)]
    table = cleaned(*BASE, *rows).table
    assert table["author"].isin(["Bo Ek", "bo  ek"]).sum() == LIMITS.author_rows
    assert table["author"].isna().sum() == 6


def test_the_same_seed_gives_the_same_table():
    rows = BASE + [row(n, ["love"], "Bo") for n in range(50, 60)]
    first, second = cleaned(*rows).table, cleaned(*rows).table
    assert first["id"].tolist() == second["id"].tolist()


def test_identity_tags_are_removed_from_the_tags():
    rows = [row(n, ["love", "bo-ek"], "Bo Ek") for n in range(50, 53)]
    assert "bo-ek" not in {tag for tags in cleaned(*BASE, *rows).table["tags"] for tag in tags}


def test_too_little_data_is_said():
    with pytest.raises(NotEnoughDataError, match="themes found where"):
        clean(raw(row(1, ["love"], "A")), LIMITS, RULES, progress=False)
    with pytest.raises(NotEnoughDataError, match="no text"):
        clean(raw((None, "A", None, ["love"])), LIMITS, RULES, progress=False)


def test_a_share_of_the_texts_may_decide_how_many_labels_are_kept():
    rules = replace(RULES, n_labels=None, least_share=0.3)
    assert cleaned(*BASE, row(20, ["music"], "A20"), rules=rules).labels == ["love", "humor"]
    assert cleaned(*BASE, rules=replace(rules, least_share=0.5)).labels == ["love"]


def test_boilerplate_is_cut_out_before_anything_is_counted():
    noisy = row(30, ["love"], "Z", "Printed in Hull. " + row(31, [])[0])
    rules = replace(RULES, boilerplate=(re.compile(r"printed in \w+\.", re.IGNORECASE),))
    table = cleaned(*BASE, noisy, rules=rules).table
    assert table[table["author"] == "Z"]["text"].tolist() == [row(31, [])[0]]


def test_works_are_named_where_a_collection_keeps_them_together():
    books = [(*cells[:2], "Salt (Roads, #2)", cells[3]) for cells in BASE]
    assert cleaned(*books).table["works"].tolist() == [[]] * len(BASE)
    together = cleaned(*books, limits=replace(LIMITS, by_work=True)).table["works"].tolist()
    assert together == [["title salt", "series roads"]] * len(BASE)


def test_the_label_index_is_json():
    assert label_index(["b", "a"]) == '{\n "b": 0,\n "a": 1\n}\n'
