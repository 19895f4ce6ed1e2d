from textthema.entities.franchises import franchise_key
from textthema.entities.names import name_key
from textthema.entities.rules import read_entity_rules
from textthema.entities.titles import title_key
from textthema.labels import slug

RULES = read_entity_rules()


def test_author_keys_are_keys():
    keys = {*RULES.authors.alias, *RULES.authors.alias.values()}
    assert {name_key(key) for key in keys} == keys


def test_franchise_keys_are_keys():
    franchises = RULES.franchises
    keys = {*franchises.names, *franchises.alias.values(), *franchises.drop, *franchises.books}
    assert {franchise_key(key, franchises) for key in keys} == keys


def test_titles_are_keys():
    listed = {title for titles in RULES.franchises.books.values() for title in titles} | RULES.franchises.standalone
    assert {title_key(title) for title in listed} == listed


def test_character_tags_are_slugs():
    characters = RULES.characters
    tags = {*characters.names, *characters.alias, *characters.alias.values(), *characters.drop}
    assert {slug(tag) for tag in tags} == tags


def test_nothing_is_dropped_and_named():
    assert RULES.characters.drop.isdisjoint({*RULES.characters.names, *RULES.characters.alias})
    assert RULES.franchises.drop.isdisjoint({*RULES.franchises.names, *RULES.franchises.alias.values()})
