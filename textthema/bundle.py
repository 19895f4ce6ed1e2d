"""The model directory: find it, read it, verify it, seal it.

::

    config.json                  what the model is: labels, maximum length (Hugging Face conventions)
    tokenizer.json               text → token ids
    onnx/model_quantized.onnx    token ids → logits and embedding
    thresholds.json              probability from which a label counts as a theme
    nuances.json                 names and thresholds of the graph's further heads (where it has any)
    catalogue/                   authors, books and their kin that texts are compared with (where there are any)
    manifest.json                sha256 of every other file, and how the model came to be
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from textthema.collection import find_collection
from textthema.errors import BundleCorruptError, BundleNotFoundError, InputError, shown

FORMAT = 1
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
ONNX = "onnx/model_quantized.onnx"
THRESHOLDS = "thresholds.json"
NUANCES = "nuances.json"
MANIFEST = "manifest.json"
CARD = "README.md"


@dataclass(frozen=True)
class Heads:
    """The heads that a graph has beside the labels', in the order of its outputs.

    Attributes:
        text: Head of a whole text → probability from which it counts.
        tokens: Head of each token → probability from which it counts.
    """

    text: dict[str, float]
    tokens: dict[str, float]


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model directory that was read and found whole.

    Attributes:
        root: The directory.
        labels: Label of each output of the model, in the model's order.
        thresholds: Probability from which each label counts, float32, shape (n_labels,).
        max_length: Tokens of a text that the model reads, special tokens included.
        collection: Name of the collection that it learnt from.
        onnx_path: The model's graph and weights.
        tokenizer_path: The tokenizer's definition.
        manifest: The parsed ``manifest.json``.
        heads: What the graph says beside the labels, None where it says nothing else.
    """

    root: Path
    labels: tuple[str, ...]
    thresholds: np.ndarray
    max_length: int
    collection: str
    onnx_path: Path
    tokenizer_path: Path
    manifest: dict[str, Any]
    heads: Heads | None = None

    @classmethod
    def read(cls, root: str | Path, *, verify: bool = True) -> Bundle:
        """Read a model directory and compare every file with the manifest.

        Args:
            root: The directory.
            verify: Whether to hash the files; without it only their presence and form are checked.

        Returns:
            The directory's contents, ready for an encoder.

        Raises:
            BundleNotFoundError: The directory or one of its files is missing.
            BundleCorruptError: A file is broken or differs from what the manifest says.
        """
        root = Path(root)
        if not root.is_dir():
            raise BundleNotFoundError(f"there is no model directory at {shown(str(root))}", value=str(root))
        manifest = _read_manifest(root)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda file: _check_file(root, file[0], file[1], verify), manifest["files"].items()))
        labels, max_length, collection = _read_config(root)
        return cls(
            root=root,
            labels=labels,
            thresholds=_read_thresholds(root, labels),
            max_length=max_length,
            collection=collection,
            onnx_path=root / ONNX,
            tokenizer_path=root / TOKENIZER,
            manifest=manifest,
            heads=_read_heads(root) if NUANCES in manifest["files"] else None,
        )

    @property
    def encoder_id(self) -> str:
        """Name the encoder, so that what was made with its embeddings is never compared with another's.

        A graph that gets further outputs keeps the name: its manifest says so under ``encoder``. Otherwise it is the
        graph's sha256.
        """
        name: str = self.manifest.get("encoder", self.manifest["files"][ONNX])
        return name


def find_default(collection: str = "quotes") -> Path:
    """Find a model directory that comes with TextThema.

    Args:
        collection: Name of the collection whose model it is.

    Returns:
        The first that exists of: ``model/`` inside the package (installed wheel), ``deployment_hf/model/``
        beside it (checkout), ``model/`` beside the zip file that holds it (Space); another collection's model has
        another folder's name.

    Raises:
        BundleNotFoundError: None of the three exists.
        InputError: There is no such collection.
    """
    folder = find_collection(collection).model_folder
    package = Path(__file__).parent
    places = [package / folder, package.parent / "deployment_hf" / folder]
    if package.parent.is_file():
        places.append(package.parent.parent / folder)
    for place in places:
        if place.is_dir():
            return place
    looked = ", ".join(str(place) for place in places)
    raise BundleNotFoundError(
        f"the default model is missing (looked in {looked}); give a model directory, or install again",
        value=looked,
    )


