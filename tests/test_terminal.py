import subprocess
import sys

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
