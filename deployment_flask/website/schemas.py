"""What the API takes and gives, for the OpenAPI document; parts that a model lacks are absent from its answers."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from website.settings import MAX_CHARACTERS, MAX_TEXTS

_SAMPLE = "The tide took the name I wrote, and I wrote it again."

# The length is checked by the reader, which answers 413; here it is only said.
Text = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS})]
Share = Annotated[float, Field(ge=0, le=1)]


def _maybe(description: str | None = None) -> Any:  # noqa: ANN401 - stands where a value of any type may
    # A default in the document would say that null is allowed, which it isn't: the part is absent.
    return Field(default_factory=lambda: None, description=description)


class Texts(BaseModel):
    """One text, or up to 32; not both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
            "examples": [{"text": _SAMPLE}, {"texts": [_SAMPLE, "Go slowly. The hill was here before your hurry."]}],
        },
    )

    text: Text = _maybe("A text in English.")
    texts: Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)] = _maybe("Texts, each answered for itself.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give either text or texts")
        return self

    @property
    def all(self) -> list[str]:
        """Give the texts, however many were asked about."""
        return [self.text] if "text" in self.model_fields_set else self.texts


class Score(BaseModel):
    """A theme, and how sure the model is of it."""

    label: str
    probability: Share
    threshold: Share = Field(description="From this probability on it counts as a theme of the text.")


class Themes(BaseModel):
    """The themes of one text."""

    themes: list[Score] = Field(description="Those that reach their threshold, most probable first.")
    also: list[Score] = Field(description="The next below theirs.")
    scores: dict[str, Share] = Field(description="Every theme's probability.")
    truncated: bool = Field(description="Whether the text was longer than the model reads.")
    n_tokens: int = Field(description="Tokens of the whole text.")


class Passage(BaseModel):
    """The passage of the site's own collection that brought an entity here."""

    text: str
    author: str = _maybe()
    book: str = _maybe()
    score: Share
    shares: list[str]


class Hit(BaseModel):
    """An author, a book, a character or a franchise near the text."""

    id: str
    name: str
    score: Share
    shares: list[str] = Field(description="Themes that it has in common with the text, strongest first.")
    by: str = _maybe("Its author.")
    franchise: str = _maybe()
    passage: Passage = _maybe()


class Related(BaseModel):
    """What is near the text, nearest first."""

    authors: list[Hit]
    books: list[Hit]
    characters: list[Hit]
    franchises: list[Hit]


class Span(BaseModel):
    """A part of the text; characters are counted from 0, the end is not included."""

    start: int
    end: int
    text: str
    role: str = _maybe("What it is within the nuance.")


class Nuance(BaseModel):
    """How the text speaks: with humour, a simile, a metaphor."""

    score: Share
    threshold: Share
    present: bool
    spans: list[Span]


class Analysis(Themes):
    """All that the library says of one text."""

    hashtags: list[str] = _maybe()
    related: Related = _maybe()
    nuances: dict[str, Nuance] = _maybe()
    intents: dict[str, Share] = _maybe()
    intents_present: list[str] = _maybe()


class ThemesOfTexts(BaseModel):
    """The themes of several texts, in their order."""

    results: list[Themes]


class Analyses(BaseModel):
    """The analyses of several texts, in their order."""

    results: list[Analysis]


class ThemesAnswer(RootModel[Themes | ThemesOfTexts]):
    """The themes of the text, or of the texts."""


class AnalysisAnswer(RootModel[Analysis | Analyses]):
    """The analysis of the text, or of the texts."""


class Theme(BaseModel):
    """A theme that the model knows."""

    label: str
    threshold: Share


class KnownThemes(BaseModel):
    """All themes that the model knows."""

    themes: list[Theme]


class Fault(BaseModel):
    """What is wrong with one part of the request."""

    pointer: str = Field(description="Where it is in the request's JSON (RFC 6901).")
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = _maybe()
