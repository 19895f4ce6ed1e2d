import csv
import json
import os
import signal
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textthema.cli import main
from textthema.passages import STORE, connect
from textthema.text import text_id

SECONDS = 120


def write_corpus(path, rows, header=("quote", "author", "book", "tags")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_mentions(folder, texts, entities):
    columns = {"row": range(len(texts)), "text_id": map(text_id, texts), "entity": entities}
    pq.write_table(pa.table({name: list(cells) for name, cells in columns.items()}), folder / "mentions.parquet")


def rows_of(texts):
    return [[text, "Ada Quill", "Ink", '["rain"]'] for text in texts]


def test_a_scraped_table(tmp_path, capsys, texts):
    corpus = write_corpus(tmp_path / "quotes.csv", [*rows_of(texts), ["", "Nobody", "", "[]"]])
    assert main(["index", str(corpus), str(tmp_path / "index")]) == 0
    captured = capsys.readouterr()
    assert "6 passages (6 new, 0 dropped), 1 authors, 1 books" in captured.out
    assert "1 of 7 rows have no text" in captured.err
    corpus = write_corpus(tmp_path / "quotes.csv", rows_of(texts[:2]))
    assert main(["index", str(corpus), str(tmp_path / "index")]) == 0
    assert "2 passages (0 new, 4 dropped)" in capsys.readouterr().out


def test_columns_of_other_names(tmp_path, capsys, texts):
    corpus = write_corpus(tmp_path / "in.csv", [[texts[0], "Ada"]], ("note", "who"))
    assert main(["index", str(corpus), str(tmp_path / "index")]) == 2
    assert "--text-column" in capsys.readouterr().err
    options = ["--text-column", "note", "--author-column", "who"]
    assert main(["index", str(corpus), str(tmp_path / "index"), *options]) == 0
    assert "1 passages (1 new, 0 dropped), 1 authors\n" in capsys.readouterr().out


def test_names_that_are_no_text_name_nobody(tmp_path, capsys):
    corpus = tmp_path / "in.jsonl"
    rows = [{"text": "One.", "author": None}, {"text": "Two.", "author": 7}, {"text": "Three.", "author": " "}]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows) + r'{"text": "Four.", "author": "\ud83d"}')
    assert main(["index", str(corpus), str(tmp_path / "index")]) == 0
    assert "4 passages (4 new, 0 dropped)\n" in capsys.readouterr().out


def test_entities_that_were_found_before(tmp_path, capsys, texts):
    corpus = write_corpus(tmp_path / "in.csv", rows_of(texts[:2]))
    found = tmp_path / "entities"
    found.mkdir()
    entities = [
        {"id": "author:ada-quill", "kind": "author", "name": "Ada Quill", "support": 9},
        {"id": "franchise:ink", "kind": "franchise", "name": "Ink", "author": "author:ada-quill", "support": 9},
        {"id": "character:bo", "kind": "character", "name": "Bo", "author": "author:ada-quill",
         "franchise": "franchise:ink", "support": 9},
        {"id": "book:unheard-of", "kind": "book", "name": "Unheard Of", "support": 9},
    ]  # fmt: skip
    (found / "entities.jsonl").write_text("".join(json.dumps(entity) + "\n" for entity in entities))
    write_mentions(found, [texts[0], texts[0], texts[1]], ["author:ada-quill", "character:bo", "franchise:ink"])
    assert main(["index", str(corpus), str(tmp_path / "index"), "--entities", str(found)]) == 0
    assert "2 passages (2 new, 0 dropped), 1 authors, 1 characters, 1 franchises" in capsys.readouterr().out
    ask = ["related", texts[0], "--index", str(tmp_path / "index"), "--kind", "character", "--json"]
    assert main(ask) == 0
    (hit,) = json.loads(capsys.readouterr().out)["characters"]
    assert (hit["name"], hit["by"], hit["franchise"]) == ("Bo", "Ada Quill", "Ink")
    assert hit["passage"]["text"] == texts[0]


