import re


def count(client, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_alive_and_ready(client):
    client.post("/api/v1/analyze", json={"text": "until the model is loaded"})
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_model_that_can_not_read_is_not_ready(app, client, stand_in):
    client.post("/api/v1/analyze", json={"text": "until the model is loaded"})

    def analyze(text):
        raise RuntimeError

    stand_in.analyze = analyze
    assert client.get("/readyz").status_code == 500
    assert client.get("/livez").status_code == 200


def test_asking_again_and_again_whether_it_is_ready_costs_one_reading(client, stand_in):
    client.post("/api/v1/analyze", json={"text": "until the model is loaded"})
    assert client.get("/readyz").status_code == 200
    stand_in.analyze = None
    assert {client.get("/readyz").status_code for _ in range(3)} == {200}


def test_the_counts_are_not_for_who_comes_through_a_proxy(client):
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    assert client.get("/metrics").status_code == 200


def test_texts_and_answers_are_counted(client):
    answered = 'textthema_requests_total{route="/api/v1/analyze",status="200"}'
    before = count(client, "textthema_texts_total"), count(client, answered)
    client.post("/api/v1/analyze", json={"texts": ["one", "two"]})
    assert count(client, "textthema_texts_total") == before[0] + 2
    assert count(client, answered) == before[1] + 1
    assert count(client, "textthema_in_place") == 0


def test_addresses_that_nobody_serves_do_not_fill_the_counts(client):
    client.get("/made-up-by-a-visitor")
    assert "made-up" not in client.get("/metrics").text
