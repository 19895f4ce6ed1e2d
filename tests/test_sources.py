import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textthema.errors import UnreadableFileError
from textthema.sources import Shard, ShardList, open_source, read_windows


def texts_of(tables):
    return [text for table in tables for text in table.column("text")]


def read_in(source, order=None):
    """Read a file's windows again, in some order; give its texts in theirs."""
    shards = [shard for _, shard in read_windows(source)]
    tables = {shard.first_row: source.read(shard) for shard in (order(shards) if order else shards)}
    return texts_of(tables[shard.first_row] for shard in shards)


TEXTS = [f"Wave {i}." for i in range(300)]


@pytest.mark.parametrize("order", [None, lambda shards: shards[::-1], lambda shards: shards[1::2] + shards[::2]])
@pytest.mark.parametrize("row_group_size", [50, 77, 1000])
def test_shards_of_parquet_lie_across_row_groups_and_come_in_any_order(tmp_path, order, row_group_size):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": TEXTS}), path, row_group_size=row_group_size)
    assert read_in(open_source(path), order) == TEXTS


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("at_the_end", [True, False])
def test_shards_of_csv_begin_where_rows_do(tmp_path, line_end, mark, at_the_end):
    path = tmp_path / "in.csv"
    lines = ["text,n", *(f'"{text}{line_end}and, on",{i}' for i, text in enumerate(TEXTS))]
    path.write_bytes((mark + line_end.join(lines) + line_end * at_the_end).encode())
    assert read_in(open_source(path), reversed) == [f"{text}{line_end}and, on" for text in TEXTS]


def test_shards_of_json_lines_begin_where_lines_do(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("\ufeff" + "".join(f'{{"text": "{text} é"}}\n\n' for text in TEXTS), encoding="utf-8")
    assert read_in(open_source(path), reversed) == [f"{text} é" for text in TEXTS]


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_a_file_that_changes_is_noticed(tmp_path, name):
    path = tmp_path / name
    line = "Wave.\n" if name == "in.csv" else '{"text": "Wave."}\n'
    path.write_text(("text\n" if name == "in.csv" else "") + line * 100)
    source = open_source(path)
    _, last = [shard for _, shard in read_windows(source)]
    path.write_text(("text\n" if name == "in.csv" else "") + line * 90)
    with pytest.raises(UnreadableFileError, match="was changed"):
        source.read(last)


def test_a_file_that_goes_away_is_named(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("text\nWave.\n")
    source = open_source(path)
    [shard] = [shard for _, shard in read_windows(source)]
    path.unlink()
    with pytest.raises(UnreadableFileError, match=r"in\.csv"):
        source.read(shard)


def shards_of(n_windows):
    shards = ShardList()
    for i in range(n_windows):
        shards.add(Shard(64 * i, 64, 1000 * i, 1000 * (i + 1)))
    return list(shards)


@pytest.mark.parametrize("n_windows", [0, 1, 2048, 2049, 5000, 50_000])
def test_shards_follow_each_other_and_are_never_too_many(n_windows):
    shards = shards_of(n_windows)
    assert len(shards) <= 2048
    assert sum(shard.n_rows for shard in shards) == 64 * n_windows
    for before, after in itertools.pairwise(shards):
        assert (before.first_row + before.n_rows, before.end) == (after.first_row, after.start)


def test_shards_are_small_where_there_are_few_rows_and_equal_where_there_are_many():
    assert {shard.n_rows for shard in shards_of(2048)} == {64}
    *all_but_last, _ = shards_of(50_000)
    assert len({shard.n_rows for shard in all_but_last}) == 1
