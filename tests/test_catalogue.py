import json
from dataclasses import replace

import numpy as np
import pytest

from tests.tiny_catalogue import ENTITIES, write_tiny_catalogue
from textthema.bundle import Bundle, write_manifest
from textthema.catalogue import FOLDER, KINDS, Arrays, Catalogue, word_hashes, write_catalogue
from textthema.errors import BundleNotFoundError, CatalogueError, InputError

N = len(ENTITIES)
EMBEDDINGS = np.eye(N, dtype=np.float32)
NONE, ALL = np.zeros(3, np.float32), np.ones(3, np.float32)


@pytest.fixture
def model(stand_in):
    """A model of three labels with a catalogue, in which entity i has the i-th unit vector as embedding."""
    encoder = Bundle.read(stand_in).encoder_id
    write_tiny_catalogue(stand_in / FOLDER, encoder, EMBEDDINGS, np.arange(N)[:, None] % 3)
    write_manifest(stand_in, {})
    return stand_in


@pytest.fixture
def catalogue(model):
    return Catalogue.read(Bundle.read(model))


def names(hits):
    return [hit.entity.name for hit in hits]


@pytest.mark.parametrize("place", range(N))
def test_an_entity_is_nearest_to_its_own_texts(catalogue, place):
    wanted = ENTITIES[place]
    found = catalogue.nearest(EMBEDDINGS[place], NONE, wanted.kind, 12)
    assert found[0].entity == wanted
    assert len(found) == len({hit.entity.id for hit in found}) == [e.kind for e in ENTITIES].count(wanted.kind)


def test_scores_are_shares_of_their_kind_in_order(catalogue):
    for kind in KINDS:
        scores = [hit.score for hit in catalogue.nearest(EMBEDDINGS[4], NONE, kind, 50)]
        assert sum(scores) == pytest.approx(1)
        assert scores == sorted(scores, reverse=True)
        assert scores[:1] == [hit.score for hit in catalogue.nearest(EMBEDDINGS[4], NONE, kind, 1)]


def test_a_rare_word_outweighs_a_likeness(catalogue):
    assert names(catalogue.nearest(EMBEDDINGS[9], NONE, "character", 1)) == ["The Miller"]
    said = catalogue.nearest(EMBEDDINGS[9], NONE, "character", 1, text="“Wenna!” she called.")
    assert names(said) == ["Wenna"]


@pytest.mark.parametrize("text", ["", "none of these is known", "語", "zzz " * 5000])
def test_words_that_say_nothing_change_nothing(catalogue, text):
    without = catalogue.nearest(EMBEDDINGS[0], NONE, "author", 3)
    assert catalogue.nearest(EMBEDDINGS[0], NONE, "author", 3, text=text) == without


def test_unknown_words_beside_a_known_one_change_nothing(catalogue):
    known = catalogue.look_up(EMBEDDINGS[9], NONE, "letters").scores
    # nearly every word's number is below that of "letters", the last of the catalogue's
    unknown = " ".join(f"qx{number}" for number in range(50))
    assert catalogue.look_up(EMBEDDINGS[9], NONE, f"letters {unknown}").scores.tolist() == known.tolist()


def test_shared_themes_are_those_of_both_the_strongest_of_the_text_first(catalogue):
    (hit,) = catalogue.nearest(EMBEDDINGS[1], ALL, "author", 1)
    assert hit.shares == ("home",)
    (hit,) = catalogue.nearest(EMBEDDINGS[1], NONE, "author", 1)
    assert hit.shares == ()
    # half of its threshold of 0.3 will do
    (hit,) = catalogue.nearest(EMBEDDINGS[1], np.array([0, 0.16, 0]), "author", 1)
    assert hit.shares == ("home",)


def test_at_most_three_themes_are_shared(stand_in):
    config = json.loads((stand_in / "config.json").read_text())
    config["id2label"] |= {"3": "light", "4": "salt"}
    (stand_in / "config.json").write_text(json.dumps(config))
    bundle = Bundle.read(stand_in, verify=False)
    write_tiny_catalogue(stand_in / FOLDER, bundle.encoder_id, EMBEDDINGS, np.tile(np.arange(5), (N, 1)))
    write_manifest(stand_in, {})
    bundle = Bundle.read(stand_in)
    probabilities = np.array([0.5, 0.6, 0.9, 0.8, 0.7])
    (hit,) = Catalogue.read(bundle).nearest(EMBEDDINGS[0], probabilities, "author", 1)
    assert hit.shares == ("grief", "light", "salt")


def test_an_embedding_of_zeros_is_answered(catalogue):
    assert len(catalogue.nearest(np.zeros(N), NONE, "book", 2)) == 2


@pytest.mark.parametrize(
    ("kind", "top", "embedding"), [("planet", 1, EMBEDDINGS[0]), ("book", 0, EMBEDDINGS[0]), ("book", 1, np.ones(5))]
)
def test_what_can_not_be_asked(catalogue, kind, top, embedding):
    with pytest.raises(InputError):
        catalogue.nearest(embedding, NONE, kind, top)


def test_arrays_stay_in_their_files(catalogue):
    assert isinstance(catalogue._arrays.vectors.base, np.memmap)


