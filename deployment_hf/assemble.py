"""Put together, in a folder, exactly what the Space's repository holds: ``python deployment_hf/assemble.py OUT``.

With ``--check`` the folder is then run as the Hub would run it, in a new environment with nothing but its own
requirements, and asked a question.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from pack_library import pack

HERE = Path(__file__).resolve().parent
ONLY_HERE = {"assemble.py", "pack_library.py", "__pycache__"}
QUESTION = "I have loved you all my life, and I will love you when we are old."
INSTALL_SECONDS = 1200
ANSWER_SECONDS = 300
_ASK = """
import sys, time
from gradio_client import Client
deadline = time.monotonic() + float(sys.argv[3])
while True:
    try:
        client = Client(sys.argv[1], verbose=False, analytics_enabled=False)
        break
    except Exception:
        if time.monotonic() > deadline:
            raise
        time.sleep(1)
found = client.submit(sys.argv[2], api_name="/themes").result(timeout=float(sys.argv[3]))
print(", ".join(theme["label"] for theme in found["themes"]))
sys.exit(not found["themes"])
"""


def assemble(out: Path, space: Path = HERE) -> list[str]:
    """Put the folder together.

    Args:
        out: A folder that is not there yet or empty, or that this wrote before, which is replaced.
        space: The app's folder.

    Returns:
        The files in it, sorted.

    Raises:
        FileExistsError: Something else is there.
    """
    written_before = (out / "textthema.zip").is_file() and not (out / "assemble.py").exists()
    if out.exists() and any(out.iterdir()) and not written_before:
        raise FileExistsError(f"{out} holds something else than an assembled Space; choose another folder")
    with tempfile.TemporaryDirectory(dir=out.resolve().parent) as temporary:
        whole = Path(temporary) / "space"
        shutil.copytree(space, whole, ignore=lambda _, names: {n for n in names if n in ONLY_HERE or n[0] == "."})
        pack(whole / "textthema.zip")
        if out.exists():
            shutil.rmtree(out)
        whole.rename(out)
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def check(space: Path) -> str:
    """Run the folder in a new environment and ask it for a text's themes.

    Args:
        space: What `assemble` wrote.

    Returns:
        The themes that it answered.

    Raises:
        CalledProcessError: It can't be installed, doesn't start, or finds nothing.
    """
    with tempfile.TemporaryDirectory() as temporary:
        # A copy: running it leaves caches behind, and what is pushed should hold none.
        copy = Path(shutil.copytree(space, Path(temporary) / "space"))
        venv.create(Path(temporary) / "venv", with_pip=True)
        python = str(Path(temporary) / "venv" / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
        subprocess.run(install, cwd=copy, check=True, timeout=INSTALL_SECONDS)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        environment = {"PATH": os.environ["PATH"], "HOME": temporary, "NO_PROXY": "127.0.0.1"}
        environment |= {"GRADIO_SERVER_PORT": port, "GRADIO_SERVER_NAME": "127.0.0.1"}
        with subprocess.Popen([python, "app.py"], cwd=copy, env=environment) as server:
            try:
                ask = [python, "-c", _ASK, f"http://127.0.0.1:{port}", QUESTION, str(ANSWER_SECONDS)]
                done = subprocess.run(
                    ask, env=environment, check=True, timeout=2 * ANSWER_SECONDS, stdout=subprocess.PIPE, text=True
                )
            finally:
                server.terminate()
        return done.stdout.strip()


def main(arguments: list[str] | None = None) -> int:
    """Put the folder together and, if that was asked for, check it.

    Args:
        arguments: By default, those of the command line.

    Returns:
        Exit code.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to write")
    parser.add_argument("--check", action="store_true", help="run it in a clean environment and ask it a question")
    options = parser.parse_args(arguments)
    try:
        names = assemble(options.out)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{len(names)} files in {options.out}")
    if options.check:
        try:
            print(f"it runs; themes of {QUESTION!r}: {check(options.out)}")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"error: the folder does not run as it is: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
