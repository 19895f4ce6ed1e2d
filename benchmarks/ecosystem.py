"""What other libraries make of the model directories, and how far int8 is from the same weights in float.

Example:
    python benchmarks/ecosystem.py

make benchmark-ecosystem sets up Optimum and transformers.js first, and builds what --dist measures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scripts import exit_code, write_result

from textthema.batch import texts_of
from textthema.bundle import Bundle, find_default
from textthema.errors import MissingDependencyError
from textthema.inference import OnnxEncoder
from textthema.sources import read_table
from textthema.text import plain
from textthema.transformers_folder import write_transformers_folder

ROOT = Path(__file__).resolve().parents[1]
INT8, FLOAT = "model_quantized.onnx", "model.onnx"
# Each is asked by a script, as its users would ask it.
_SCRIPTS = ROOT / "tests" / "ecosystem"
LOADERS = {
    "transformers": (Path(sys.executable), "in_transformers.py"),
    "Optimum": (ROOT / ".venv-optimum" / "bin" / "python", "in_optimum.py"),
    "transformers.js": (Path(shutil.which("node") or "node"), "in_node.mjs"),
}
_SECONDS = 1_200


def is_ready(loader: str) -> bool:
    """Say whether a loader's environment is there.

    Args:
        loader: Its name.

    Returns:
        Whether it can be asked.
    """
    program, script = LOADERS[loader]
    return program.is_file() and (script != "in_node.mjs" or (_SCRIPTS / "node_modules").is_dir())


def said_by(loader: str, folder: Path, file: str, texts: Sequence[str]) -> np.ndarray:
    """Ask a loader, in a process of its own and offline.

    Args:
        loader: Its name.
        folder: Model directory.
        file: The graph in its ``onnx/``; transformers reads the safetensors instead.
        texts: Texts.

    Returns:
        Probabilities, float64 (n, n_labels), in the model's order of labels.

    Raises:
        MissingDependencyError: It is not set up.
        CalledProcessError: It failed; the message is on stderr.
    """
    if not is_ready(loader):
        raise MissingDependencyError(f"{loader} is not set up: make ecosystem", value=loader)
    program, script = LOADERS[loader]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [program, _SCRIPTS / script, folder, file],
            input=json.dumps(list(texts)),
            stdout=subprocess.PIPE,
            text=True,
            timeout=_SECONDS,
            check=True,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": home, "HF_HUB_OFFLINE": "1"},
        )
    rows = [{theme["label"]: theme["score"] for theme in themes} for themes in json.loads(done.stdout)]
    return np.array([[row[label] for label in Bundle.read(folder, verify=False).labels] for row in rows])


def said_by_us(folder: Path, file: str, texts: Sequence[str]) -> np.ndarray:
    """Run a graph of a model directory.

    Args:
        folder: Model directory.
        file: The graph in its ``onnx/``.
        texts: Texts.

    Returns:
        Probabilities, float32 (n, n_labels).
    """
    bundle = Bundle.read(folder, verify=False)
    return OnnxEncoder(folder / "onnx" / file, bundle.tokenizer_path, bundle.max_length).encode(texts).probabilities


def measure(texts: Sequence[str], work: Path) -> dict:
    """Compare everything.

    Args:
        texts: Texts, plainly written.
        work: Gets the float model.

    Returns:
        The record.
    """
    served, in_float = find_default(), work / "float"
    write_transformers_folder(Bundle.read(served), in_float)
    ours = {FLOAT: said_by_us(in_float, FLOAT, texts), INT8: said_by_us(served, INT8, texts)}
    asked = [(loader, in_float, FLOAT) for loader in LOADERS]
    asked += [(loader, served, INT8) for loader in LOADERS if loader != "transformers"]
    thresholds = Bundle.read(served, verify=False).thresholds
    said = {file: scores >= thresholds for file, scores in ours.items()}
    return {
        "texts": len(texts),
        "loaders": [
            {"loader": loader, "file": file, **_difference(said_by(loader, folder, file, texts), ours[file])}
            for loader, folder, file in asked
        ],
        "int8 beside float": {
            **_difference(ours[INT8], ours[FLOAT]),
            "decisions": int(said[INT8].size),
            "decisions that differ": int((said[INT8] != said[FLOAT]).sum()),
            "themes said in float": int(said[FLOAT].sum()),
        },
        "megabytes": {
            name: round((in_float / name).stat().st_size / 1e6, 1)
            for name in ("model.safetensors", f"onnx/{FLOAT}", f"onnx/{INT8}")
        },
    }


def as_markdown(record: dict) -> str:
    """Write the page.

    Args:
        record: What `measure` gave, with ``distributions``.

    Returns:
        Markdown.
    """
    files = {INT8: "the model that comes along, int8", FLOAT: "the same in float, by `textthema dequantize`"}
    rows = [f"| {row['loader']} | {files[row['file']]} | {row['largest']:.0e} |" for row in record["loaders"]]
    beside, sizes = record["int8 beside float"], record["megabytes"]
    lines = [
        "# In other libraries",
        "",
        "| loaded by | what | largest difference of a probability from ours |",
        "|---|---|---|",
        *rows,
        "",
        f"> {record['texts']} texts of the sample. int8 beside float: probabilities are {beside['mean']:.4f} apart on "
        f"average, {beside['largest']:.2f} at most; {beside['themes said in float']:,} themes are said in float, and "
        f"{beside['decisions that differ']} of {beside['decisions']:,} decisions differ. "
        + ", ".join(f"`{name}` {size:.0f} MB" for name, size in sizes.items())
        + ".",
    ]
    if record["distributions"]:
        built = ", ".join(f"{size:.1f} MB of {kind}" for kind, size in record["distributions"].items())
        lines += ["", f"> What pip installs: {built}, two models and the catalogue in it."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results.

    Args:
        arguments: Command line; that of the process by default.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)

    def work() -> None:
        texts = _sample(args.rows)
        with tempfile.TemporaryDirectory() as folder:
            record = measure(texts, Path(folder))
        built = {".whl": "wheel", ".gz": "source distribution"}
        record["distributions"] = {
            built[path.suffix]: round(path.stat().st_size / 1e6, 1) for path in sorted(args.dist.glob("textthema-*"))
        }
        write_result(args.out, "ecosystem", record, as_markdown(record))
        print(as_markdown(record))

    return exit_code(work)


def _difference(theirs: np.ndarray, ours: np.ndarray) -> dict[str, float]:
    apart = np.abs(theirs - ours)
    return {"largest": float(apart.max()), "mean": float(apart.mean())}


def _sample(rows: int | None) -> list[str]:
    table = read_table(ROOT / "data" / "sample" / "quotes.csv")
    return [plain(text) for text in texts_of(table, "quote", allow_empty=True).values()][:rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help="texts of the sample (default: all)")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="folder of wheel and source distribution")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
