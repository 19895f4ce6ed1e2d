"""Nuances as marked text."""

import sys

import pytest

from textthema.nuances import Nuance, Nuances, Span


@pytest.fixture
def highlight(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "deployment_hf"))
    sys.modules.pop("highlight", None)
    import highlight

    yield highlight.highlight
    sys.modules.pop("highlight", None)


def nuances(simile=(), metaphor=()):
    return Nuances(
        humor=Nuance(0.2, 0.5),
        simile=Nuance(0.9 if simile else 0.1, 0.5, tuple(simile)),
        metaphor=Nuance(0.9 if metaphor else 0.1, 0.5, tuple(metaphor)),
    )


def test_spans_are_marked_with_a_label_and_a_line_of_their_own_shape(highlight):
    html = highlight("She ran like a deer.", nuances(simile=[Span(8, 19, "like a deer")]))
    assert 'She ran <mark class="simile" title="Simile' in html
    assert 'aria-label="Simile: something is likened to this: like a deer">like a deer</mark>.' in html
    assert "mark.simile { text-decoration-style: double" in html
    assert "mark.metaphor { text-decoration-style: wavy" in html


def test_the_legend_names_every_nuance_with_its_score(highlight):
    html = highlight("Plain.", nuances())
    assert "Humour not found (20%) · Simile not found (10%) · Possible image not found (10%)" in html


def test_a_text_is_shown_not_run(highlight):
    text = '<script>alert("like a deer")</script>'
    html = highlight(text, nuances(simile=[Span(15, 26, text[15:26])], metaphor=[Span(1, 7, text[1:7])]))
    assert "<script" not in html.lower()
    assert "&lt;<mark" in html


def test_overlapping_spans_are_marked_once(highlight):
    html = highlight("ab cd", nuances(simile=[Span(0, 5, "ab cd")], metaphor=[Span(3, 5, "cd")]))
    assert html.count("<mark class=") == 1 + 2  # the legend's two
