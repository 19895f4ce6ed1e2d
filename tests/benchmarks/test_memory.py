import subprocess
import sys

import pytest

psutil = pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")

import memory  # noqa: E402

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"


@pytest.fixture
def parent():
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.communicate(b"\n", timeout=60)


def test_children_count(parent):
    root = psutil.Process(parent.pid)
    assert len(memory.family(root)) == 2
    assert memory.tree_megabytes(root) > 1.5 * root.memory_info().rss / 1e6


def test_a_process_is_looked_at_until_it_ends(parent):
    looked = memory.each_second(parent)
    assert next(looked) > 0
    parent.stdin.write(b"\n")
    parent.stdin.flush()
    assert all(megabytes >= 0 for megabytes in looked)
    assert parent.poll() == 0


def test_a_process_that_has_ended_has_no_memory():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    root = psutil.Process(process.pid)
    process.wait(60)
    assert memory.family(root) == []
    assert memory.tree_megabytes(root) == 0
