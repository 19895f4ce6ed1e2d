import json

import pytest

from textthema.cli import main


@pytest.fixture(scope="module")
def index(tmp_path_factory, texts, model_with_catalogue):
    folder = tmp_path_factory.mktemp("related")
    corpus = folder / "corpus.jsonl"
    rows = [{"quote": text, "author": "Ada Quill", "book": f"Book {i}"} for i, text in enumerate(texts)]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["index", str(corpus), str(folder / "index"), "--model", str(model_with_catalogue)]) == 0
    return folder / "index"


@pytest.fixture
def ask(capsys, model_with_catalogue):
    def ask(*arguments):
        assert main(["related", *map(str, arguments), "--model", str(model_with_catalogue)]) == 0
        return capsys.readouterr().out

    return ask


def test_all_kinds(ask, texts):
    out = ask(texts[0])
    heads = [line for line in out.splitlines() if line.startswith("Related")]
    assert heads == ["Related authors", "Related books", "Related characters", "Related franchises"]
    assert list(json.loads(ask(texts[0], "--json"))) == ["authors", "books", "characters", "franchises"]


@pytest.mark.parametrize("kind", ["author", "book", "character", "franchise"])
def test_one_kind(ask, texts, kind):
    found = json.loads(ask(texts[0], "--kind", kind, "--top", "1", "--json"))
    assert list(found) == [f"{kind}s"]
    (hit,) = found[f"{kind}s"]
    assert hit["id"].startswith(f"{kind}:")
    assert hit["name"] in ask(texts[0], "--kind", kind, "--top", "1")


def test_answers_from_an_index_come_with_the_passage(ask, index, texts):
    out = ask(texts[1], "--index", index, "--kind", "book", "--top", "1")
    assert "Book 1" in out
    assert "quarrel in a jar" in out
    found = json.loads(ask(texts[1], "--index", index, "--json"))
    assert found["authors"][0]["name"] == "Ada Quill"
    assert found["authors"][0]["passage"]["text"] == texts[1]
    # the corpus has no characters; the catalogue has
    assert found["characters"]


def test_passages(ask, index, texts):
    out = ask(texts[2], "--index", index, "--kind", "quote", "--top", "2")
    assert out.splitlines()[0] == f"  “{texts[2]}”"
    assert "— Ada Quill, Book 2" in out
    found = json.loads(ask(texts[2], "--index", index, "--kind", "quote", "--top", "2", "--json"))
    assert found["passages"][0]["text"] == texts[2]
    assert len(found["passages"]) == 2


def fails(capsys, code, *arguments):
    assert main(["related", *map(str, arguments)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_bad_input(capsys, tmp_path, index, bundle_without_catalogue):
    assert "empty" in fails(capsys, 2, "")
    assert "100,000" in fails(capsys, 2, "w" * 1_000_000)
    assert "--top" in fails(capsys, 2, "A text.", "--top", "0")
    assert "--index" in fails(capsys, 2, "A text.", "--kind", "quote")
    assert "nowhere" in fails(capsys, 7, "A text.", "--index", tmp_path / "nowhere")
    assert "no catalogue" in fails(capsys, 2, "A text.", "--model", bundle_without_catalogue)


def test_an_index_of_another_model_is_refused(capsys, index, tmp_path):
    head = index / "index.json"
    before = head.read_text()
    head.write_text(json.dumps(json.loads(before) | {"encoder": "f" * 64}))
    try:
        assert "another model" in fails(capsys, 7, "A text.", "--index", index)
    finally:
        head.write_text(before)


def test_unknown_kinds_are_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["related", "A text.", "--kind", "planet"])
    assert caught.value.code == 2
    assert "planet" in capsys.readouterr().err
