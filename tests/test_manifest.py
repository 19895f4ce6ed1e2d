import hashlib

from textthema.manifest import append_line, read_lines


def test_lines_are_added_and_read_back_in_order(tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(b"a,b\n")
    manifest = tmp_path / "manifest.jsonl"
    append_line(manifest, "clean", {"raw": source}, {"seed": 0}, {"rows": 1})
    append_line(manifest, "split", {}, {}, {})
    first, second = read_lines(manifest)
    assert first["inputs"]["raw"] == {"file": "in.csv", "sha256": hashlib.sha256(b"a,b\n").hexdigest()}
    assert (first["settings"], first["counts"]) == ({"seed": 0}, {"rows": 1})
    assert second["stage"] == "split"
    assert "numpy" in first["versions"]


def test_no_manifest_is_no_lines(tmp_path):
    assert read_lines(tmp_path / "manifest.jsonl") == []
