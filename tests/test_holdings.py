import json

import numpy as np
import pandas as pd
import pytest

from textthema.errors import InputError, NotEnoughDataError, UnreadableFileError
from textthema.holdings import (
    TEST,
    TRAIN,
    UNUSED,
    VALIDATION,
    deal_out,
    find_rows,
    gather,
    long_tail_tags,
    read_entities,
)
from textthema.labels import read_rules

ENTITIES = [
    {"id": "book:tidebound", "kind": "book", "name": "Tidebound", "author": "author:vale", "franchise": None},
    {"id": "author:vale", "kind": "author", "name": "Osric Vale", "author": None, "franchise": None},
    {"id": "author:fenn", "kind": "author", "name": "Mira Fenn", "author": None, "franchise": None},
    {"id": "character:wenna", "kind": "character", "name": "Wenna", "author": "author:vale", "franchise": None},
]
MENTIONS = pd.DataFrame(
    [(row, "author:vale" if row < 12 else "author:fenn") for row in range(20)]
    + [(row, "book:tidebound") for row in range(6)]
    + [(0, "character:wenna")],
    columns=["row", "entity"],
)
YES = np.ones(20, bool)


@pytest.fixture
def holdings():
    parts = np.array([TRAIN] * 17 + [VALIDATION, TEST, UNUSED], dtype="<U10")
    return gather(ENTITIES, MENTIONS, parts, {"lanterns": [0, 1, 2, 13, 14, 18]})


def test_entities_stand_by_kind_and_support_with_their_links_as_names(holdings):
    assert [entity.name for entity in holdings.entities] == ["Osric Vale", "Mira Fenn", "Tidebound", "lanterns"]
    assert [entity.support for entity in holdings.entities] == [12, 5, 6, 5]
    assert holdings.entities[2].author == "Osric Vale"
    assert holdings.kinds == {"author": (0, 2), "book": (2, 3), "tag": (3, 4)}


def test_rows_belong_to_their_entities_whatever_they_are_for(holdings):
    assert np.flatnonzero(holdings.belongs.toarray()[:, 1]).tolist() == list(range(12, 20))
    assert holdings.rows(TEST).tolist() == [18]


def test_nothing_but_small_entities_is_too_little():
    with pytest.raises(NotEnoughDataError, match="5 quotes"):
        gather(ENTITIES, MENTIONS[:3], np.array([TRAIN] * 20), {})


def test_held_out_rows_and_a_few_of_each_author_are_embedded(holdings):
    authors = ["Osric Vale"] * 12 + ["Mira Fenn"] * 8
    have = np.zeros(20, bool)
    have[[3, 5]] = True
    rows = holdings.worth_embedding(authors, 2, have)
    assert {3, 5, 17, 18} < set(rows.tolist())
    assert len(rows) == 6
    assert 19 not in rows


def test_held_out_rows_are_known_alone_and_stay_where_they_are():
    ids = [f"text {row}" for row in range(4000)]
    usable, alone, known = (np.random.default_rng(seed).random(4000) < 0.8 for seed in range(3))
    parts = deal_out(ids, usable, alone, known, 0.1)
    held_out = np.isin(parts, [VALIDATION, TEST])
    assert (usable & alone & known)[held_out].all()
    assert set(parts[~usable]) == {UNUSED}
    assert abs((parts == TEST).sum() / (usable & alone & known).sum() - 0.1) < 0.02
    assert abs((parts == VALIDATION).sum() / (usable & alone & known).sum() - 0.1) < 0.02
    fewer = deal_out(ids[:2000], usable[:2000], alone[:2000], known[:2000], 0.1)
    assert (fewer == parts[:2000]).all()
    assert (deal_out(ids, usable, alone, known, 0.1, seed=1) != parts).any()


@pytest.mark.parametrize("share", [0, -1, 0.3, float("nan")])
def test_a_share_without_sense(share):
    with pytest.raises(InputError, match="share"):
        deal_out(["a"] * 20, YES, YES, YES, share)


def test_the_long_tail_is_what_many_use_and_no_name_theme_or_noise():
    tags = ["lanterns", "Love", "quotes", "wenna", "rarely"]
    raw = pd.DataFrame(
        {
            "tags": [tags[: 4 if row % 2 else 5] if row < 40 else ["osric-vale-fans"] for row in range(80)],
            "author": [f"Author {row % 10}" if row < 40 else "Osric Vale" for row in range(80)],
            "book": [None] * 80,
        }
    )
    found = long_tail_tags(raw, np.array([TRAIN] * 80), {"love"}, ENTITIES, read_rules())
    assert set(found) == {"lanterns"}
    assert found["lanterns"] == list(range(40))


def test_what_the_entities_command_wrote_is_read(tmp_path):
    (tmp_path / "entities.jsonl").write_text("".join(json.dumps(entity) + "\n" for entity in ENTITIES))
    MENTIONS.assign(text_id="").to_parquet(tmp_path / "mentions.parquet")
    entities, mentions = read_entities(tmp_path)
    assert entities == ENTITIES
    assert mentions["row"].tolist() == MENTIONS["row"].tolist()


def test_a_mention_follows_its_text_to_another_row():
    mentions = MENTIONS.iloc[[0, 1, 5]].assign(text_id=["a", "b", "f"])
    same = find_rows(mentions, ["a", "b", "b", "d", "e", "f"])
    assert same["row"].tolist() == [0, 1, 5]
    other = find_rows(mentions, ["x", "a", "b", "b"])
    assert sorted(other["row"]) == [1, 2, 3]
    assert set(other["entity"]) == {"author:vale"}
    with pytest.raises(InputError, match="other texts"):
        find_rows(mentions, ["x", "y"])


@pytest.mark.parametrize("content", [None, b"{", b"\xff"])
def test_entities_that_can_not_be_read_name_the_command(tmp_path, content):
    if content is not None:
        (tmp_path / "entities.jsonl").write_bytes(content)
    with pytest.raises(UnreadableFileError, match="textthema entities"):
        read_entities(tmp_path)
