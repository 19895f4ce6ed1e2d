"""A text of each kind, written for this site, for who has none at hand."""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    """A text to begin with.

    Attributes:
        kind: What it is, for addresses.
        name: What it is, for readers.
        text: The text.
    """

    kind: str
    name: str
    text: str


SAMPLES = (
    Sample(
        "poetic",
        "a poem",
        "The orchard kept your footsteps in its grass.\n"
        "I would not mow it, and the summer knew;\n"
        "it sent the rain, it let the swallows pass,\n"
        "and made the ladder lean the way you do.\n"
        "\n"
        "My heart is still a house with one lamp lit.\n"
        "Come late, come soaked, come with the road half told:\n"
        "there is a chair, and you belong in it,\n"
        "and bread, and all the time that love can hold.",
    ),
    Sample(
        "quote",
        "a quote",
        "Courage is a small animal: it will not come when you shout for it, but sit down next to your fear long "
        "enough and you will feel it settle, quite warm, against your feet.",
    ),
    Sample(
        "dialogue",
        "a dialogue",
        "“You could have told me you were leaving,” said Ansel.\n"
        "“I did. I told you every day for a year.”\n"
        "“You told me the soup was cold.”\n"
        "“Yes,” she said. “And you said: so heat it.”\n"
        "He laughed, because it was true, and then he found that he could not stop, and that it was not laughter.",
    ),
    Sample(
        "literature",
        "a passage",
        "When the war was over my grandfather came home with a medal, a limp and a parrot, and would speak only of the "
        "parrot. He had learnt, he said, that a man may lose his friends, his God and two good toes, and still be "
        "asked by a bird, every morning and with real interest, what the weather was. It was years before we "
        "understood that he was answering them all.",
    ),
    Sample(
        "descriptive",
        "a description",
        "Fog came up the river like a patient animal and lay down in the streets. Lamps drifted in it without their "
        "posts. Somewhere below the bridge a bell kept counting, and the whole town, roof by roof, went out to sea "
        "until only the heron was left, grey on grey, holding the shore in its one thin hand.",
    ),
)


def sample_of(kind: str | None) -> Sample | None:
    """Find a sample.

    Args:
        kind: As an address names it.

    Returns:
        The sample, or None if there is none of this kind.
    """
    return next((sample for sample in SAMPLES if sample.kind == kind), None)
