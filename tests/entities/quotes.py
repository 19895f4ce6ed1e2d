"""A small collection of the tests' own: two storytellers, a self-promoter, and attributions to nobody."""

import pandas as pd

TOLD = '"Not yet," said {name}. "The tide keeps its own clock." {name} looked at the {thing}.'
THINGS = ("rope", "lamp", "gate", "kettle", "ladder", "well", "bell", "ferry", "hedge", "oar", "sail", "stone")


def row(text, author, book=None, tags=()):
    return {"text": text, "author": author, "book": book, "tags": list(tags), "likes": None, "group": None}


def stories(author, name, tag, books, rows=6):
    """Rows of several books in which one character speaks, tagged with that character's name."""
    return [
        row(TOLD.format(name=name, thing=THINGS[number]), author, book, [tag, "sea"])
        for book in books
        for number in range(rows)
    ]


def collection():
    rows = stories("Osric Vale", "Mirrin", "mirrin-holt", ["Saltgate (The Harbour Books, #1)", "Low Water"])
    rows += stories("O. Vale", "Mirrin", "mirrin", ["Low Water"], 2)
    rows += [row(f"A proverb about a {thing}.", "Harbour Proverb", None, ["sea"]) for thing in THINGS]
    rows += [row(f"Nobody signed this {thing}.", "Anonymous", None, ["sea"]) for thing in THINGS]
    rows += [row(f"Believe in your {thing} today.", "Ann Brand", "Rise", ["ann-brand", "rise"]) for thing in THINGS]
    return pd.DataFrame(rows, dtype=object)


BOOKS = pd.DataFrame(
    {
        "title": ["Low Water (The Harbour Books, #2)", "A Book Nobody Quoted", "Saltgate"],
        "author": ["Osric Vale", "Osric Vale", None],
        "description": ["Mirrin comes home.", "Another story.", None],
    },
    dtype=object,
)
