"""Nuances as marked text."""

import sys

import pytest


@pytest.fixture
def nuances_html(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "deployment_hf"))
    sys.modules.pop("highlight", None)
    import highlight

    yield highlight.nuances_html
    sys.modules.pop("highlight", None)


def found(simile=(), metaphor=(), intents=()):
    def nuance(score, spans):
        listed = [{"start": start, "end": end, "text": text} for start, end, text in spans]
        return {"score": score, "threshold": 0.5, "present": score >= 0.5, "spans": listed}

    return {
        "nuances": {
            "humor": nuance(0.2, ()),
            "simile": nuance(0.9 if simile else 0.1, simile),
            "metaphor": nuance(0.9 if metaphor else 0.1, metaphor),
        },
        "intents": {"express_love": 0.7, "narrate": 0.2},
        "intents_present": list(intents),
    }


def test_spans_are_marked_with_a_label(nuances_html):
    html = nuances_html("She ran like a deer.", found(simile=[(8, 19, "like a deer")]))
    assert 'She ran <mark class="simile" title="Simile' in html
    assert 'aria-label="Simile: something is likened to this: like a deer">like a deer</mark>.' in html


def test_each_kind_has_a_line_of_its_own_shape(root):
    style = (root / "deployment_hf" / "style.css").read_text(encoding="utf-8")
    assert "mark.simile { text-decoration-style: double" in style
    assert "mark.metaphor { text-decoration-style: wavy" in style


def test_the_legend_names_every_nuance_with_its_score(nuances_html):
    html = nuances_html("Plain.", found())
    for said in ("Humour not found (20%)", "Simile not found (10%)", "Possible image not found (10%)"):
        assert f"<li>{said}</li>" in html


def test_intents_are_named(nuances_html):
    assert "express love (70%)" in nuances_html("Plain.", found(intents=["express_love"]))
    assert "none stands out" in nuances_html("Plain.", found())


def test_a_text_is_shown_not_run(nuances_html):
    text = '<script>alert("like a deer")</script>'
    html = nuances_html(text, found(simile=[(15, 26, text[15:26])], metaphor=[(1, 7, text[1:7])]))
    assert "<script" not in html.lower()
    assert "&lt;<mark" in html


def test_overlapping_spans_are_marked_once(nuances_html):
    html = nuances_html("ab cd", found(simile=[(0, 5, "ab cd")], metaphor=[(3, 5, "cd")]))
    assert html.count('aria-label="') == 1


def test_a_model_without_heads_has_none(nuances_html):
    assert nuances_html("Plain.", {"themes": []}) == ""
