import pytest
import real_texts

from textthema.errors import InputError


@pytest.fixture
def source(root):
    return root / "data" / "sample" / "quotes.csv"


def test_a_seed_draws_the_same_texts_without_repeats_while_there_are_enough(source):
    drawn = real_texts.draw_texts(source, 3, seed=1)
    assert drawn == real_texts.draw_texts(source, 3, seed=1)
    assert len(set(drawn)) == 3
    assert set(drawn) != set(real_texts.draw_texts(source, 3, seed=2))


def test_each_text_comes_about_as_often_where_more_are_asked_for(source):
    n = len(set(real_texts.draw_texts(source, 2000, seed=1, longest=40)))
    drawn = real_texts.draw_texts(source, 3 * n, seed=1, longest=40)
    assert set(map(drawn.count, set(drawn))) == {3}
    assert max(map(len, drawn)) <= 40


def test_that_no_text_is_short_enough_is_an_error(source):
    with pytest.raises(InputError, match="no text of at most 2 characters"):
        real_texts.draw_texts(source, 1, seed=1, longest=2)


def test_texts_are_read_as_they_were_written(tmp_path):
    texts = ["naïve\u2028line", 'a "b"\n']
    real_texts.write_texts(tmp_path / "texts.jsonl", texts)
    assert real_texts.read_texts(tmp_path / "texts.jsonl") == texts
