import numpy as np
import pytest

from textthema.bundle import Bundle
from textthema.catalogue import Catalogue, Entity, Hit
from textthema.errors import InputError
from textthema.recommender import Recommender, diverse


@pytest.fixture(scope="module")
def recommender(model_with_catalogue):
    return Recommender(Catalogue.read(Bundle.read(model_with_catalogue)))


def ask(recommender, classifier, quote, **options):
    encoded = classifier.encode([quote])
    return recommender.related(encoded.embeddings[0], encoded.probabilities[0], **options)


def hit(number, author=None, franchise=None):
    return Hit(Entity(f"book:{number}", "book", str(number), author, franchise, 1), 0.5, ())


def test_each_kind_has_its_own_list(recommender, classifier, texts):
    related = ask(recommender, classifier, texts[0], top=2)
    for kind in ("author", "book", "character", "franchise"):
        found = getattr(related, f"{kind}s")
        assert 1 <= len(found) <= 2
        assert {hit.entity.kind for hit in found} == {kind}


def test_no_list_is_full_of_one_series(recommender, classifier, texts):
    books = ask(recommender, classifier, texts[3], top=4).books
    assert [book.entity.franchise for book in books].count("The Tidebound") == 2
    assert "Winter Letters" in [book.entity.name for book in books]


def test_a_name_in_the_text_is_heard(recommender, classifier):
    text = "Nobody had told Wenna that the lamp was out."
    assert ask(recommender, classifier, text, text=text).characters[0].entity.name == "Wenna"


def test_top_below_one(recommender):
    with pytest.raises(InputError, match="top"):
        recommender.related(np.zeros(384), np.zeros(103), top=0)


def test_two_of_an_author_and_two_of_a_franchise_are_enough():
    hits = [hit(1, "A"), hit(2, "A"), hit(3, "A"), hit(4, "B", "X"), hit(5, "C", "X"), hit(6, "D", "X"), hit(7)]
    assert [found.entity.name for found in diverse(hits, 9)] == ["1", "2", "4", "5", "7"]
    assert [found.entity.name for found in diverse(hits, 2)] == ["1", "2"]


def test_an_author_may_be_called_as_a_franchise_is():
    hits = [hit(1, "A"), hit(2, "A"), hit(3, None, "A"), hit(4, None, "A")]
    assert len(diverse(hits, 4)) == 4