def write_manifest(root: str | Path, lineage: dict[str, Any], encoder: str | None = None) -> dict[str, Any]:
    """Hash every file of a model directory and write ``manifest.json``.

    Hidden files are left out: version control and download caches put theirs here. So is the card, which is written
    again whenever the model is measured.

    Args:
        root: The model directory, complete but for its manifest.
        lineage: How the model came to be: data fingerprints, settings, versions. Must be JSON.
        encoder: Name of the encoder, where the graph got further outputs since its embeddings were first used; by
            default the graph's own sha256 is the name.

    Returns:
        The manifest, as written.

    Raises:
        BundleNotFoundError: The directory is missing.
    """
    root = Path(root)
    if not root.is_dir():
        raise BundleNotFoundError(f"there is no model directory at {shown(str(root))}", value=str(root))
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    hashed = [name for name in names if name not in (MANIFEST, CARD) and not _is_hidden(name)]
    manifest = {
        "format": FORMAT,
        "files": {name: file_digest(root / name) for name in hashed},
        "lineage": lineage,
    }
    if encoder is not None:
        manifest["encoder"] = encoder
    with replacing(root / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def put_folder(root: str | Path, name: str, source: Path) -> None:
    """Give a model directory a folder, in the place of one of that name, and seal it again.

    Everything is made ready in a copy beside it, which then takes its place; lineage and the encoder's name stay.

    Args:
        root: The model directory.
        name: Name of the folder in it.
        source: The folder to copy.

    Raises:
        BundleError: The model directory is missing or was damaged.
        InputError: The copy can't be written.
    """
    root = Path(os.path.realpath(root))
    manifest = Bundle.read(root).manifest
    made = root.with_name(f".{root.name}.{os.urandom(16).hex()}")
    try:
        shutil.copytree(root, made)
        shutil.rmtree(made / name, ignore_errors=True)
        shutil.copytree(source, made / name)
        write_manifest(made, manifest.get("lineage", {}), encoder=manifest.get("encoder"))
        _exchange(root, made)
    except OSError as error:
        raise InputError(
            f"can't write {shown(str(root))}: {error.strerror or error}; nothing was changed", value=str(root)
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def replacing(target: str | Path, temporary_name: str | None = None) -> Iterator[Path]:
    """Give a temporary path that takes the target's place when the block ends well.

    Whatever ends the block otherwise, an error or Ctrl-C, the temporary file is removed and the target stays
    as it was. The file is created at once, so that a folder that can't be written fails before any work.

    Args:
        target: The file to write; a symbolic link is followed.
        temporary_name: For a target with one writer at a time: what a killed one left under it is written over. By
            default a name that nobody else takes.

    Yields:
        An empty file beside the target.

    Raises:
        InputError: The file can't be written.
    """
    target = Path(os.path.realpath(target))
    temporary = target.with_name(temporary_name or f".{os.urandom(16).hex()}{target.suffix}")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary.touch(exist_ok=temporary_name is not None)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"can't write {shown(str(target))}: {reason}; choose another path", value=str(target)
        ) from error
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


def _exchange(root: Path, made: Path) -> None:
    old = made.with_name(f"{made.name}.old")
    root.rename(old)
    try:
        made.rename(root)
    except OSError:
        old.rename(root)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def file_digest(path: Path) -> str:
    """Give the sha256 of a file's bytes.

    Args:
        path: The file.

    Returns:
        Hexadecimal digits.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _read_manifest(root: Path) -> dict[str, Any]:
    manifest = _read_json(root, MANIFEST)
    if manifest.get("format") != FORMAT:
        found = manifest.get("format")
        raise BundleCorruptError(
            f"{root / MANIFEST} has format {shown(found)}, this version of TextThema reads format {FORMAT}",
            value=found,
        )
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise BundleCorruptError(f"{root / MANIFEST} lists no files", value=files)
    if not isinstance(manifest.get("encoder", ""), str):
        raise BundleCorruptError(f"{root / MANIFEST} names an encoder that is no text", value=manifest["encoder"])
    for name in (CONFIG, TOKENIZER, ONNX, THRESHOLDS):
        if name not in files:
            raise BundleCorruptError(f"{root / MANIFEST} does not list {name}, so it can't be verified", value=name)
    return manifest


def _check_file(root: Path, name: str, digest: str, verify: bool) -> None:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        raise BundleCorruptError(f"{root / MANIFEST} names {shown(name)}, outside the directory", value=name)
    path = root / name
    if not path.is_file():
        raise BundleNotFoundError(f"{shown(name)} is missing from {root}; download the model again", value=name)
    if verify and file_digest(path) != digest:
        raise BundleCorruptError(
            f"{shown(name)} in {root} is not the file that {MANIFEST} describes: it was damaged or changed; "
            "download the model again",
            value=name,
        )


def _read_json(root: Path, name: str) -> dict[str, Any]:
    path = root / name
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleNotFoundError(f"{name} is missing from {root}: it is no TextThema model", value=name) from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleCorruptError(f"{path} can't be read: {error}", value=name) from error
    if not isinstance(parsed, dict):
        raise BundleCorruptError(f"{path} holds no JSON object", value=name)
    return parsed


def _read_config(root: Path) -> tuple[tuple[str, ...], int, str]:
    config = _read_json(root, CONFIG)
    names = config.get("id2label")
    if not isinstance(names, dict) or set(names) != {str(i) for i in range(len(names))}:
        raise BundleCorruptError(f"{root / CONFIG}: id2label must number the labels from 0", value=names)
    labels = tuple(names[str(i)] for i in range(len(names)))
    if not labels or not all(isinstance(label, str) for label in labels) or len(set(labels)) < len(labels):
        raise BundleCorruptError(f"{root / CONFIG}: id2label must hold distinct strings", value=names)
    settings = config.get("textthema")
    settings = settings if isinstance(settings, dict) else {}
    max_length = settings.get("max_length")
    if type(max_length) is not int or max_length < 3:
        raise BundleCorruptError(
            f"{root / CONFIG}: textthema.max_length must be an integer of 3 or more, not {shown(max_length)}",
            value=max_length,
        )
    return labels, max_length, settings.get("collection", "quotes")


def _read_thresholds(root: Path, labels: tuple[str, ...]) -> np.ndarray:
    stored = _read_json(root, THRESHOLDS)
    per_label = stored.get("labels", {})
    if not isinstance(per_label, dict) or not set(per_label) <= set(labels):
        raise BundleCorruptError(f"{root / THRESHOLDS} names labels that the model lacks", value=per_label)
    values: list[Any] = [per_label.get(label, stored.get("global")) for label in labels]
    for label, value in zip(labels, values, strict=True):
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise BundleCorruptError(
                f"{root / THRESHOLDS}: {shown(label)} has threshold {shown(value)}, not one from 0 to 1",
                value=value,
            )
    thresholds = np.array(values, dtype=np.float32)
    thresholds.flags.writeable = False
    return thresholds


def _read_heads(root: Path) -> Heads:
    stored = _read_json(root, NUANCES)
    kinds: list[Any] = [stored.get(kind) for kind in ("text", "tokens")]
    for thresholds in kinds:
        if not isinstance(thresholds, dict) or not thresholds:
            raise BundleCorruptError(f"{root / NUANCES} names no heads: {shown(thresholds)}", value=thresholds)
        for name, value in thresholds.items():
            if type(value) not in (int, float) or not 0 <= value <= 1:
                raise BundleCorruptError(
                    f"{root / NUANCES}: {shown(name)} has threshold {shown(value)}, not one from 0 to 1", value=value
                )
    return Heads(*kinds)
