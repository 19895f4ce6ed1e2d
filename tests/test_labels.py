import json
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textthema.bundle import Bundle, find_default
from textthema.errors import InputError, NotTextError
from textthema.labels import labels_in, labels_of, read_rules, slug, themes_of
from textthema.normalising import readable, without

RULES = read_rules("quotes")
EARLIER_GENRES = [
    "Classics", "Fiction", "Historical Fiction", "School", "Literature", "Young Adult", "Historical",
    "Read For School", "Novels", "High School", "Fantasy", "Magic", "Childrens", "Middle Grade", "Adventure",
    "Audiobook", "Science Fiction Fantasy", "Romance", "Historical Romance", "Adult", "Nonfiction", "History",
    "Biography", "Memoir", "Holocaust", "Dystopia", "Politics", "Science Fiction", "France", "Philosophy",
    "French Literature", "American", "Coming Of Age", "Epic Fantasy", "High Fantasy", "War", "World War II",
    "Gothic", "19th Century", "Christian", "Christian Fiction", "Plays", "Drama", "Poetry", "Contemporary",
    "Picture Books", "Juvenile", "Short Stories", "Animals", "Teen", "Post Apocalyptic", "Humor", "Horror",
    "LGBT", "Classic Literature", "Religion", "Christianity", "Reference", "Spirituality", "Theology",
    "Comedy", "Theatre", "Essays", "Fairy Tales", "Mythology", "Self Help", "Inspirational", "Russia",
    "Adult Fiction", "Book Club", "Chick Lit", "Japan", "Asia", "Realistic Fiction", "Magical Realism",
    "Literary Fiction", "Canada", "Feminism", "African American", "Queer", "British Literature", "India",
    "Psychology", "Mental Health", "Biography Memoir", "Time Travel", "20th Century", "Unfinished", "Vampires",
    "Paranormal", "Paranormal Romance", "Supernatural", "Urban Fantasy", "German Literature", "Crime",
    "Thriller", "Economics", "Business", "Africa", "Autobiography", "Race", "Mystery", "Mystery Thriller",
    "Suspense", "Love", "American History", "Epic", "Personal Development", "Space Opera", "Family",
    "Contemporary Romance", "Detective", "True Crime", "Womens", "Travel", "Military Fiction", "Leadership",
    "Faith", "Nature", "Science", "Graphic Novels", "Speculative Fiction", "Action", "Murder Mystery",
    "Education", "The United States Of America", "Space", "Nobel Prize", "Relationships", "Sociology",
    "Productivity", "Management", "Young Adult Fantasy", "Germany", "Art", "New Adult", "Health", "Erotica",
    "Dark", "Espionage", "Roman",
]  # fmt: skip
EARLIER_THEMES = [
    "humor",
    "philosophy",
    "science",
    "books",
    "life",
    "work",
    "writing",
    "religion",
    "women",
    "death",
    "fear",
    "reading",
    "lies",
    "truth",
    "people",
    "love",
    "inspirational",
    "god",
    "funny",
    "humanity",
    "wisdom",
    "success",
    "knowledge",
    "happiness",
    "faith",
    "time",
    "friendship",
    "romance",
    "peace",
    "quotes",
    "beauty",
    "money",
    "poetry",
    "change",
    "relationships",
    "motivation",
    "art",
    "dreams",
    "optimism",
    "christianity",
    "spirituality",
    "mind",
    "passion",
    "life-lessons",
    "inspiration",
    "education",
    "pain",
    "failure",
    "belief",
    "life-and-living",
    "reality",
    "action",
    "future",
    "nature",
    "living",
    "positive",
    "inspirational-life",
    "inspirational-quotes",
    "inspiring",
    "forgive",
    "courage",
    "inspire",
    "motivational",
    "self-help",
    "learning",
    "leadership",
    "hope",
    "power",
    "progress",
    "freedom",
    "loss",
    "purpose",
    "soul",
    "goals",
    "heart",
    "inspirational-attitude",
    "life-quotes",
    "optimistic",
    "positive-affirmation",
    "positive-life",
    "positive-thinking",
    "growth",
    "positivity",
    "joy",
    "words-of-wisdom",
    "motivational-quotes",
    "consciousness",
    "entrepreneurship",
    "learn-quotes",
    "grief",
]


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("Life Lessons", "life-lessons"),
        ("#life_lessons", "life-lessons"),
        ("  Women’s Rights ", "women-s-rights"),
        ("!", ""),
    ],
)
def test_a_tag_is_written_as_a_slug(tag, written):
    assert slug(tag) == written


