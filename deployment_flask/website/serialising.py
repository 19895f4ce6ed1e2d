"""JSON as orjson reads and writes it: quick, strict UTF-8, and no recursion that a deeply nested body could exhaust."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
from flask import Request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import BadRequest


class OrjsonProvider(JSONProvider):
    """Flask's JSON by orjson."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ANN401, ARG002 - Flask's signature
        """Write an object."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - Flask's signature
        """Read an object; a ValueError says what is broken."""
        return orjson.loads(s)


class JsonRequest(Request):
    """A request that says where its JSON is broken."""

    def on_json_loading_failure(self, e: ValueError | None) -> NoReturn:
        """Refuse a broken body."""
        raise BadRequest(f"The body is no JSON: {e}") from e
