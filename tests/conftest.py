"""Fixtures that more than one test module uses."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from textthema.bundle import Bundle, find_default, write_manifest
from textthema.classifier import ThemeClassifier

# No deadline: a busy machine is no failure.
settings.register_profile("textthema", deadline=None, max_examples=50)
settings.load_profile("textthema")

ROOT = Path(__file__).parents[1]

TEXTS = [
    "The kettle sang while the rain argued with the roof, and neither of them won.",
    "My brother kept our quarrel in a jar on the shelf. We opened it every winter.",
    "Go slowly. The hill was here before your hurry.",
    "Where the map ends, the children begin to draw.",
    "No.",
    "She forgave the sea for its salt, the road for its length, and last of all herself for having been so long "
    "on both of them with nobody's letters to read but her own.",
]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The model that comes with TextThema."""
    return Bundle.read(find_default())


@pytest.fixture(scope="session")
def classifier(bundle) -> ThemeClassifier:
    return ThemeClassifier(bundle)


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return TEXTS


@pytest.fixture
def model_copy(bundle, tmp_path) -> Path:
    """A model directory of the test's own, to be damaged."""
    return Path(shutil.copytree(bundle.root, tmp_path / "model copy"))


@pytest.fixture
def stand_in(tmp_path) -> Path:
    """A sealed model directory in form, small, with nothing in it that runs."""
    folder = tmp_path / "stand-in"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model_quantized.onnx").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    config = {"id2label": {"0": "sea", "1": "home", "2": "grief"}, "textthema": {"max_length": 16}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "thresholds.json").write_text(json.dumps({"global": 0.3, "labels": {"sea": 0.4, "grief": 0.25}}))
    write_manifest(folder, {"made": "by hand"})
    return folder


@pytest.fixture(scope="session")
def model_with_catalogue(bundle, classifier, texts, tmp_path_factory) -> Path:
    """The model that comes with TextThema, with a catalogue of invented entities in the place of its own.

    Entity i was learnt from the i-th of the texts, over and over; its themes are those of that text.
    """
    from tests.tiny_catalogue import ENTITIES, write_tiny_catalogue

    folder = Path(shutil.copytree(bundle.root, tmp_path_factory.mktemp("catalogue") / "model"))
    shutil.rmtree(folder / "catalogue", ignore_errors=True)
    encoded = classifier.encode(texts)
    rows = [i % len(texts) for i in range(len(ENTITIES))]
    themes = (-encoded.logits).argsort(axis=1)[rows, :3]
    write_tiny_catalogue(folder / "catalogue", bundle.encoder_id, encoded.embeddings[rows], themes)
    write_manifest(folder, {}, encoder=bundle.encoder_id)
    return folder


@pytest.fixture
def bundle_without_catalogue(model_copy) -> Path:
    """A model directory that only knows themes."""
    encoder = Bundle.read(model_copy).encoder_id
    shutil.rmtree(model_copy / "catalogue", ignore_errors=True)
    write_manifest(model_copy, {}, encoder=encoder)
    return model_copy


@pytest.fixture(scope="session")
def float_model(bundle, tmp_path_factory) -> Path:
    """The model that comes with TextThema, dequantized for other libraries."""
    from textthema.transformers_folder import write_transformers_folder

    out = tmp_path_factory.mktemp("float") / "model"
    write_transformers_folder(bundle, out)
    return out


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory) -> Path:
    """A RoBERTa of two layers with a tokenizer of its own."""
    from tests.tiny import build_roberta

    return build_roberta(tmp_path_factory.mktemp("roberta") / "tiny-roberta", TEXTS * 4)


@pytest.fixture(scope="session")
def built(root, tiny_roberta, tmp_path_factory) -> Path:
    """A folder in which every stage has run by its command, from the sample to a model that classified a file."""
    from textthema.cli import main

    build = tmp_path_factory.mktemp("build")
    sample = root / "data" / "sample"
    steps = [
        ["clean", sample / "quotes.csv", build / "clean"],
        ["split", build / "clean", build / "splits"],
        [
            *["train", build / "splits", build / "run", "--encoder", tiny_roberta, "--epochs", "1"],
            *["--max-length", "48", "--batch-size", "16", "--max-rows", "240"],
        ],
        ["tune", build / "run"],
        ["export", build / "run", build / "splits", build / "model", "--max-length", "48"],
        ["classify", sample / "texts.csv", build / "tagged.csv", "--model", build / "model"],
    ]
    for step in steps:
        assert main([str(part) for part in step]) == 0, step
    return build
