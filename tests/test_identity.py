from textthema.identity import identity_tags
from textthema.labels import read_rules

RULES = read_rules()


def found(rows):
    tags, authors, books = zip(*rows, strict=True)
    return identity_tags(tags, authors, books, RULES)


def test_an_authors_name_on_the_authors_rows_is_identity():
    rows = [(["orla-venn", "kumquats"], "Orla Venn", None)] * 3 + [(["kumquats"], "Bo Ek", None)] * 3
    assert found(rows) == {"orla-venn"}


def test_a_word_that_is_somebodys_name_stays_when_others_use_it():
    rows = [(["winter"], "Winter", None)] + [(["winter"], f"Author {n}", None) for n in range(9)]
    assert found(rows) == set()


def test_a_books_title_on_the_books_rows_is_identity():
    assert found([(["the-salt-ledger"], "A", "The Salt Ledger"), (["salt"], "B", None)]) == {"the-salt-ledger"}


def test_a_tag_of_one_author_only_is_identity_whatever_its_spelling():
    assert found([(["quay-masterclass"], "Quay", None)] * 6 + [(["salt"], "B", None)]) == {"quay-masterclass"}


def test_common_words_and_reviewed_labels_are_never_identity():
    assert found([(["hope", "love"], "Hope", "Love")] * 9) == set()
