import subprocess
import sys

import pytest

from textthema.terminal import progress_bar

CODE = "from textthema.terminal import {0}; {1}"


def said(code, **options):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False, **options)


def test_what_a_terminal_cannot_show_is_a_question_mark(root):
    code = CODE.format("never_fail_to_print", "never_fail_to_print(); print('caf\\u00e9 \\ud83d')")
    done = said(code, cwd=root, env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert (done.returncode, done.stdout.strip()) == (0, b"caf? ?")


def test_output_that_nobody_reads_is_given_up(root):
    done = said(CODE.format("give_up_stdout", "print('x'); give_up_stdout(); print('y')"), cwd=root)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("shown", [True, False])
def test_no_bar_where_nobody_looks(shown, capsys):
    with progress_bar(3, shown) as done:
        done(1)
        done(2)
    assert capsys.readouterr().err == ""


def test_a_bar_counts_what_is_done(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar(3, shown=True) as done:
        done(1)
        done(2)
    assert "3/3" in capsys.readouterr().err
