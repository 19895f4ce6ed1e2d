"""The whole making wing on a RoBERTa of two layers: the full recipe's own code, in seconds."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from textthema.blurr_compat import load_blurr
from textthema.checkpoints import Checkpoint, read_progress
from textthema.cleaning import clean
from textthema.collection import QUOTES
from textthema.encoder import load_encoder, load_run
from textthema.errors import InputError, NotEnoughDataError
from textthema.labels import read_rules
from textthema.raw import read_raw
from textthema.scoring import predict_logits
from textthema.training import TrainSettings, make_dataloaders, make_learner, train

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def rows(root):
    result = clean(read_raw(root / "data" / "sample" / "quotes.csv", QUOTES), QUOTES, read_rules(), progress=False)
    return result.table.iloc[:96], result.table.iloc[96:160], result.labels


@pytest.fixture(scope="module")
def settings(tiny_roberta):
    return TrainSettings(
        encoder=str(tiny_roberta),
        epochs=2,
        frozen_rows=32,
        frozen_lr=1e-3,
        batch_size=16,
        max_length=64,
        checkpoint_every=2,
    )


@pytest.fixture(scope="module")
def finished(rows, settings, tmp_path_factory):
    run = tmp_path_factory.mktemp("run")
    history = train(*rows[:2], rows[2], run, settings)
    return run, history


def test_each_stage_and_epoch_is_in_the_history(finished):
    _, history = finished
    assert list(zip(history["stage"], history["epoch"], strict=True)) == [
        ("frozen", 0),
        ("unfrozen", 0),
        ("unfrozen", 1),
    ]
    assert history["lrap"].iloc[-1] > history["lrap"].iloc[0]
    assert history["lrap"].between(0, 1).all()


def test_a_finished_run_loads_with_its_labels(finished, rows):
    model, tokenizer, labels = load_run(finished[0])
    assert labels == rows[2]
    assert predict_logits(model, tokenizer, ["A short text."], 32).shape == (1, len(labels))


def test_the_same_seed_gives_the_same_model(finished, rows, settings, tmp_path):
    train(*rows[:2], rows[2], tmp_path, settings)
    first, second = (load_run(run)[0].classifier.weight for run in (finished[0], tmp_path))
    assert torch.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("stop_after", [2, 8])
def test_a_stopped_run_resumes_to_the_same_model(finished, rows, settings, tmp_path, monkeypatch, stop_after):
    steps = 0
    written = Checkpoint.after_batch

    class StoppedError(Exception):
        pass

    def stop(self):
        nonlocal steps
        written(self)
        steps += self.training
        if steps == stop_after:
            raise StoppedError("stopped by the test")

    monkeypatch.setattr(Checkpoint, "after_batch", stop)
    with pytest.raises(StoppedError):
        train(*rows[:2], rows[2], tmp_path, settings)
    progress = read_progress(tmp_path)
    assert (progress.epoch, progress.step) == divmod(stop_after, 6)
    monkeypatch.setattr(Checkpoint, "after_batch", written)
    history = train(*rows[:2], rows[2], tmp_path, settings, resume=True)
    assert history[["stage", "epoch"]].equals(finished[1][["stage", "epoch"]])
    resumed, straight = (load_run(run)[0].classifier.weight for run in (tmp_path, finished[0]))
    # Dropout draws differ after the stop; the order of rows and the schedule don't.
    assert torch.nn.functional.cosine_similarity(resumed.flatten(), straight.flatten(), dim=0) > 0.99


def test_bfloat16_and_auxiliary_tags_resume_too_and_leave_neither_in_the_model(rows, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("textthema.training.hold_bfloat16", lambda: None)
    told = replace(settings, precision="bf16", auxiliary_tags=20, dropout=0.0)
    whole = train(*rows[:2], rows[2], tmp_path / "whole", told)
    written = Checkpoint.after_batch

    def stop(self):
        written(self)
        if self.training and self.iter == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "after_batch", stop)
    with pytest.raises(KeyboardInterrupt):
        train(*rows[:2], rows[2], tmp_path / "cut", told)
    monkeypatch.setattr(Checkpoint, "after_batch", written)
    with (tmp_path / "cut" / "steps.csv").open("a") as file:
        file.write("0,")
    resumed = train(*rows[:2], rows[2], tmp_path / "cut", told, resume=True)
    assert resumed["train_loss"].tolist() == pytest.approx(whole["train_loss"].tolist(), rel=0.02)
    steps = [pd.read_csv(tmp_path / run / "steps.csv")["step"].tolist() for run in ("whole", "cut")]
    assert steps[0] == steps[1] == list(range(1, 13))
    model, _, labels = load_run(tmp_path / "cut")
    assert model.classifier.out_features == len(labels) == len(rows[2])
    assert model.classifier.weight.dtype == torch.float32


def test_a_teacher_softens_the_labels_that_it_knows(finished, rows, settings, tmp_path):
    told = replace(settings, teacher=str(finished[0]), teacher_weight=0.25, auxiliary_tags=5, epochs=1)
    history = train(*rows[:2], rows[2], tmp_path, told)
    assert history["lrap"].between(0, 1).all()
    again = train(*rows[:2], rows[2], tmp_path, told, resume=True)
    assert again.equals(history)
    assert load_run(tmp_path)[0].classifier.out_features == len(rows[2])


def test_a_teacher_of_other_labels_is_refused(finished, rows, settings, tmp_path):
    told = replace(settings, teacher=str(finished[0]))
    with pytest.raises(InputError, match="other labels"):
        train(*rows[:2], [*rows[2], "another"], tmp_path, told)


def test_resuming_with_other_settings_is_refused(finished, rows, settings):
    changed = TrainSettings(**{**settings.__dict__, "head_lr": 9e-3})
    with pytest.raises(InputError, match="head_lr"):
        train(*rows[:2], rows[2], finished[0], changed, resume=True)


def test_the_rate_finder_chooses_and_leaves_its_curve(rows, settings, tmp_path):
    found = TrainSettings(**{**settings.__dict__, "frozen_lr": None, "epochs": 1})
    train(*rows[:2], rows[2], tmp_path, found)
    curve = json.loads((tmp_path / "lr_find.json").read_text())
    assert 1e-7 < curve["valley"] < 10
    assert len(curve["lr"]) == len(curve["loss"])


def test_early_stopping_ends_a_run_that_does_not_improve(rows, settings, tmp_path):
    still = TrainSettings(**{**settings.__dict__, "epochs": 6, "patience": 1, "head_lr": 1e-12, "embedding_lr": 1e-13})
    assert len(train(*rows[:2], rows[2], tmp_path, still)) < 7


def test_batches_are_bucketed_and_padded_to_their_longest_text(rows, settings):
    model, tokenizer = load_encoder(settings.encoder, len(rows[2]))
    dls = make_dataloaders(*rows[:2], rows[2], model, tokenizer, settings)
    masks = [batch[0]["attention_mask"] for batch in dls.train]
    assert all(mask.sum(1).max() == mask.shape[1] for mask in masks)
    assert max(mask.shape[1] for mask in masks) <= settings.max_length
    assert len({mask.shape[1] for mask in masks}) > 1
    truth = dls.valid.one_batch()[1]
    assert truth.shape == (32, len(rows[2]))
    assert truth.sum(1).min() >= 1


def test_a_frozen_encoder_learns_nothing(rows, settings):
    model, tokenizer = load_encoder(settings.encoder, len(rows[2]))
    learner = make_learner(*rows[:2], rows[2], model, tokenizer, settings)
    learner.freeze()
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert trained == {"classifier.weight", "classifier.bias"}


def test_blurr_shows_a_batch(rows, settings, monkeypatch):
    model, tokenizer = load_encoder(settings.encoder, len(rows[2]))
    dls = make_dataloaders(*rows[:2], rows[2], model, tokenizer, settings)
    frames = []
    monkeypatch.setattr("blurr.text.data.core.display_df", frames.append)
    dls.show_batch(dataloaders=dls, max_n=2)
    assert list(frames[0].columns) == ["text", "target"]
    assert len(frames[0]) == 2


def test_blurr_comes_with_what_training_uses():
    blurr = load_blurr()
    assert blurr.TextBlock.__module__ == "blurr.text.data.core"
    assert blurr.BaseModelWrapper.__module__ == "blurr.text.modeling.core"


def test_too_few_rows_are_refused(rows, settings, tmp_path):
    with pytest.raises(NotEnoughDataError, match="rows"):
        train(rows[0].iloc[:3], rows[1], rows[2], tmp_path, settings)


def test_an_unknown_encoder_is_named(rows, tmp_path):
    with pytest.raises(InputError, match="no-such-folder"):
        train(*rows[:2], rows[2], tmp_path / "run", TrainSettings(encoder=str(tmp_path / "no-such-folder")))


def test_scores_do_not_depend_on_the_batch(finished):
    model, tokenizer, _ = load_run(finished[0])
    texts = ["Rain.", "The road was long and the boots were not made for it, so we sang.", "No letters came."]
    together = predict_logits(model, tokenizer, texts, 32, batch_size=3)
    alone = np.concatenate([predict_logits(model, tokenizer, [text], 32) for text in texts])
    assert np.abs(together - alone).max() < 1e-4


def test_the_frame_keeps_lists(rows):
    assert isinstance(rows[0], pd.DataFrame)
    assert all(isinstance(themes, list) for themes in rows[0]["themes"])


def test_a_new_run_takes_nothing_from_an_older_one_and_nothing_from_a_stranger(rows, settings, tmp_path):
    older, stranger = tmp_path / "older", tmp_path / "stranger"
    for folder in (older, stranger):
        folder.mkdir()
        (folder / "thresholds.json").write_text("{}")
    (older / "settings.json").write_text("{}")
    broken = TrainSettings(**{**settings.__dict__, "encoder": str(tmp_path / "no-such-folder")})
    for folder in (older, stranger):
        with pytest.raises(InputError):
            train(*rows[:2], rows[2], folder, broken)
    assert not (older / "thresholds.json").exists()
    assert (stranger / "thresholds.json").exists()
