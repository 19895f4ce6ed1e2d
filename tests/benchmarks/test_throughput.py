import json

import numpy as np
import pytest

pytest.importorskip("psutil", reason="the benchmarks look at processes with psutil")
pytestmark = pytest.mark.train

import throughput  # noqa: E402

from textthema.inference import OnnxEncoder  # noqa: E402


def timed(rate, **more):
    return {"rows": 100, "seconds": 100 / rate, "rows_per_s": rate, **more}


@pytest.fixture
def found():
    shares = {"read": 0.01, "tokenize": 0.04, "infer": 0.9, "write": 0.05}
    return {
        "ours": timed(150.0, start_up_seconds=0.5, rows_per_s_without_start_up=151.0, shares=shares),
        "packed": timed(180.0, start_up_seconds=0.5, rows_per_s_without_start_up=181.0, shares=shares),
        "one_by_one": timed(144.0, score_difference=0.0002),
        "bare": timed(200.0, budget=256, sessions=2, threads=1, mean_tokens=46.2),
        "optimum": {"missing": "its Python is not there"},
        "transformers": timed(15.0, score_difference=0.0012),
    }


def test_ours_is_compared_with_everyone_that_could_run_and_packed_with_who_packs(found):
    aims = throughput.compared(found)
    assert aims["transformers"] == {"ratio": pytest.approx(10.0), "aim": 3.0, "met": True}
    assert aims["one_by_one"]["met"] is False
    assert aims["bare"]["ratio"] == pytest.approx(0.9)
    assert aims["optimum"] == {"ratio": None, "aim": 2.0, "met": None}


def test_the_page_names_who_is_missing_and_which_aims_are_met(found):
    record = {
        "machine": {"cpu": "one", "python": "3"}, "processors": 2, "rows": 100, "seed": 0,
        "contestants": found, "aims": throughput.compared(found),
    }  # fmt: skip
    page = throughput.as_markdown(record)
    assert "Missing: Optimum's pipeline" in page
    assert "transformers met, optimum not measured, one by one not met, bare met" in page
    assert "| 100 | 0.5 | 200.0 | 90% | at least 85% |" in page
    assert "Without packing ours reaches 75% of the bare session." in page
    assert "read 1.0%, tokenize 4.0%, infer 90.0%, write 5.0%" in page


def test_scores_are_compared_as_far_as_both_have_them():
    ours = [{"sea": 0.5, "home": 0.1}, {"sea": 0.2, "home": 0.2}]
    assert throughput.mean_difference(ours, [{"home": 0.1, "sea": 0.7}]) == pytest.approx(0.1)
    assert throughput.mean_difference(ours, []) is None


def test_a_model_without_heads_says_what_it_said_with_them(bundle, texts, tmp_path):
    folder = throughput.without_heads(bundle, tmp_path / "model")
    bare, ours = (
        OnnxEncoder(graph, bundle.tokenizer_path, bundle.max_length)
        for graph in (folder / throughput.GRAPH, bundle.onnx_path)
    )
    assert not bare.has_heads
    assert np.array_equal(bare.encode(texts).logits, ours.encode(texts).logits)
    assert json.loads((folder / "config.json").read_text())["id2label"]["0"] == bundle.labels[0]


def test_who_can_run_is_timed_and_who_cannot_is_missing(root, asked, tmp_path):
    arguments = ["--quotes", root / "data" / "sample" / "quotes.csv", "--rows", 8]
    arguments += ["--float", tmp_path / "none", "--optimum-python", tmp_path / "none", "--out", tmp_path]
    assert throughput.main(list(map(str, arguments))) == 0
    found = json.loads((tmp_path / "throughput.json").read_text())["contestants"]
    assert {key for key, contestant in found.items() if "missing" in contestant} == {"optimum", "transformers"}
    assert all(found[key]["rows"] == 8 for key in ("ours", "packed", "one_by_one", "bare"))
    assert found["one_by_one"]["score_difference"] < 1e-4
    assert "Missing: `transformers`' pipeline" in (tmp_path / "throughput.md").read_text()