@given(st.text(max_size=40))
def test_a_slug_has_no_white_space_and_no_capital(tag):
    assert not any(character.isspace() for character in slug(tag))
    assert slug(tag) == slug(tag.casefold())


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("humour", "humor"),
        ("Funny Quotes", "humor"),
        ("love-quotes-and-sayings", "love"),
        ("quotes-about-life", "life"),
        ("inspirational-quotes", "inspiration"),
        ("motivational-quote", "motivation"),
        ("positive-thinking", "optimism"),
        ("quotes", None),
        ("attributed-no-source", None),
        ("kumquats", "kumquats"),
        ("quotes-about-quotes", None),
    ],
)
def test_spelling_twins_and_paraphrases_come_to_one_label(tag, label):
    assert RULES.canonical(tag) == label


def test_themes_come_once_in_the_order_of_the_tags():
    assert themes_of(["humour", "Love-Quotes", "quotes", "funny", "olga-brandvik"]) == ["humor", "love"]


def rule_file(collection):
    return tomllib.loads(resources.files("textthema.rules").joinpath(f"{collection}.toml").read_text(encoding="utf-8"))


def test_no_tags_are_no_themes():
    assert themes_of([]) == []


@pytest.mark.parametrize("tags", ["love", ["love", 7], ["love", None]])
def test_what_is_no_list_of_strings_is_refused_by_name(tags):
    with pytest.raises(NotTextError) as caught:
        themes_of(tags)
    assert caught.value.value in (tags, *tags)


@pytest.mark.parametrize("collection", ["quotes", "books"])
def test_no_tag_stands_for_two_labels_and_none_is_both_label_and_meta(collection):
    data = rule_file(collection)
    listed = [tag for label, tags in data["aliases"].items() for tag in (label, *tags)]
    listed += [tag for tags in data["meta"].values() for tag in tags]
    assert sorted(listed) == sorted(set(listed))
    assert all(slug(tag) == tag for tag in listed)


def test_each_earlier_theme_has_a_theme_or_a_reason():
    without = [label for label in EARLIER_THEMES if not themes_of([label])]
    assert sorted(without) == sorted(rule_file("quotes")["earlier"])


def test_each_earlier_genre_has_a_genre_or_a_reason():
    without = [slug(name) for name in EARLIER_GENRES if not labels_of([name], "books")]
    assert sorted(without) == sorted(rule_file("books")["earlier"])


def test_genres_are_found_in_any_spelling_and_formats_are_none():
    names = ["Kids", "Historical Fiction", "historical_fiction", "Audiobook", "Read For School", "Bande Dessinée"]
    assert labels_of(names, "books") == ["childrens", "historical-fiction", "comics"]


def test_themes_are_the_labels_of_quotes():
    assert labels_of(["humour", "love-quotes"]) == themes_of(["humour", "love-quotes"]) == ["humor", "love"]


def test_an_unknown_collection_has_no_labels():
    with pytest.raises(InputError, match="recipes"):
        labels_of(["love"], "recipes")


@pytest.mark.parametrize(
    ("noise", "left"),
    [
        ("Librarian's note: the one with a green jacket lies hereThe ferry sank.", "The ferry sank."),
        ("Alternate Cover Edition ISBN 0000000019 (ISBN13: 9780000000194)\nThe ferry sank.", "The ferry sank."),
        ("The ferry sank.Librarian's note: this entry is for our copy. Yours got wet.", "The ferry sank."),
        ("The ferry sank.From the Trade Paperback edition.", "The ferry sank."),
        ("The ferry sank. (back cover)", "The ferry sank."),
        ("The ferry sank.--back cover", "The ferry sank."),
        ("The ferry sank. Source: ferries.example.com", "The ferry sank."),
        ("The edition of the paper that lay here said it came from the cover of night.", None),
    ],
)
def test_notes_on_the_edition_are_cut_out_of_a_description(noise, left):
    assert readable(without(noise, read_rules("books").boilerplate)) == (left or noise)


def test_the_space_lists_the_models_own_themes():
    listed = json.loads((find_default().parent / "tag_types_encoded.json").read_text(encoding="utf-8"))
    labels = Bundle.read(find_default(), verify=False).labels
    assert listed == {label: index for index, label in enumerate(labels)}
    assert len(labels) == RULES.n_labels == 103


def test_labels_in_takes_other_labels_and_rules():
    assert labels_in(["humour", "kumquats"], ["kumquats"], RULES) == ["kumquats"]


def test_the_rules_hold_no_theme_that_is_a_persons_name():
    assert not [label for label in Bundle.read(find_default(), verify=False).labels if label.count("-") > 1]
    assert Path(str(resources.files("textthema.rules"))).name == "rules"
