"""Build and run the container without a container engine: each step of the Dockerfile, on this machine's system.

As root, on Linux with Python 3.11 and Debian's tools::

    unshare --mount python deployment_flask/rehearse.py

Each stage gets a layer of its own over the system (overlayfs), so that its steps run as they stand and leave nothing
behind. The site then runs as compose.yaml says: not as root, without capabilities, its file system read-only but for
``/tmp``. What is not rehearsed is the image that the Dockerfile starts from.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
STEP_SECONDS = 900
READY_SECONDS = 120
TEXT = "The tide took the name I wrote, and I wrote it again."


@dataclass
class Stage:
    """One stage of a Dockerfile.

    Attributes:
        name: What others call it.
        steps: ``(instruction, arguments)`` of COPY and RUN, in their order.
        env: Its variables.
        user: Who runs its command.
        command: What it runs.
        check: What tells whether it is well.
    """

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    user: str = "0"
    command: list[str] = field(default_factory=list)
    check: list[str] = field(default_factory=list)


def read_stages(dockerfile: str) -> list[Stage]:
    """Read a Dockerfile of the instructions that ours has.

    Args:
        dockerfile: Its text.

    Returns:
        Its stages.

    Raises:
        ValueError: It has an instruction that is not rehearsed.
    """
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    stages: list[Stage] = []
    for line in filter(None, joined.splitlines()):
        instruction, rest = line.split(maxsplit=1)
        if instruction == "FROM":
            stages.append(Stage(rest.partition(" AS ")[2] or "last"))
        elif instruction in {"COPY", "RUN"}:
            stages[-1].steps.append((instruction, rest))
        else:
            _note(stages[-1], instruction, rest)
    return stages


def _note(stage: Stage, instruction: str, rest: str) -> None:
    if instruction == "ENV":
        stage.env |= dict(pair.split("=", 1) for pair in rest.split())
    elif instruction == "USER":
        stage.user = rest
    elif instruction == "CMD":
        stage.command = json.loads(rest)
    elif instruction == "HEALTHCHECK":
        stage.check = json.loads(rest.partition("CMD ")[2])
    elif instruction != "EXPOSE":
        raise ValueError(f"{instruction} is not rehearsed")


def build(stage: Stage, root: Path, layer: Path, built: dict[str, Path]) -> None:
    """Take a stage's steps in a layer over the system.

    Args:
        stage: The stage.
        root: Where the system with the layer is to appear.
        layer: An empty folder for what the steps write.
        built: Name → root of the stages before.
    """
    for folder in (root, layer / "upper", layer / "work"):
        folder.mkdir(parents=True)
    overlay = f"lowerdir=/,upperdir={layer / 'upper'},workdir={layer / 'work'}"
    _run("mount", "-t", "overlay", "overlay", "-o", overlay, str(root))
    for name in ("dev", "proc"):
        _run("mount", "--rbind", f"/{name}", str(root / name))
    (root / "root").chmod(0o755)  # an interpreter may live there
    for instruction, rest in stage.steps:
        print(f"{stage.name}: {instruction} {rest}", flush=True)
        if instruction == "RUN":
            _run("chroot", str(root), "sh", "-c", rest, env=_environment(stage))
        else:
            _copy(rest.split(), root, built)


def _copy(words: list[str], root: Path, built: dict[str, Path]) -> None:
    source = HERE.parent
    if words[0].startswith("--from="):
        source = built[words.pop(0).removeprefix("--from=")]
    *names, target = words
    for name in names:
        path, goal = source / name.lstrip("/"), root / target.lstrip("/")
        if path.is_dir():
            caches = shutil.ignore_patterns("__pycache__") if source == HERE.parent else None
            shutil.copytree(path, goal, symlinks=True, ignore=caches, dirs_exist_ok=True)
        else:
            goal = goal / path.name if target.endswith("/") else goal
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, goal)


def run(stage: Stage, root: Path) -> None:
    """Run a stage's command where nothing can be written, ask it, and stop it.

    Args:
        stage: The stage.
        root: Its system.

    Raises:
        RuntimeError: It wrote where it must not, did not answer, or did not end well.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = _environment(stage) | {"HOST": "127.0.0.1", "PORT": port}
    _run("mount", "-t", "tmpfs", "tmpfs", str(root / "tmp"))
    _run("mount", "-o", "remount,ro", str(root))
    nobody = ["chroot", str(root), "setpriv", f"--reuid={stage.user}", f"--regid={stage.user}", "--clear-groups"]
    nobody += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    if not subprocess.run(
        [*nobody, "touch", "/site/x"], env=environment, stderr=subprocess.DEVNULL, check=False
    ).returncode:
        raise RuntimeError("the file system is not read-only")
    with subprocess.Popen([*nobody, *stage.command], env=environment) as site:
        try:
            _wait_until_well([*nobody, *stage.check], environment, site)
            print("themes:", ", ".join(_ask(int(port))))
        finally:
            site.send_signal(signal.SIGTERM)
        if code := site.wait(READY_SECONDS):
            raise RuntimeError(f"SIGTERM ended it with {code}")


def _ask(port: int) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
    try:
        body = json.dumps({"text": TEXT})
        connection.request("POST", "/api/v1/analyze", body, {"Content-Type": "application/json"})
        return [theme["label"] for theme in json.load(connection.getresponse())["themes"]]
    finally:
        connection.close()


def _wait_until_well(check: list[str], environment: dict[str, str], site: subprocess.Popen) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while subprocess.run(check, env=environment, stderr=subprocess.DEVNULL, check=False).returncode:
        if time.monotonic() > deadline or site.poll() is not None:
            raise RuntimeError("its health check fails")
        time.sleep(1)


def _environment(stage: Stage) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "PIP_CONFIG_FILE"}}
    own = {name: value.replace("$PATH", inherited["PATH"]) for name, value in stage.env.items()}
    return inherited | {"HOME": "/root" if stage.user == "0" else "/"} | own


def _run(*command: str, env: dict[str, str] | None = None) -> None:
    subprocess.run(command, env=env, check=True, timeout=STEP_SECONDS)


def main() -> int:
    """Build the stages, and run the last one."""
    _run("mount", "--make-rprivate", "/")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        layers = Path(temporary)
        # A file system of its own: overlayfs takes no layer that lies on another overlay.
        _run("mount", "-t", "tmpfs", "tmpfs", str(layers))
        built: dict[str, Path] = {}
        for stage in read_stages((HERE / "Dockerfile").read_text(encoding="utf-8")):
            root = layers / stage.name / "root"
            build(stage, root, layers / stage.name / "layer", built)
            built[stage.name] = root
        run(stage, root)
    print("built, ran read-only and without rights, answered, and ended on SIGTERM")
    return 0


if __name__ == "__main__":
    sys.exit(main())
