import json
from pathlib import Path

import numpy as np
import pytest

from textthema import bundle as bundle_module
from textthema.bundle import Bundle, find_default, put_folder, replacing, write_manifest
from textthema.errors import BundleCorruptError, BundleNotFoundError, InputError


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    write_manifest(path.parent, {})


def test_reads_what_was_written(stand_in):
    found = Bundle.read(stand_in)
    assert found.root == stand_in
    assert found.labels == ("sea", "home", "grief")
    assert found.max_length == 16
    assert found.onnx_path.read_bytes() == b"weights"
    assert found.tokenizer_path.is_file()
    assert found.manifest["lineage"] == {"made": "by hand"}


def test_a_label_without_its_own_threshold_has_the_global_one(stand_in):
    thresholds = Bundle.read(stand_in).thresholds
    assert thresholds.dtype == np.float32
    assert thresholds.tolist() == pytest.approx([0.4, 0.3, 0.25])
    with pytest.raises(ValueError, match="read-only"):
        thresholds[0] = 0


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "thresholds.json", "onnx/model_quantized.onnx", "manifest.json"]
)
def test_a_missing_file_is_named(stand_in, name):
    (stand_in / name).unlink()
    with pytest.raises(BundleNotFoundError, match=name) as caught:
        Bundle.read(stand_in)
    assert caught.value.value == name


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "thresholds.json", "onnx/model_quantized.onnx"])
def test_a_changed_file_is_named(stand_in, name):
    with (stand_in / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleCorruptError, match=name) as caught:
        Bundle.read(stand_in)
    assert caught.value.value == name
    assert Bundle.read(stand_in, verify=False).labels == ("sea", "home", "grief")


def test_a_missing_directory(tmp_path):
    with pytest.raises(BundleNotFoundError, match="nowhere"):
        Bundle.read(tmp_path / "nowhere")
    with pytest.raises(BundleNotFoundError, match="nowhere"):
        write_manifest(tmp_path / "nowhere", {})


@pytest.mark.parametrize("content", ["", "{", "[]", '"a"', "[" * 100_000, b"\xff\xfe"])
@pytest.mark.parametrize("name", ["manifest.json", "config.json", "thresholds.json"])
def test_broken_json_is_corrupt(stand_in, name, content):
    (stand_in / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BundleCorruptError, match=name):
        Bundle.read(stand_in, verify=False)


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "onnx/../../outside"])
def test_a_manifest_can_not_reach_outside(stand_in, name):
    (stand_in.parent / "outside").write_text("x")
    rewrite_manifest = json.loads((stand_in / "manifest.json").read_text())
    rewrite_manifest["files"][name] = "0"
    (stand_in / "manifest.json").write_text(json.dumps(rewrite_manifest))
    with pytest.raises(BundleCorruptError, match="outside the directory"):
        Bundle.read(stand_in)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(format=2),
        lambda manifest: manifest.update(files=None),
        lambda manifest: manifest["files"].pop("tokenizer.json"),
        lambda manifest: manifest.update(encoder=7),
    ],
)
def test_a_manifest_of_another_form_is_corrupt(stand_in, change):
    manifest = json.loads((stand_in / "manifest.json").read_text())
    change(manifest)
    (stand_in / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleCorruptError, match=r"manifest\.json"):
        Bundle.read(stand_in)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.pop("id2label"),
        lambda config: config.update(id2label={}),
        lambda config: config.update(id2label={"0": "sea", "2": "home"}),
        lambda config: config.update(id2label={"0": "sea", "1": "sea"}),
        lambda config: config.update(id2label={"0": 7}),
        lambda config: config.pop("textthema"),
        lambda config: config.update(textthema={"max_length": "256"}),
        lambda config: config.update(textthema={"max_length": 0}),
    ],
)
def test_a_config_without_sense_is_corrupt(stand_in, change):
    rewrite(stand_in / "config.json", change)
    with pytest.raises(BundleCorruptError, match=r"config\.json"):
        Bundle.read(stand_in)


@pytest.mark.parametrize(
    "change",
    [
        lambda thresholds: thresholds["labels"].update(unknown=0.5),
        lambda thresholds: thresholds["labels"].update(sea=1.5),
        lambda thresholds: thresholds["labels"].update(sea=float("nan")),
        lambda thresholds: thresholds["labels"].update(sea="0.5"),
        lambda thresholds: thresholds.pop("global"),
        lambda thresholds: thresholds.update(labels=[0.1, 0.2, 0.3]),
    ],
)
def test_thresholds_without_sense_are_corrupt(stand_in, change):
    rewrite(stand_in / "thresholds.json", change)
    with pytest.raises(BundleCorruptError, match=r"thresholds\.json"):
        Bundle.read(stand_in)


def test_the_encoder_is_named_after_its_graph_unless_the_manifest_names_it(stand_in):
    graph = Bundle.read(stand_in).manifest["files"]["onnx/model_quantized.onnx"]
    assert Bundle.read(stand_in).encoder_id == graph
    (stand_in / "onnx" / "model_quantized.onnx").write_bytes(b"weights and a further head")
    write_manifest(stand_in, {})
    assert Bundle.read(stand_in).encoder_id != graph
    write_manifest(stand_in, {}, encoder=graph)
    assert Bundle.read(stand_in).encoder_id == graph


