from collections import Counter
from dataclasses import replace

from textthema.collection import QUOTES
from textthema.entities.tags import tag_uses, trusted_tags
from textthema.labels import read_rules

RULES = read_rules()


def test_themes_and_meta_words_are_no_evidence():
    assert trusted_tags([["Mirrin Holt", "love", "quotes", "humour", "hope"]], QUOTES, RULES) == [["mirrin-holt"]]


def test_an_affix_that_says_nothing_is_cut_off():
    assert trusted_tags([["mirrin-holt-quotes", "mirrin-holt"]], QUOTES, RULES) == [["mirrin-holt"]]


def test_pasted_blocks_and_over_tagged_rows_are_not_believed():
    few = replace(QUOTES, block_rows=3, most_tags=6)
    block = ["mirrin", "tam", "saltgate", "harbour"]
    many = [f"tag-{number}" for number in range(7)]
    assert trusted_tags([block, block, block, many, ["mirrin"]], few, RULES) == [[], [], [], [], ["mirrin"]]


def test_a_tags_use_is_its_main_authors():
    tags = [["mirrin"], ["mirrin"], ["mirrin"], ["mirrin"], ["lost"]]
    (use,) = tag_uses(tags, ["vale", "vale", "holt", None, None], ["saltgate", None, "twine", None, None])
    assert (use.tag, use.author, use.own, use.books) == ("mirrin", "vale", (0, 1), Counter(saltgate=1))
    assert use.share == 2 / 3
