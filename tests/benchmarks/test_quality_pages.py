"""What the page says of a split, of int8 and of one encoder for two collections."""

import quality_pages
from quality_pages import FP32, TWO_HEADS

from textthema.metrics import METRIC_TITLES


def data(unnamed):
    return {"rows": {"test": 1_000}, "rows_without_author": {"test": unnamed}}


def gains(**values):
    return {name: dict.fromkeys(("value", "low", "high"), values.get(name, 0.0)) for name in METRIC_TITLES}


def test_a_split_with_unnamed_authors_does_not_claim_that_all_are_unseen():
    named = quality_pages._whose({"collection": "quotes", "data": data(0)})
    assert named == "1,000 test rows of authors that no model has seen"
    half = quality_pages._whose({"collection": "books", "data": data(400)})
    assert "600 by authors of whom no row is in training or validation" in half
    assert "400 name no author" in half and "series" in half


def test_int8_is_held_to_fp32_in_every_column():
    (_, good) = quality_pages._int8_lost({FP32: gains(lrap=-0.002)})
    assert "within 0.005 of fp32 in every column" in good and "-0.0020 (LRAP)" in good
    (_, bad) = quality_pages._int8_lost({FP32: gains(macro_f1=-0.006)})
    assert "not in every column" in bad
    assert quality_pages._int8_lost({}) == []


def test_one_encoder_is_decided_by_what_it_would_lose():
    (_, apart) = quality_pages._one_encoder({TWO_HEADS: gains(micro_f1=0.05, macro_f1=0.1)})
    assert "+0.050 micro-F1 and +0.100 macro-F1" in apart and "keeps an encoder of its own" in apart
    (_, one) = quality_pages._one_encoder({TWO_HEADS: gains(micro_f1=-0.01, macro_f1=0.1)})
    assert "one encoder would do" in one