def test_the_manifest_leaves_out_hidden_files_and_itself(stand_in):
    (stand_in / ".cache").mkdir()
    (stand_in / ".cache" / "lock").write_text("")
    (stand_in / "extra.bin").write_bytes(b"x")
    manifest = write_manifest(stand_in, {})
    assert sorted(manifest["files"]) == [
        "config.json", "extra.bin", "onnx/model_quantized.onnx", "thresholds.json", "tokenizer.json",
    ]  # fmt: skip
    assert json.loads((stand_in / "manifest.json").read_text()) == manifest


def test_finds_the_model_in_a_wheel_a_checkout_and_beside_a_zip(tmp_path, monkeypatch):
    def package_at(package):
        monkeypatch.setattr(bundle_module, "__file__", str(package / "bundle.py"))

    wheel = tmp_path / "site-packages" / "textthema"
    (wheel / "model").mkdir(parents=True)
    package_at(wheel)
    assert find_default() == wheel / "model"

    checkout = tmp_path / "checkout"
    (checkout / "deployment_hf" / "model").mkdir(parents=True)
    package_at(checkout / "textthema")
    assert find_default() == checkout / "deployment_hf" / "model"
    (checkout / "deployment_hf" / "genres").mkdir()
    assert find_default("books") == checkout / "deployment_hf" / "genres"

    space = tmp_path / "space"
    (space / "model").mkdir(parents=True)
    (space / "textthema.zip").write_bytes(b"")
    package_at(space / "textthema.zip" / "textthema")
    assert find_default() == space / "model"


def test_no_default_model_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_module, "__file__", str(tmp_path / "textthema" / "bundle.py"))
    with pytest.raises(BundleNotFoundError, match="deployment_hf"):
        find_default()


def test_the_default_model_is_whole_and_small(bundle):
    sizes = {path.relative_to(bundle.root): path.stat().st_size for path in bundle.root.rglob("*") if path.is_file()}
    catalogue = sum(size for path, size in sizes.items() if path.parts[0] == "catalogue")
    heads = bundle.manifest["lineage"]["nuances"]["bytes_added"]
    assert catalogue <= 15e6
    assert heads <= 4e6
    assert sum(sizes.values()) - catalogue - heads <= 40e6
    assert bundle.onnx_path.stat().st_size - heads <= 26e6
    assert bundle.thresholds.shape == (len(bundle.labels),)
    assert Path(find_default()) == bundle.root


def test_replacing_puts_the_new_file_in_place(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.suffix == ".csv"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_replacing_follows_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with replacing(tmp_path / "link.csv") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_replacing_leaves_nothing_behind_when_it_fails(tmp_path, failure):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def fail():
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("place", ["nowhere/out.csv", "file/out.csv", "folder"])
def test_replacing_where_nothing_can_be_written(tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="can't write"), replacing(tmp_path / place):
        pytest.fail("must not be reached")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_default_model_tells_nothing_of_the_machine_that_exported_it(bundle):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(bundle.onnx_path)
    assert not [node.name for node in model.graph.node if node.metadata_props or node.doc_string]


def test_a_card_may_be_written_again(stand_in):
    (stand_in / "README.md").write_text("measured", encoding="utf-8")
    write_manifest(stand_in, {})
    (stand_in / "README.md").write_text("measured again", encoding="utf-8")
    assert Bundle.read(stand_in).labels


@pytest.fixture
def extra(tmp_path):
    """A folder to be put into a model."""
    folder = tmp_path / "extra"
    folder.mkdir()
    (folder / "new.txt").write_text("new")
    return folder


def test_a_folder_takes_the_place_of_the_one_before(stand_in, extra):
    (stand_in / "extra").mkdir()
    (stand_in / "extra" / "old.txt").write_text("old")
    write_manifest(stand_in, {"made": "by hand"}, encoder="e" * 64)
    put_folder(stand_in, "extra", extra)
    found = Bundle.read(stand_in)
    assert (found.encoder_id, found.manifest["lineage"]) == ("e" * 64, {"made": "by hand"})
    assert [name for name in found.manifest["files"] if name.startswith("extra")] == ["extra/new.txt"]
    assert not (stand_in / "extra" / "old.txt").exists()


@pytest.mark.parametrize("failing", ["copytree", "rename"])
def test_a_folder_that_can_not_be_put_in_changes_nothing(stand_in, extra, monkeypatch, failing):
    before = sorted(path.name for path in stand_in.parent.iterdir())
    full = OSError(28, "No space left on device")
    if failing == "copytree":
        monkeypatch.setattr(bundle_module.shutil, "copytree", lambda *_: (_ for _ in ()).throw(full))
    else:
        rename, calls = Path.rename, []

        def second_fails(self, target):
            calls.append(target)
            if len(calls) == 2:
                raise full
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(InputError, match="No space left"):
        put_folder(stand_in, "extra", extra)
    assert sorted(path.name for path in stand_in.parent.iterdir()) == before
    assert "extra/new.txt" not in Bundle.read(stand_in).manifest["files"]
