"""What the Space's pages share: refusing, loading, and writing what was found."""

import importlib
import threading

import pytest

pytest.importorskip("gradio", reason="the page needs gradio: pip install 'textthema[apps]'")

import gradio as gr

from textthema.errors import EmptyTextError, NotTextError, TextTooLongError

DO = {"empty": "Write one.", "too_long": "Cut it."}


@pytest.fixture(scope="module")
def desk(root):
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(root / "deployment_hf"))
        yield importlib.import_module("desk")


def test_a_model_is_loaded_once_for_visitors_who_come_together(desk):
    begun, loads = threading.Barrier(4, timeout=60), []

    @desk.loaded_once
    def model():
        loads.append(1)
        return object()

    def visit():
        begun.wait()
        got.append(model())

    got = []
    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(timeout=60)
    assert len(loads) == 1
    assert len(got) == 4 and len(set(map(id, got))) == 1


def test_a_model_that_could_not_be_loaded_is_tried_again(desk):
    answers = iter([OSError("away"), "here"])

    @desk.loaded_once
    def model():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(OSError, match="away"):
        model()
    assert model() == "here"


def test_a_text_over_the_limit_is_refused_with_a_way_out(desk):
    desk.check_length("w" * 20_000, "cut it")
    desk.check_length(17, "the model says what is wrong with it")
    with pytest.raises(TextTooLongError, match="20,001 characters, 20,000 are the most here; cut it"):
        desk.check_length("w" * 20_001, "cut it")


def test_a_client_is_told_what_was_wrong(desk):
    with pytest.raises(gr.Error, match="empty") as told, desk.told_to_clients():
        raise EmptyTextError("the text is empty", value="")
    assert told.value.print_exception is False


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EmptyTextError("x", value=""), "There is nothing to read yet. Write one."),
        (TextTooLongError("x", value=""), "more than 20,000 characters. Cut it."),
        (NotTextError("<b> is no text", value=17), "be read: &lt;b&gt; is no text."),
    ],
)
def test_a_refusal_is_a_sentence(desk, error, said):
    assert said in desk.refusal_html(error, **DO)


def test_labels_are_bars_and_none_is_said(desk):
    genre = {"label": "high-fantasy", "probability": 0.62, "threshold": 0.31}
    html = desk.labels_html([genre], "genre")
    assert 'aria-label="Genres"' in html and ">high fantasy<" in html
    assert "No genre reached its threshold" in desk.labels_html([], "genre")
    assert "62% of the 31%" in desk.also_html([genre])
    assert desk.also_html([]) == ""
