"""The JSON API under ``/api/v1``."""

from __future__ import annotations

import orjson
from apiflask import APIBlueprint
from flask import Response, current_app, request
from werkzeug.exceptions import UnsupportedMediaType

from website.limits import REFUSAL, limiter, rate_limit, texts_asked_for
from website.problems import MEDIA_TYPE
from website.reader import Reader
from website.schemas import AnalysisAnswer, KnownThemes, Problem, Texts, ThemesAnswer

PREFIX = "/api/v1"
_ERRORS = {
    400: "The body is no JSON.",
    413: "A text has more than 20,000 characters, or the body more than 1 MB.",
    415: "The body is not sent as application/json.",
    422: "The JSON has another form, or a text holds nothing to read.",
    429: "Too much was asked for: `Retry-After` says in how many seconds to come back.",
    503: "The model is not ready.",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

_SCHEMAS = "#/components/schemas/{model}"

api = APIBlueprint("api", __name__, url_prefix=PREFIX, tag="API")


def errors(*statuses: int) -> dict:
    """Describe an endpoint's errors for the OpenAPI document.

    Args:
        statuses: Those that it can answer with.

    Returns:
        What ``doc(responses=…)`` takes.
    """
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS.format(model=Problem.__name__)}}}
    return {
        status: {
            "description": _ERRORS[status],
            "content": content,
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


def add_problem_schema(spec: dict) -> dict:
    """Put the form of errors into the OpenAPI document.

    Args:
        spec: The document.

    Returns:
        The same document.
    """
    schema = Problem.model_json_schema(ref_template=_SCHEMAS)
    spec["components"]["schemas"] |= {**schema.pop("$defs"), Problem.__name__: schema}
    return spec


@api.before_request
def take_only_json() -> None:
    """Refuse bodies of another kind before they are read.

    Raises:
        UnsupportedMediaType: The body is not sent as JSON.
    """
    if request.method == "POST" and request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the text as application/json.")


@api.post("/analyze")
@limiter.limit(rate_limit, error_message=REFUSAL, cost=texts_asked_for)
@api.input(Texts, location="json")
@api.output(AnalysisAnswer)
@api.doc(summary="All that the model sees in a text", responses=errors(*_ERRORS))
def analyze(json_data: Texts) -> Response:
    """Find themes, hashtags, nuances, intents and related authors, books, characters and franchises.

    Parts that the model can't give are absent. With `texts`, the answer is `{"results": […]}`, in their order.
    """
    return _answer(json_data, _reader().read(json_data.all))


@api.post("/classify")
@limiter.limit(rate_limit, error_message=REFUSAL, cost=texts_asked_for)
@api.input(Texts, location="json")
@api.output(ThemesAnswer)
@api.doc(summary="The themes of a text", responses=errors(*_ERRORS))
def classify(json_data: Texts) -> Response:
    """Find the themes alone, with every theme's probability.

    With `texts`, the answer is `{"results": […]}`, in their order.
    """
    return _answer(json_data, _reader().read(json_data.all, themes_only=True))


@api.get("/themes")
@api.output(KnownThemes)
@api.doc(summary="The themes that the model knows", responses=errors(503))
def themes() -> Response:
    """List each theme with the probability from which it counts."""
    return _json({"themes": _reader().themes()})


def _answer(asked: Texts, results: list[dict]) -> Response:
    return _json(results[0] if "text" in asked.model_fields_set else {"results": results})


def _json(body: dict) -> Response:
    # A Response is passed on as it is: validating what the library gave would cost more than reading some texts.
    return Response(orjson.dumps(body), mimetype="application/json")


def _reader() -> Reader:
    return current_app.extensions["reader"]
