import json

from textthema.entities.records import Entity, entity_id, to_jsonl


def test_an_id_is_kind_and_slug():
    assert entity_id("author", "J.K. Rowling") == "author:j-k-rowling"
    assert entity_id("author", "…") == "author:unnamed"


def test_a_taken_id_is_told_apart_by_author_then_by_number():
    taken = {"book:twilight", "book:twilight-orla-venn"}
    assert entity_id("book", "Twilight", taken, beside="bo ek") == "book:twilight-bo-ek"
    assert entity_id("book", "Twilight", taken, beside="orla venn") == "book:twilight-orla-venn-2"
    assert entity_id("book", "Twilight", taken) == "book:twilight-2"


def test_a_line_is_one_entity():
    lines = to_jsonl([Entity("author:bo-ek", "author", "Bo Ek", support=9), Entity("book:é", "book", "É")]).splitlines()
    assert json.loads(lines[0]) == {
        "id": "author:bo-ek", "kind": "author", "name": "Bo Ek", "author": None, "franchise": None, "book": None,
        "books": None, "support": 9,
    }  # fmt: skip
    assert json.loads(lines[1])["name"] == "É"