def test_entities_go_with_their_texts_wherever_the_rows_are(tmp_path, capsys, texts):
    found = tmp_path / "entities"
    found.mkdir()
    entity = {"id": "author:ada-quill", "kind": "author", "name": "Ada Quill", "support": 9}
    (found / "entities.jsonl").write_text(json.dumps(entity) + "\n")
    write_mentions(found, texts[:1], ["author:ada-quill"])
    corpus = write_corpus(tmp_path / "in.csv", rows_of([texts[1], f"“{texts[0]}”<br>"]))
    assert main(["index", str(corpus), str(tmp_path / "index"), "--entities", str(found)]) == 0
    assert main(["related", texts[0], "--index", str(tmp_path / "index"), "--kind", "author", "--json"]) == 0
    (hit,) = json.loads(capsys.readouterr().out.split("authors\n")[1])["authors"]
    assert texts[0] in hit["passage"]["text"]
    corpus = write_corpus(tmp_path / "in.csv", rows_of(texts[2:4]))
    assert main(["index", str(corpus), str(tmp_path / "other"), "--entities", str(found)]) == 2
    assert "other texts" in capsys.readouterr().err


def test_entities_that_are_not_there(tmp_path, capsys, texts):
    corpus = write_corpus(tmp_path / "in.csv", rows_of(texts[:1]))
    assert main(["index", str(corpus), str(tmp_path / "index"), "--entities", str(tmp_path / "none")]) == 2
    assert "can't read" in capsys.readouterr().err
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "entities.jsonl").write_text('{"name": "Ada"}\n')
    assert main(["index", str(corpus), str(tmp_path / "index"), "--entities", str(tmp_path / "none")]) == 2
    assert "no column 'id'" in capsys.readouterr().err


def test_long_passages_are_counted(tmp_path, capsys):
    corpus = write_corpus(tmp_path / "in.csv", [["sea " * 400]], ("text",))
    assert main(["index", str(corpus), str(tmp_path / "index")]) == 0
    assert "1 of the new passages are longer than 256 tokens" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"text\n", None),
        (b"text\n \n", "empty in all"),
        (b"poem\na\n", "--text-column"),
        (b"text\ncaf\xe9\n", "UTF-8"),
        (b"text,author,author\na,b,c\n", "more than one column"),
        (b"text\n" + b"w" * 1_000_000, "1,000,000 characters"),
    ],
)
def test_bad_tables(tmp_path, capsys, content, word):
    corpus = tmp_path / "in.csv"
    corpus.write_bytes(content)
    assert main(["index", str(corpus), str(tmp_path / "index")]) == (0 if word is None else 2)
    if word is not None:
        assert word in capsys.readouterr().err
        assert not (tmp_path / "index").exists()


def passages_in(folder):
    if not (folder / STORE).exists():
        return 0
    store = connect(folder / STORE, read_only=True)
    found = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'passage'").fetchone()[0]
    count = store.execute("SELECT count(*) FROM passage").fetchone()[0] if found else 0
    store.close()
    return count


def test_a_killed_run_goes_on_where_it_was(tmp_path, capsys, root):
    corpus = write_corpus(tmp_path / "in.csv", rows_of(f"The {i}th wave came in alone." for i in range(300)))
    folder = tmp_path / "index"
    kill_after_one_batch = (
        "import os, signal, sys\n"
        "from textthema.classifier import ThemeClassifier\n"
        "from textthema.cli import main\n"
        "encode, calls = ThemeClassifier.encode, []\n"
        "def encode_once(self, texts, *given, **named):\n"
        "    if calls: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    calls.append(1)\n"
        "    return encode(self, texts, *given, **named)\n"
        "ThemeClassifier.encode = encode_once\n"
        "main(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", kill_after_one_batch, "index", str(corpus), str(folder)]
    killed = subprocess.run(command, cwd=root, timeout=SECONDS, check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    kept = passages_in(folder)
    assert 0 < kept < 300
    assert main(["index", str(corpus), str(folder)]) == 0
    assert f"300 passages ({300 - kept} new, 0 dropped)" in capsys.readouterr().out
