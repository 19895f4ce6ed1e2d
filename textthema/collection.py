"""What differs between one collection of texts and another; everything else is the same code."""

from __future__ import annotations

from dataclasses import dataclass

from textthema.errors import InputError, shown


@dataclass(frozen=True)
class Collection:
    """One kind of text with one set of labels.

    Args:
        name: How commands and files call it; also the name of its label rules.
        columns: Name that the pipeline uses → names that a raw table may have; the first that it has counts.
        label_noun: What its labels are called in reports.
        fewest_words: A text with fewer words is dropped as noise.
        most_characters: A longer text is dropped as noise.
        most_tags: A row with more tags is over-tagged.
        block_tags: From how many tags on an identical tag list may be a pasted block.
        block_rows: On how many rows an identical tag list stands when it is a pasted block.
        author_rows: How many rows of one author are kept.
        author_votes: How many rows of one author count when labels are chosen.
        by_work: Whether texts of one work or series stay in one part of the split.
        max_length: Tokens of a text that the served model reads, if its encoder can.
        int8_weights_only: Whether the served model computes in float, with weights in int8.
        model_folder: Where its model lies: in ``deployment_hf`` of a checkout, in the package of a wheel.
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    label_noun: str
    fewest_words: int
    most_characters: int
    most_tags: int
    block_tags: int
    block_rows: int
    author_rows: int
    author_votes: int
    by_work: bool
    max_length: int
    int8_weights_only: bool
    model_folder: str


QUOTES = Collection(
    name="quotes",
    columns={
        "text": ("text", "quote"),
        "author": ("author",),
        "book": ("book",),
        "series": (),
        "tags": ("tags",),
        "likes": ("likes",),
        "group": ("group",),
    },
    label_noun="theme",
    fewest_words=3,
    most_characters=4_000,
    most_tags=25,
    block_tags=4,
    block_rows=25,
    author_rows=200,
    author_votes=10,
    by_work=False,
    max_length=256,
    int8_weights_only=False,
    model_folder="model",
)

BOOKS = Collection(
    name="books",
    columns={
        "text": ("description",),
        "author": ("author",),
        "book": ("title",),
        "series": ("series",),
        "tags": ("genres",),
        "likes": (),
        "group": ("group",),
    },
    label_noun="genre",
    fewest_words=10,
    most_characters=10_000,
    most_tags=25,
    # The site itself lists the ten shelves used most, and one detective's cases share them: nobody pasted those.
    block_tags=4,
    block_rows=100,
    author_rows=200,
    # Half of the books name no author, and all of those would count as one author's.
    author_votes=100_000,
    by_work=True,
    max_length=384,
    # With int8 all through, macro-F1 on validation rows was 0.007 lower than in fp32; the gate allows 0.005.
    int8_weights_only=True,
    model_folder="genres",
)

_COLLECTIONS = {collection.name: collection for collection in (QUOTES, BOOKS)}


def find_collection(name: str) -> Collection:
    """Look a collection up by its name.

    Args:
        name: Such as ``"quotes"``.

    Returns:
        The collection.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in _COLLECTIONS:
        known = ", ".join(_COLLECTIONS)
        raise InputError(f"there is no collection {shown(name)}; there are: {known}", value=name)
    return _COLLECTIONS[name]
