"""A few requests of every form; benchmarks/website_fuzz.py asks ten thousand of a running website."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("schemathesis", reason="fuzzing needs: pip install 'textthema[dev]'")

import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.website.stand_in import StandIn
from website import create_app
from website.settings import Settings

# A text of nothing but invisible characters fits the document and is refused: no pattern could say it.
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]


@pytest.fixture(scope="module")
def fuzzed_app():
    return create_app(Settings(rate_limit=""), model=StandIn())


@pytest.fixture(scope="module")
def document(fuzzed_app):
    return schemathesis.openapi.from_wsgi("/api/openapi.json", fuzzed_app)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_api_answers_as_its_document_says(document, data):
    operation = data.draw(st.sampled_from([found.ok() for found in document.get_all_operations()]))
    data.draw(operation.as_strategy()).call_and_validate(checks=CHECKS)


@settings(max_examples=40)
@given(text=st.text())
def test_any_text_is_read_or_refused(real_app, text):
    client = real_app.test_client()
    assert client.post("/api/v1/analyze", json={"text": text}).status_code in (200, 400, 422)
    page = client.post("/", data={"text": text.encode("utf-8", "replace")}, headers={"Accept": "text/html"})
    assert page.status_code in (200, 422)
    assert "<h1>What is it about?</h1>" in page.text


@settings(max_examples=60)
@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain", "", "a/b; charset=x"]))
@pytest.mark.parametrize("path", ["/", "/api/v1/analyze", "/api/v1/classify"])
def test_any_bytes_are_refused_in_good_order(fuzzed_app, path, body, kind):
    response = fuzzed_app.test_client().post(path, data=body, content_type=kind)
    assert response.status_code in (200, 400, 413, 415, 422)
