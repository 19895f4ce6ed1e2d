import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

import textthema
from tests.website.stand_in import StandIn, analysis
from website import create_app
from website.early import PATHS
from website.reader import THEME_PARTS
from website.settings import Settings

SECONDS = 60
TEXT = "The tide took the name I wrote, and I wrote it again."
JSON = "application/json"


def is_problem(response, status):
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    return body


def test_a_text_is_analyzed(client):
    response = client.post("/api/v1/analyze", json={"text": TEXT})
    assert response.status_code == 200
    assert response.content_type == JSON
    assert response.get_json() == analysis(TEXT)


def test_texts_are_analyzed_in_their_order(client):
    response = client.post("/api/v1/analyze", json={"texts": [TEXT, "Another text of mine."]})
    assert response.get_json() == {"results": [analysis(TEXT), analysis("Another text of mine.")]}


def test_classifying_gives_the_themes_alone(client):
    response = client.post("/api/v1/classify", json={"text": TEXT})
    assert set(response.get_json()) == set(THEME_PARTS)
    several = client.post("/api/v1/classify", json={"texts": [TEXT] * 32}).get_json()
    assert several == {"results": [response.get_json()] * 32}


def test_the_themes_are_listed(client, stand_in):
    assert client.get("/api/v1/themes").get_json() == {"themes": stand_in.themes}


def test_the_model_answers_through_the_api(real_app):
    client = real_app.test_client()
    whole = textthema.analyze(TEXT).as_dict()
    assert client.post("/api/v1/analyze", json={"text": TEXT}).get_json() == whole
    themes = client.post("/api/v1/classify", json={"text": TEXT}).get_json()
    assert themes == {part: whole[part] for part in THEME_PARTS}


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"text": "\xff"}', 400, None),
        (b'{"text": "\\ud800"}', 400, None),
        (b'{"text": NaN}', 400, None),
        (b'{"text": ' + b"1" * 5000 + b"}", 400, None),
        (b'{"text": 7}', 422, "/text"),
        (b'{"text": null}', 422, "/text"),
        (b'{"text": ""}', 422, "/text"),
        (b'{"text": " \\u200b"}', 422, "/text"),
        (b'{"texts": []}', 422, "/texts"),
        (b'{"texts": ["fine", 7]}', 422, "/texts/1"),
        (b'{"texts": ["fine", ""]}', 422, "/texts/1"),
        (json.dumps({"texts": ["fine"] * 33}).encode(), 422, "/texts"),
        (b"{}", 422, ""),
        (b"[]", 422, ""),
        (b"null", 422, ""),
        (b'{"text": "a", "texts": ["b"]}', 422, ""),
        (b'{"text": "a", "language": "de"}', 422, "/language"),
        (json.dumps({"text": "w" * 20_001}).encode(), 413, "/text"),
        (json.dumps({"texts": ["fine", "w" * 20_001]}).encode(), 413, "/texts/1"),
        (json.dumps({"text": "w" * 1_000_001}).encode(), 413, None),
    ],
)
def test_a_bad_body_is_a_problem_that_says_where(client, body, status, pointer):
    problem = is_problem(client.post("/api/v1/analyze", data=body, content_type=JSON), status)
    assert [error["pointer"] for error in problem.get("errors", [])] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_taken(client, kind):
    is_problem(client.post("/api/v1/classify", data=b'{"text": "a"}', content_type=kind), 415)


def test_unknown_addresses_and_methods_are_problems_too(client):
    is_problem(client.get("/api/v1/nothing"), 404)
    response = client.delete("/api/v1/analyze")
    is_problem(response, 405)
    assert "POST" in response.headers["Allow"]


def test_a_client_that_asks_for_too_much_is_told_when_to_come_back(stand_in):
    client = create_app(Settings(rate_limit="3 per minute"), model=stand_in).test_client()
    first = client.post("/api/v1/analyze", json={"texts": ["one", "two"]})
    assert first.status_code == 200
    assert first.headers["X-RateLimit-Remaining"] == "1"
    assert "Retry-After" not in first.headers
    response = client.post("/api/v1/classify", json={"texts": ["three", "four", "five", "six"]})
    is_problem(response, 429)
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert client.get("/api/v1/themes").status_code == 200


def test_a_batch_that_is_refused_for_its_length_costs_one_text(stand_in):
    client = create_app(Settings(rate_limit="3 per minute"), model=stand_in).test_client()
    is_problem(client.post("/api/v1/analyze", json={"texts": ["one"] * 121}), 422)
    response = client.post("/api/v1/analyze", json={"texts": ["one", "two"]})
    assert response.status_code == 200
    assert response.headers["X-RateLimit-Remaining"] == "0"


def test_clients_behind_a_proxy_are_told_apart_only_if_it_is_trusted(stand_in):
    for proxies, second in ((0, 429), (1, 200)):
        client = create_app(Settings(rate_limit="1 per minute", proxies=proxies), model=stand_in).test_client()
        statuses = [
            client.post("/api/v1/analyze", json={"text": TEXT}, headers={"X-Forwarded-For": address}).status_code
            for address in ("192.0.2.1", "192.0.2.2")
        ]
        assert statuses == [200, second]


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_full_line_refuses_at_once(path):
    may_answer = Event()
    model = StandIn(may_answer)
    app = create_app(Settings(rate_limit="", waiting=0), model=model)
    with ThreadPoolExecutor(1) as pool:
        admitted = pool.submit(app.test_client().post, path, json={"text": TEXT})
        assert model.reading.wait(SECONDS)
        refused = app.test_client().post(path, json={"text": TEXT})
        page = app.test_client().post("/", data={"text": TEXT}, headers={"Accept": "text/html"})
        assert app.test_client().get("/").status_code == 200
        may_answer.set()
        assert admitted.result(SECONDS).status_code == 200
    is_problem(refused, 429)
    assert refused.headers["Retry-After"] == "1"
    counts = app.test_client().get("/metrics").text
    assert f'textthema_requests_total{{route="{path}",status="429"}}' in counts
    assert page.status_code == 429
    assert "Every place is taken" in page.get_data(as_text=True)


def test_an_unexpected_error_is_logged_without_the_text(app, client, stand_in, caplog):
    def analyze(text):
        raise RuntimeError(f"could not read {text}")

    stand_in.analyze = analyze
    app.config["PROPAGATE_EXCEPTIONS"] = False
    problem = is_problem(client.post("/api/v1/analyze", json={"text": "quillon"}), 500)
    assert "quillon" not in caplog.text + json.dumps(problem)
    assert "RuntimeError while answering /api/v1/analyze" in caplog.text
    assert "in analyze" in caplog.text


def test_the_document_describes_what_is_answered(client):
    document = client.get("/api/openapi.json").get_json()
    assert sorted(document["paths"]) == ["/api/v1/analyze", "/api/v1/classify", "/api/v1/themes"]
    analyze = document["paths"]["/api/v1/analyze"]["post"]
    assert sorted(analyze["responses"]) == ["200", "400", "413", "415", "422", "429", "503"]
    assert document["components"]["schemas"]["Texts"]["properties"]["texts"]["maxItems"] == 32
    names = {ref.split("/")[-1] for ref in json.dumps(document).split('"') if ref.startswith("#/components/schemas/")}
    assert names <= set(document["components"]["schemas"])


def test_the_docs_page_shows_the_document(client):
    page = client.get("/api/docs").get_data(as_text=True)
    assert "<code>Retry-After</code>" in page
    for words in ("POST /api/v1/analyze", "GET /api/v1/themes", "problem JSON", "at most 20,000 characters"):
        assert words in page