def test_the_catalogue_of_another_model_is_refused(model):
    head = json.loads((model / FOLDER / "catalogue.json").read_text())
    head["encoder"] = "0" * 64
    (model / FOLDER / "catalogue.json").write_text(json.dumps(head))
    with pytest.raises(CatalogueError, match="another model") as caught:
        Catalogue.read(Bundle.read(model, verify=False))
    assert caught.value.exit_code == 4
    assert caught.value.value == "0" * 64


def test_a_catalogue_that_the_manifest_does_not_list_is_refused(model):
    path = model / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"][f"{FOLDER}/counts.npy"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(CatalogueError, match=r"does not list catalogue/counts\.npy.*--into") as caught:
        Catalogue.read(Bundle.read(model))
    assert caught.value.value == "counts.npy"


def test_a_model_without_catalogue_says_so(stand_in):
    with pytest.raises(CatalogueError, match=r"catalogue\.json"):
        Catalogue.read(Bundle.read(stand_in))


@pytest.mark.parametrize(
    "head",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"format": 2, "encoder": "", "kinds": {}}',
        '{"format": 1, "kinds": {}}',
        '{"format": 1, "encoder": "ENCODER", "kinds": {"author": [0]}}',
        '{"format": 1, "encoder": "ENCODER", "kinds": {"author": [1, 12]}}',
        '{"format": 1, "encoder": "ENCODER", "kinds": {"author": [0, 7], "book": [5, 12]}}',
        '{"format": 1, "encoder": "ENCODER", "kinds": {"author": [0, 99]}}',
        '{"format": 1, "encoder": "ENCODER", "kinds": {"planet": [0, 12]}}',
    ],
)
def test_a_broken_head_is_refused(model, head):
    bundle = Bundle.read(model)
    (model / FOLDER / "catalogue.json").write_text(head.replace("ENCODER", bundle.encoder_id))
    with pytest.raises(CatalogueError):
        Catalogue.read(bundle)


@pytest.mark.parametrize("name", ["entities.jsonl", *(f"{name}.npy" for name in Arrays.__dataclass_fields__)])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_damaged_files_are_refused(model, name, damage):
    path = model / FOLDER / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "cut": content[:-3], "other": b"PK\x03\x04" + content}[damage])
    # what is missing is missed before anything is read
    with pytest.raises(BundleNotFoundError if damage == "missing" else CatalogueError) as caught:
        Catalogue.read(Bundle.read(model, verify=False))
    assert caught.value.value


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("vectors", lambda array: array.astype(np.float32)),
        ("vectors", lambda array: array[:, :-1]),
        ("themes", lambda array: np.full_like(array, 9)),
        ("postings", lambda array: array + 100),
        ("starts", lambda array: array[::-1].copy()),
        ("starts", lambda array: array * 0),
        ("counts", lambda array: array[:-1]),
        ("weights", lambda array: np.full_like(array, np.nan)),
        ("projection", np.asfortranarray),
        ("lines", lambda array: array + 1),
        ("words", lambda array: array.astype(object)),
        *((name, lambda array: array.ravel()[0].reshape(())) for name in Arrays.__dataclass_fields__),
    ],
)
def test_arrays_that_do_not_fit_are_named(model, name, change):
    path = model / FOLDER / f"{name}.npy"
    changed = change(np.load(path))
    np.save(path, changed, allow_pickle=True)
    with pytest.raises(CatalogueError, match="npy"):
        Catalogue.read(Bundle.read(model, verify=False))


def test_more_entities_than_a_posting_can_name_are_refused(tmp_path, catalogue):
    with pytest.raises(InputError, match="65,536") as caught:
        write_catalogue(tmp_path / "large", "e", ENTITIES[:1] * 65_537, catalogue._arrays, {"author": (0, 65_537)})
    assert caught.value.value == 65_537
    assert not (tmp_path / "large").exists()


def test_an_entity_whose_line_is_broken_is_named(model):
    path = model / FOLDER / "entities.jsonl"
    path.write_bytes(path.read_bytes().replace(b"[", b"{", 1))
    with pytest.raises(CatalogueError, match="entity 0"):
        Catalogue.read(Bundle.read(model, verify=False)).nearest(EMBEDDINGS[0], NONE, "author", 3)


def test_a_catalogue_without_words_is_one_of_vectors(model):
    catalogue = Catalogue.read(Bundle.read(model))
    arrays = replace(
        catalogue._arrays,
        words=np.zeros(0, np.uint32), starts=np.zeros(1, np.uint32),
        postings=np.zeros(0, np.uint16), counts=np.zeros(0, np.uint8),
    )  # fmt: skip
    for name in ("words", "starts", "postings", "counts"):
        np.save(model / FOLDER / f"{name}.npy", getattr(arrays, name))
    found = Catalogue.read(Bundle.read(model, verify=False)).nearest(EMBEDDINGS[0], NONE, "author", 1, text="Wenna")
    assert names(found) == ["Osric Vale"]


def test_word_hashes_forget_order_case_and_repetition():
    assert word_hashes("The sea, the SEA").tolist() == word_hashes("sea the").tolist()
    assert len(word_hashes("")) == 0


def test_beside_the_real_model(model_with_catalogue, classifier, texts):
    catalogue = Catalogue.read(Bundle.read(model_with_catalogue))
    encoded = classifier.encode(texts)
    for place in range(3):
        (hit,) = catalogue.nearest(encoded.embeddings[place], encoded.probabilities[place], "author", 1)
        assert hit.entity == ENTITIES[place]
        assert hit.shares
