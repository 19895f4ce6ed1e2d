from dataclasses import replace

import pytest

from tests.entities.quotes import BOOKS, collection
from textthema.collection import QUOTES
from textthema.entities.assembly import assemble
from textthema.entities.extraction import gather
from textthema.entities.rules import read_entity_rules
from textthema.labels import read_rules

RULES = read_entity_rules()


@pytest.fixture(scope="module")
def evidence():
    return gather(collection(), BOOKS, QUOTES, read_rules(), RULES, progress=False)


@pytest.fixture(scope="module")
def found(evidence):
    return assemble(evidence, RULES)


@pytest.fixture(scope="module")
def entities(found):
    return {entity.id: entity for entity in found.entities}


def test_entities_have_names_links_and_support(entities):
    author, franchise = entities["author:osric-vale"], entities["franchise:the-harbour-books"]
    assert (author.name, author.support) == ("Osric Vale", 12)
    assert (franchise.author, franchise.books, franchise.support) == (author.id, 2, 12)
    assert entities["book:saltgate"].franchise == franchise.id
    character = entities["character:mirrin-holt"]
    assert (character.author, character.franchise, character.book) == (author.id, franchise.id, None)
    assert (character.books, character.support) == (2, 12)


def test_nobody_and_too_little_support_are_left_out(entities):
    assert not [name for name in entities if "anonymous" in name or "proverb" in name]
    assert "author:o-vale" not in entities


def test_a_row_mentions_author_book_franchise_and_character(found):
    assert [entity for row, entity in found.mentions if row == 0] == [
        "author:osric-vale", "book:saltgate", "character:mirrin-holt", "franchise:the-harbour-books",
    ]  # fmt: skip
    assert not [entity for row, entity in found.mentions if row == 20]
    assert found.mentions == sorted(found.mentions)


def test_a_description_mentions_book_author_and_franchise(found):
    assert set(found.descriptions) == {
        (0, "book:low-water"), (0, "author:osric-vale"), (0, "franchise:the-harbour-books"), (1, "author:osric-vale"),
    }  # fmt: skip


def test_support_counts_and_so_does_a_description(evidence):
    strict = replace(RULES, books=replace(RULES.books, fewest_rows=99), authors=replace(RULES.authors, fewest_rows=99))
    kinds = {entity.id: entity.kind for entity in assemble(evidence, strict).entities}
    assert "book:low-water" in kinds
    assert "book:saltgate" not in kinds
    assert "author:osric-vale" in kinds
    assert "author:ann-brand" not in kinds


def test_without_a_franchise_a_character_is_of_a_book():
    evidence = gather(collection().iloc[1:8], None, QUOTES, read_rules(), RULES, progress=False)
    evidence.franchises.of_book.clear()
    (character,) = [one for one in assemble(evidence, RULES).entities if one.kind == "character"]
    assert (character.franchise, character.book) == (None, "book:saltgate")
