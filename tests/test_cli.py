import importlib
import os
import subprocess
import sys

import pytest

from textthema import __version__, cli
from textthema.errors import BundleError, GateError, InputError, MissingDependencyError, TextThemaError

SECONDS = 120


def run_python(root, *arguments, **options):
    options = {"cwd": root, "capture_output": True, "timeout": SECONDS, **options}
    return subprocess.run([sys.executable, *arguments], check=False, **options)


@pytest.fixture
def raising(monkeypatch):
    """Make the command ``themes`` raise."""

    def make(error):
        def run(args):
            raise error

        monkeypatch.setattr(importlib.import_module("textthema.commands.themes"), "run", run)

    return make


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_with_examples(name, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out
    assert f"textthema {name}" in out.split("examples:")[1]


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    out = capsys.readouterr().out
    assert all(name in out for name in cli.COMMANDS)


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"textthema {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["themes", "--no-such-option"]])
def test_wrong_usage_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("error", [TextThemaError, InputError, MissingDependencyError, BundleError, GateError])
def test_errors_become_a_line_and_an_exit_code(error, raising, capsys):
    raising(error("the kettle is empty; fill it"))
    assert cli.main(["themes"]) == error.exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: the kettle is empty; fill it\n"


def test_other_errors_are_not_swallowed(raising):
    raising(ZeroDivisionError("a fault of ours"))
    with pytest.raises(ZeroDivisionError):
        cli.main(["themes"])


def test_ctrl_c(raising, capsys):
    raising(KeyboardInterrupt())
    assert cli.main(["themes"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_goes_away_is_no_error(root):
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = run_python(
            root, "-m", "textthema", "themes", capture_output=False, stdout=write_end, stderr=subprocess.PIPE
        )
    finally:
        os.close(write_end)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_output_on_any_terminal(root, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = run_python(root, "-m", "textthema", "analyze", "Stone remembers the sea.", env=environment)
    assert done.stderr == b""
    assert done.returncode == 0
    assert "%" in done.stdout.decode(encoding)


def test_bytes_that_are_no_text_on_the_command_line(root):
    done = run_python(root, "-m", "textthema", "analyze", b"caf\xe9 and rain")
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ")
    assert b"Traceback" not in done.stderr


def test_a_command_is_imported_alone(root):
    code = (
        "import sys; from textthema.cli import main; main(['themes']);"
        "print(*(name for name in sys.modules if name.startswith('textthema.commands.')), file=sys.stderr)"
    )
    done = run_python(root, "-c", code)
    assert done.stderr.split() == [b"textthema.commands.themes"]
