import pytest

from tests.tiny_catalogue import ENTITIES
from textthema.bundle import Bundle
from textthema.catalogue import Catalogue, Hit
from textthema.classifier import Prediction, ThemeScore
from textthema.hashtags import FEWEST, MOST, choose_hashtags, read_hashtag_rules


class Found:
    """A comparison with a catalogue whose answers are given."""

    def __init__(self, tags=(), **others):
        of_kind = {entity.name: entity for entity in ENTITIES}
        self._hits = {"tag": [_hit(name, "tag", score) for name, score in tags]}
        self._hits |= {kind: [Hit(of_kind[name], 0.1, ()) for name in names] for kind, names in others.items()}

    def nearest(self, kind, top):
        return self._hits.get(kind, [])[:top]


def _hit(name, kind, score):
    from textthema.catalogue import Entity

    return Hit(Entity(f"{kind}:{name}", kind, name, None, None, 1), score, ())


def themes(*scored):
    found = tuple(ThemeScore(label, probability, 0.2) for label, probability in scored)
    return Prediction(found, (), dict(scored), truncated=False, n_tokens=9)


@pytest.fixture(scope="module")
def rules():
    return read_hashtag_rules()


@pytest.mark.parametrize(
    ("name", "hashtag"),
    [
        ("life-lessons", "#LifeLessons"),
        ("love", "#Love"),
        ("women-s-rights", "#WomensRights"),
        ("don-t-give-up", "#DontGiveUp"),
        ("wwii", "#WWII"),
        ("lgbtq-rights", "#LGBTQRights"),
        ("J.K. Rowling", "#JKRowling"),
        ("Ursula K. Le Guin", "#UrsulaKLeGuin"),
        ("Harry Potter and the Philosopher's Stone", "#HarryPotterAndThePhilosophersStone"),
        ("Conan O’Brien", "#ConanOBrien"),
        ("naïveté", "#Naïveté"),
        ("world_war", "#WorldWar"),
    ],
)
def test_spelling(rules, name, hashtag):
    assert rules.hashtag(name) == hashtag


@pytest.mark.parametrize(
    "twins",
    [
        ("love", "loving"),
        ("love", "love-quotes"),
        ("dream", "dreams"),
        ("humour", "humor"),
        ("library", "libraries"),
        ("rain-and-stones", "stones-and-rain"),
        ("the-sea", "sea"),
        ("inspirational", "inspiration"),
    ],
)
def test_twins_mean_the_same(rules, twins):
    assert rules.are_twins(*twins)
    assert rules.are_twins(*reversed(twins))


@pytest.mark.parametrize(
    ("one", "other"),
    [("love", "lovesick"), ("life", "life-lessons"), ("sea", "season"), ("king", "kindness"), ("dogs", "cats")],
)
def test_others_do_not(rules, one, other):
    assert not rules.are_twins(one, other)


@pytest.mark.parametrize(
    "tag",
    [
        *("sex", "sexy-men", "erotica", "rape-culture", "suicidal-thoughts", "self-harm", "cutting", "bitches"),
        *("follow4follow", "followers", "kindle", "indie-author", "bestsellers", "goodreads", "hitler", "serial-bitch"),
        *("quotes", "favorite-quotes", "attributed-no-source", "1984", "2020-12", "", "a" * 60, "the", "prostitutes"),
    ],
)
def test_no_hashtag(rules, tag):
    assert not rules.allows(tag)


@pytest.mark.parametrize(
    "tag", ["follow-your-dreams", "free-will", "moby-dick", "fantasy", "young-adult", "class", "assessment", "essex"]
)
def test_harmless_words_stay(rules, tag):
    assert rules.allows(tag)


def test_the_likeliest_spelling_of_each_meaning_comes_once():
    found = Found(tags=[("loving", 0.3), ("sunsets", 0.28), ("sunset", 0.27), ("love-quotes", 0.02)])
    assert choose_hashtags("", themes(("love", 0.9), ("sadness", 0.3)), found) == ("#Love", "#Sadness", "#Sunsets")


def test_a_readers_spelling_wins_where_it_is_likelier():
    assert choose_hashtags("", themes(("inspiration", 0.3)), Found(tags=[("inspirational", 0.2)])) == (
        "#Inspirational",
    )


def test_five_to_ten_by_likelihood():
    likely = Found(tags=[(f"{word}-place", 0.5) for word in "abcdefghijklmnop"])
    unlikely = Found(tags=[(f"{word}-place", 0.001) for word in "abcdefghijklmnop"])
    assert len(choose_hashtags("", themes(), likely)) == MOST
    assert len(choose_hashtags("", themes(), unlikely)) == FEWEST
    assert len(choose_hashtags("", themes(), unlikely, 2, 2)) == 2
    assert len(choose_hashtags("", themes(), likely, 12, 12)) == 12


def test_blocked_tags_do_not_use_up_places():
    tags = [("erotica", 0.2), ("quotes", 0.2), *((f"{word}-place", 0.001) for word in "abcdefgh")]
    assert len(choose_hashtags("", themes(), Found(tags=tags))) == FEWEST


def test_a_narrower_word_counts_if_the_text_says_it():
    scored = themes(("animals", 0.9))
    assert choose_hashtags("A dog and its boy.", scored, None) == ("#Animals", "#Dogs")
    assert choose_hashtags("A boy.", scored, None) == ("#Animals",)


def test_what_the_text_names_becomes_a_hashtag():
    found = Found(character=["Wenna", "The Miller"], book=["Winter Letters"])
    text = "Wenna read the Winter Letters until the lamp went out."
    assert set(choose_hashtags(text, themes(), found)) == {"#Wenna", "#WinterLetters"}


def test_an_ordinary_word_is_no_name():
    assert choose_hashtags("the wennas of this world", themes(), Found(character=["Wenna"])) == ()
    assert choose_hashtags("tidebound ships", themes(), Found(book=["Tidebound"])) == ()


def test_nobody_is_advertised_who_is_not_named():
    assert choose_hashtags("A line.", themes(), Found(author=["Osric Vale"])) == ()


def test_without_a_catalogue_the_themes_are_left():
    assert choose_hashtags("A line.", themes(("sex", 0.9), ("life-lessons", 0.5)), None) == ("#LifeLessons",)


def test_a_real_catalogue_is_asked(model_with_catalogue, classifier, texts):
    bundle = Bundle.read(model_with_catalogue)
    encoded = classifier.encode(texts[4:5])
    found = Catalogue.read(bundle).look_up(encoded.embeddings[0], encoded.probabilities[0], texts[4])
    assert "#Lighthouses" in choose_hashtags(texts[4], themes(), found)
