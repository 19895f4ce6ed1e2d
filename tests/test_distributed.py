"""Several processes that train together: two of them, on processor cores, against one."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("fastai", reason="training needs: pip install -r requirements.txt")

import torch
from fastai.text.data import SortedDL
from fastai.torch_core import num_distrib
from safetensors.torch import load_file
from transformers import AlbertConfig, AlbertModel, AutoTokenizer

from textthema import distributed
from textthema.checkpoints import read_progress
from textthema.cli import main
from textthema.distributed import SharedBatches, alone, hold_share, join_processes, own_seed
from textthema.errors import InputError, MissingDependencyError

pytestmark = pytest.mark.train

LAUNCHED = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}


@pytest.fixture
def as_process(monkeypatch):
    """Let the test play one of two processes."""

    def play(rank):
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setenv("RANK", str(rank))

    return play


@pytest.fixture
def shares(as_process, monkeypatch):
    """Make both processes' shares of a loader over rows whose number is their length."""
    monkeypatch.setattr(SharedBatches, "_broadcast", lambda _self, rows, _rank: rows)

    def share(n_rows, batch_size, *, shuffle):
        rows = [(torch.tensor(row), torch.tensor(row)) for row in range(n_rows)]
        found = []
        for rank in (0, 1):
            as_process(rank)
            np.random.seed(3)  # noqa: NPY002 - fastai shuffles with NumPy's global state
            whole = SortedDL(rows, sort_func=lambda row: int(row[0]), bs=batch_size, shuffle=shuffle, drop_last=shuffle)
            found.append(SharedBatches(whole))
        np.random.seed(3)  # noqa: NPY002
        return found, [batch[0].tolist() for batch in whole]

    return share


def read_all(shared):
    np.random.seed(3)  # noqa: NPY002
    return [batch[0].tolist() for batch in shared]


def test_one_process_needs_no_launcher():
    join_processes({})
    join_processes({"WORLD_SIZE": "1"})


def test_half_a_launcher_is_named():
    with pytest.raises(InputError, match="WORLD_SIZE=2, but not RANK, LOCAL_RANK"):
        join_processes({"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"})


def test_several_processes_need_accelerate(monkeypatch):
    monkeypatch.setattr(distributed.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependencyError, match="pip install accelerate"):
        join_processes(LAUNCHED)


def test_a_batch_that_cannot_be_shared_is_refused(as_process):
    hold_share(7)
    as_process(1)
    hold_share(8)
    with pytest.raises(InputError, match="2 processes can't share a batch of 7"):
        hold_share(7)


def test_a_process_works_alone_for_a_while(as_process):
    as_process(1)
    with alone():
        assert num_distrib() == 1
    assert num_distrib() == 2


def test_the_main_process_keeps_the_seed_and_the_others_get_their_own(as_process):
    assert own_seed(5) == 5
    as_process(1)
    assert own_seed(5) != 5


def test_the_shares_of_a_step_are_the_batch_of_one_process(shares):
    both, whole = shares(50, 8, shuffle=True)
    first, second = map(read_all, both)
    assert len(first) == len(second) == len(both[0]) == len(whole) == 6
    assert [one + other for one, other in zip(first, second, strict=True)] == whole
    assert {len(share) for share in first + second} == {4}


@pytest.mark.parametrize("n_rows", [17, 18, 21, 24])
def test_each_row_is_gathered_once(shares, n_rows):
    both, whole = shares(n_rows, 8, shuffle=False)
    gathered = []
    for mine, others in zip(*both, strict=True):
        both[0]._to_detach = lambda b, _cpu, _gather, others=others: torch.cat([b, others[0]])
        gathered.append(both[0].to_detach(mine[0]).tolist())
    assert gathered == whole
    assert sorted(row for batch in gathered for row in batch) == list(range(n_rows))


@pytest.fixture(scope="module")
def encoder(tiny_roberta, tmp_path_factory):
    """An ALBERT of two layers, whose pooler no step uses."""
    folder = tmp_path_factory.mktemp("albert")
    tokenizer = AutoTokenizer.from_pretrained(tiny_roberta)
    tokenizer.save_pretrained(folder)
    size = {"embedding_size": 16, "hidden_size": 32, "intermediate_size": 64, "max_position_embeddings": 80}
    config = AlbertConfig(vocab_size=len(tokenizer), num_hidden_layers=2, num_attention_heads=2, **size)
    AlbertModel(config).save_pretrained(folder)
    return folder


def training(built, run, encoder, *more):
    told = [
        *("train", built / "splits", run, "--encoder", encoder, "--epochs", 2, "--max-length", 48),
        *("--batch-size", 16, "--max-rows", 160, "--frozen-rows", 48, "--checkpoint-every", 2, "--dropout", 0),
        *("--teacher", built / "run"),
        *more,
    ]
    return [str(part) for part in told]


def launch(module, root, command):
    launcher = [
        *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
        *("--main_process_port", "0", "-m", module),
    ]
    env = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*launcher, *command], cwd=root, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def test_two_processes_killed_and_resumed_end_like_one(built, root, encoder, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(training(built, one, encoder)) == 0

    # The pipes close, and the call returns, when the last process that holds them is gone.
    killed = launch("tests.launcher_killed", root, training(built, two, encoder))
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    progress = read_progress(two)
    assert (progress.stage, progress.epoch, progress.step) == ("unfrozen", 1, 4)
    assert not (two / "history.csv").exists()

    resumed = launch("textthema", root, training(built, two, encoder, "--resume"))
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    assert resumed.stdout.count("model and validation scores are in") == 1
    assert resumed.stderr.count("Loading weights: 100%") == 1

    assert sorted(path.relative_to(two) for path in two.rglob("*")) == sorted(
        path.relative_to(one) for path in one.rglob("*")
    )
    assert (two / "settings.json").read_bytes() == (one / "settings.json").read_bytes()
    found = [json.loads((run / "lr_find.json").read_text())["valley"] for run in (one, two)]
    assert found[0] == pytest.approx(found[1])
    for name in ("steps.csv", "history.csv"):
        # No dropout, the same batches: what is left are roundings.
        pd.testing.assert_frame_equal(pd.read_csv(one / name), pd.read_csv(two / name), rtol=1e-3)
    weights = [load_file(run / "model.safetensors") for run in (one, two)]
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-4) for name in weights[0])
