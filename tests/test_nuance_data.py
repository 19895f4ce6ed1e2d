"""Labelled sets, tagged quotes and readings brought to one form."""

import json

import numpy as np
import pandas as pd
import pytest

from textthema import nuance_data
from textthema.cleaning import text_id
from textthema.errors import UnreadableFileError
from textthema.nuance_data import (
    READ,
    TAGGED,
    Example,
    draw_tagged,
    read_all,
    read_labelled,
    readably,
    readings_of,
    unlike,
)
from textthema.weak_intents import INTENTS

QUOTES = pd.DataFrame(
    {
        "text": [
            "“My diet and I have parted. It kept the fridge and all of the chairs.”",
            "Grief is the house that we go on paying for after everybody has left it.",
            "Never post a letter that was written in a storm, however good the stamp.",
            "The night is like a coat that somebody has left on the chair for me.",
        ],
        "tags": [["humor", "cats"], ["grief"], ["advice"], ["night"]],
    }
)


def named(quotes):
    return readably(quotes.assign(text_id=quotes["text"].map(text_id)))


@pytest.fixture
def table():
    return named(QUOTES)


def test_quotes_are_written_readably(table):
    assert table["text"][0].startswith("My diet")


def test_tags_give_soft_targets_and_silence_none(table):
    by_text = {example.text[:5]: example for example in draw_tagged(table, set())}
    assert by_text["My di"].known["humor"] > 0.5 > by_text["Grief"].known["humor"]
    assert "humor" not in by_text["Never"].known
    assert by_text["Never"].known["advise"] > 0.5 > by_text["Never"].known["narrate"] > 0
    assert by_text["The n"].known == {}
    assert {example.source for example in by_text.values()} == {TAGGED}


def test_what_is_held_out_is_not_drawn_nor_anything_like_it(table):
    twin = pd.DataFrame({"text": [QUOTES["text"][1] + " Yes."], "tags": [["grief"]]})
    both = named(pd.concat([QUOTES, twin]))
    drawn = draw_tagged(both, {table["text_id"][1]})
    assert not any(example.text.startswith("Grief") for example in drawn)
    assert len(drawn) == 3


def reading(name, **changes):
    return {
        "id": name,
        "humor": 0,
        "similes": [],
        "metaphor": 1,
        "metaphor_words": [],
        "intents": ["reflect"],
    } | changes


def test_readings_find_their_quotes_by_id(table):
    text = table["text"][3]
    lines = [reading(table["text_id"][3], similes=[[13, len(text) - 1]]), reading("0" * 16)]
    (example,) = readings_of(lines, table, lambda _: "test")
    assert (example.source, example.split, example.text) == (READ, "test", text)
    assert example.known == {"humor": 0, "metaphor": 1} | {intent: float(intent == "reflect") for intent in INTENTS}
    assert example.cues == {"simile": [(text.index("like"), 1)]}
    assert example.similes == ((13, len(text) - 1),)


def test_a_reading_that_lacks_a_part_is_refused(table):
    with pytest.raises(UnreadableFileError, match="humor"):
        readings_of([{"id": table["text_id"][3]}], table, lambda _: "test")


def test_everything_is_read_together_and_gold_quotes_are_for_testing_only(tmp_path, monkeypatch):
    monkeypatch.setattr(nuance_data, "_SETS", {})
    QUOTES.to_parquet(tmp_path / "quotes.parquet")
    ids = QUOTES["text"].map(text_id)
    (tmp_path / "gold.jsonl").write_text(json.dumps(reading(ids[3])) + "\n")
    (tmp_path / "learn.jsonl").write_text(json.dumps(reading(ids[2])) + "\n")
    examples = read_all(tmp_path, tmp_path / "quotes.parquet", tmp_path)
    gold, learn, *tagged = examples
    assert (gold.source, gold.split, gold.tags) == (READ, "test", ("night",))
    assert learn.source == READ
    assert learn.split in ("train", "dev")
    assert {example.source for example in tagged} == {TAGGED}
    assert len(tagged) == 2


def test_what_nearly_repeats_a_gold_quote_is_left_out():
    gold = "The harbour lay as still as a held breath that whole long night."
    near = Example("The harbour lay as still as a held breath that whole long night!", READ, "train")
    other = Example("Nobody had told the goat about the wedding.", READ, "train")
    assert unlike([gold], [near, other]) == [other]


def test_readings_that_are_no_json_are_named(tmp_path):
    QUOTES.to_parquet(tmp_path / "quotes.parquet")
    (tmp_path / "gold.jsonl").write_text("no json")
    with pytest.raises(UnreadableFileError, match=r"gold\.jsonl"):
        read_all(tmp_path, tmp_path / "quotes.parquet", tmp_path)


def test_a_missing_set_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="humor_hahackathon"):
        read_labelled(tmp_path)


def test_a_text_that_is_judged_is_not_learnt_from(tmp_path, monkeypatch):
    sets = {name: nuance_data._SETS[name] for name in ("humor_puns", "metaphor_vua18_tokens")}
    monkeypatch.setattr(nuance_data, "_SETS", sets)
    puns = {"text": ["A", "B", "A"], "label": [1, 0, 1], "split": ["train", "train", "test"]}
    pd.DataFrame(puns).to_parquet(tmp_path / "humor_puns.parquet")
    words = {"tokens": [["Time", "flies", "."]], "labels": [np.array([0, 1, 0])], "split": ["dev"]}
    pd.DataFrame(words).to_parquet(tmp_path / "metaphor_vua18_tokens.parquet")
    *jokes, image = read_labelled(tmp_path)
    assert {(joke.text, joke.split, joke.known["humor"]) for joke in jokes} == {("B", "train", 0), ("A", "test", 1)}
    assert image.text == "Time flies ."
    assert image.cues == {"image": [(0, 0), (5, 1), (11, 0)]}
