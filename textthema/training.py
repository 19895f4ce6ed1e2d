"""Fine-tuning with fastai and blurr: frozen head, learning-rate finder, one cycle, unfrozen one cycle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastai.callback.schedule import valley  # also gives Learner fit_one_cycle and lr_find
from fastai.data.block import DataBlock, MultiCategoryBlock, RegressionBlock
from fastai.data.core import DataLoaders
from fastai.data.transforms import ColReader, ColSplitter
from fastai.learner import Learner
from fastai.metrics import AccumMetric
from fastai.optimizer import OptimWrapper
from fastai.text.data import SortedDL
from fastai.torch_core import distrib_barrier
from safetensors.torch import load_file
from sklearn.metrics import label_ranking_average_precision_score

from textthema.auxiliary import frequent_tags, with_auxiliary
from textthema.blurr_compat import load_blurr
from textthema.bundle import replacing
from textthema.checkpoints import (
    BEST,
    STEPS,
    Checkpoint,
    Progress,
    ResumeAt,
    StopEarly,
    epoch_figures,
    read_progress,
    restore,
)
from textthema.distillation import TAUGHT, teacher_logits, with_soft_targets
from textthema.distributed import alone, hold_share, is_main, join_processes, main_first, together
from textthema.encoder import keep_labels, load_encoder, load_run, save_run
from textthema.errors import InputError, NotEnoughDataError
from textthema.labels import read_rules
from textthema.losses import WithAuxiliary, find_loss
from textthema.manifest import append_line
from textthema.mixed_precision import compute_in_bfloat16, hold_bfloat16
from textthema.scoring import predict_logits
from textthema.splits import author_codes
from textthema.staging import truth_matrix

HISTORY = "history.csv"
RATES = "lr_find.json"
_FEWEST_ROWS = 8
# What an earlier run in the same folder may have left, and a new one must not be taken for its own.
_LEFTOVERS = (
    "checkpoint*",
    "best.safetensors",
    "model.safetensors",
    "labels.json",
    "validation_scores.npz",
    "thresholds.*",
    RATES,
    HISTORY,
    STEPS,
    "calibration.json",
    TAUGHT,
)


@dataclass(frozen=True)
class TrainSettings:
    """What a training run is told.

    Args:
        encoder: Name or folder of a Hugging Face encoder.
        loss: One of ``textthema.losses.LOSSES``.
        epochs: Epochs with everything unfrozen.
        frozen_rows: Rows of the one frozen epoch, in which only the head learns.
        frozen_lr: The head's rate in it; None lets the learning-rate finder choose.
        embedding_lr: Highest rate of the lowest layers; rates rise geometrically towards the head's.
        head_lr: Highest rate of the head.
        batch_size: Texts a step, of all processes together.
        max_length: Tokens that are read of a text.
        weight_decay: AdamW's weight decay.
        dropout: Probability of dropping a feature.
        precision: ``"fp32"``, or ``"bf16"`` for a forward and backward pass in bfloat16.
        auxiliary_tags: How many of the most frequent further tags are learnt beside the labels and then dropped.
        auxiliary_weight: How much they count in the loss.
        teacher: Folder of a finished run whose probabilities are mixed into the labels; None for the labels alone.
        teacher_weight: Share of the teacher's probabilities.
        patience: Epochs without a better validation LRAP after which training stops.
        checkpoint_every: Steps between checkpoints.
        max_rows: Train on that many rows drawn at random; None for all.
        monitor_rows: Validation rows that each epoch's LRAP is measured on.
        collection: Name of the collection, whose rules say which further tags mean something.
        seed: Decides the order of rows and the head's first weights.
    """

    encoder: str = "roberta-base"
    loss: str = "bce"
    epochs: int = 2
    frozen_rows: int = 6_000
    frozen_lr: float | None = None
    embedding_lr: float = 1.2e-5
    head_lr: float = 1.2e-3
    batch_size: int = 48
    max_length: int = 96
    weight_decay: float = 0.01
    dropout: float = 0.1
    precision: str = "fp32"
    auxiliary_tags: int = 0
    auxiliary_weight: float = 0.3
    teacher: str | None = None
    teacher_weight: float = 0.5
    patience: int = 2
    checkpoint_every: int = 200
    max_rows: int | None = None
    monitor_rows: int = 4_000
    collection: str = "quotes"
    seed: int = 0


def train(
    training: pd.DataFrame,
    validation: pd.DataFrame,
    labels: Sequence[str],
    run: Path,
    settings: TrainSettings,
    *,
    resume: bool = False,
) -> pd.DataFrame:
    """Fine-tune an encoder on labelled texts, together with the other processes of a launcher, if there are any.

    Args:
        training: Columns ``text`` and ``themes`` (list of labels); with auxiliary tags also ``tags`` and ``author``.
        validation: The same.
        labels: The labels in the head's order.
        run: Folder that gets checkpoints, the model and validation scores.
        settings: The recipe.
        resume: Whether to go on from the folder's last checkpoint.

    Returns:
        One row an epoch: stage, epoch, losses, validation LRAP.

    Raises:
        NotEnoughDataError: If there are too few rows for a batch.
        InputError: If ``run`` was begun with other settings, or the processes can't share a batch evenly.
        MissingDependencyError: If there are several processes, but no accelerate.
    """
    _hold_rows(len(training), len(validation), settings)
    if settings.precision == "bf16":
        hold_bfloat16()
    join_processes()
    hold_share(settings.batch_size)
    if is_main():
        _hold_settings(run, settings, resume=resume)
    distrib_barrier()
    np.random.seed(settings.seed)  # noqa: NPY002 - fastai shuffles with NumPy's global state
    torch.manual_seed(settings.seed)
    if settings.max_rows is not None and settings.max_rows < len(training):
        training = training.sample(settings.max_rows, random_state=settings.seed)
    further = frequent_tags(training, labels, settings.auxiliary_tags, read_rules(settings.collection))
    model, tokenizer = load_encoder(settings.encoder, len(labels) + len(further), settings.dropout)
    if settings.precision == "bf16":
        compute_in_bfloat16(model)
    monitored = validation.sample(min(len(validation), settings.monitor_rows), random_state=settings.seed)
    training, monitored = with_auxiliary(training, further), with_auxiliary(monitored, further)
    if settings.teacher is not None:
        training = _taught(training, labels, further, run, settings)
    learners = partial(
        make_learner, labels=labels, further=further, model=model, tokenizer=tokenizer, settings=settings
    )
    done = read_progress(run) if resume else Progress()
    if done.stage == "frozen":
        head_rows = training.sample(min(len(training), settings.frozen_rows), random_state=settings.seed)
        done = Progress("unfrozen", history=_fit_head(learners(head_rows, monitored), run, settings))
    history = _fit_all(learners(training, monitored), run, settings, done)
    keep_labels(model, len(labels))
    if is_main():
        save_run(model, tokenizer, list(labels), run)
    return pd.DataFrame(history)


def finish_run(
    run: Path,
    splits: Path,
    validation: pd.DataFrame,
    settings: TrainSettings,
    history: pd.DataFrame,
    *,
    max_length: int,
) -> None:
    """Score the validation rows for tuning; write history and manifest.

    Args:
        run: Folder that ``train`` filled.
        splits: Folder of the rows that it was trained on.
        validation: Columns ``text``, ``author`` and ``themes``.
        settings: The recipe.
        history: What ``train`` returned.
        max_length: Tokens that the served model reads of a text, if its encoder can.
    """
    model, tokenizer, labels = load_run(run)
    max_length = min(max_length, tokenizer.model_max_length)
    logits = predict_logits(model, tokenizer, validation["text"].tolist(), max_length, progress=True)
    truth = truth_matrix(validation["themes"], labels)
    with replacing(run / "validation_scores.npz") as temporary:
        np.savez_compressed(temporary, logits=logits, truth=truth, groups=author_codes(validation["author"]))
    shutil.copy(splits / "manifest.jsonl", run / "manifest.jsonl")
    append_line(
        run / "manifest.jsonl",
        "train",
        {name: splits / f"{name}.parquet" for name in ("train", "validation")},
        asdict(settings),
        {"history": history.to_dict("records"), "validation_rows": len(validation)},
    )
    # Last, because a run with a history counts as finished.
    with replacing(run / HISTORY) as temporary:
        history.to_csv(temporary, index=False)


def make_learner(
    training: pd.DataFrame,
    validation: pd.DataFrame,
    labels: Sequence[str],
    model: torch.nn.Module,
    tokenizer: object,
    settings: TrainSettings,
    *,
    further: Sequence[str] = (),
) -> Learner:
    """Put data, model and loss into a fastai Learner the blurr way.

    Args:
        training: Columns ``text`` and ``themes``.
        validation: The same.
        labels: The labels in the head's order.
        model: A classifier from ``load_encoder``.
        tokenizer: Its tokenizer.
        settings: The recipe.
        further: Tags that are learnt beside the labels, after them in the head's order.

    Returns:
        A frozen Learner.
    """
    blurr = load_blurr()
    dls = make_dataloaders(training, validation, [*labels, *further], model, tokenizer, settings)
    counts = training["themes"].explode().value_counts().reindex(list(labels), fill_value=0)
    loss = find_loss(settings.loss, torch.tensor(counts.to_numpy()), len(training))
    return Learner(
        dls,
        blurr.BaseModelWrapper(model),
        loss_func=WithAuxiliary(loss, len(labels), settings.auxiliary_weight),
        opt_func=partial(OptimWrapper, opt=torch.optim.AdamW, fused=True),
        wd=settings.weight_decay,
        splitter=blurr.blurr_splitter,
        # Without this, fastai keeps every LayerNorm of a frozen encoder training and back-propagates through all of it.
        train_bn=False,
        metrics=[AccumMetric(partial(_lrap, n_labels=len(labels)), flatten=False, to_np=True, invert_arg=True)],
        cbs=[blurr.BaseModelCallback()],
    )


def make_dataloaders(
    training: pd.DataFrame,
    validation: pd.DataFrame,
    labels: Sequence[str],
    model: torch.nn.Module,
    tokenizer: object,
    settings: TrainSettings,
) -> DataLoaders:
    """Make length-bucketed, dynamically padded batches.

    Args:
        training: Columns ``text``, ``themes`` and, where a teacher gave them, soft ``targets``.
        validation: Columns ``text`` and ``themes``.
        labels: The labels in the head's order.
        model: A classifier from ``load_encoder``.
        tokenizer: Its tokenizer.
        settings: Batch size and maximum length.

    Returns:
        fastai DataLoaders of ({input_ids, attention_mask}, multi-hot truth).
    """
    blurr = load_blurr()
    soft = "targets" in training.columns
    if soft:
        validation = validation.assign(targets=list(truth_matrix(validation["themes"], list(labels))))
    rows = pd.concat([training.assign(is_valid=False), validation.assign(is_valid=True)], ignore_index=True)
    rows["themes"] = rows["themes"].map(list)
    text_block = blurr.TextBlock(
        hf_arch=model.config.model_type,
        hf_config=model.config,
        hf_tokenizer=tokenizer,
        hf_model=model,
        include_labels=False,
        max_length=settings.max_length,
        dl_type=partial(SortedDL, sort_func=_length),
    )
    block = DataBlock(
        blocks=(text_block, RegressionBlock(len(labels)) if soft else MultiCategoryBlock(vocab=list(labels))),
        get_x=ColReader("text"),
        get_y=ColReader("targets" if soft else "themes"),
        splitter=ColSplitter("is_valid"),
    )
    return block.dataloaders(rows, bs=settings.batch_size, val_bs=2 * settings.batch_size, num_workers=0)


def _hold_rows(n_training: int, n_validation: int, settings: TrainSettings) -> None:
    fewest = max(_FEWEST_ROWS, settings.batch_size)
    if min(n_training, settings.frozen_rows, settings.max_rows or fewest) < fewest or n_validation < _FEWEST_ROWS:
        raise NotEnoughDataError(
            f"training needs {fewest} rows, a batch of them, and {_FEWEST_ROWS} for validation; "
            f"there are {n_training} and {n_validation}",
            value=n_training,
        )


def _taught(
    training: pd.DataFrame, labels: Sequence[str], further: Sequence[str], run: Path, settings: TrainSettings
) -> pd.DataFrame:
    # The main process asks the teacher and keeps the answers, where the others find them.
    with main_first():
        logits = teacher_logits(
            training["text"].tolist(),
            labels,
            Path(settings.teacher),
            run / TAUGHT,
            max_length=settings.max_length,
            precision=settings.precision,
        )
    return with_soft_targets(training, [*labels, *further], logits, settings.teacher_weight)


def _fit_head(learner: Learner, run: Path, settings: TrainSettings) -> list[dict[str, object]]:
    learner.freeze()
    rate = settings.frozen_lr or _found_rate(learner, run)
    with together(learner):
        learner.fit_one_cycle(1, rate)
    return [epoch_figures("frozen", 0, learner.recorder.values[-1])]


def _fit_all(learner: Learner, run: Path, settings: TrainSettings, done: Progress) -> list[dict[str, object]]:
    learner.unfreeze()
    callbacks: list[Callback] = [
        Checkpoint(run, done, every=settings.checkpoint_every, seed=settings.seed),
        StopEarly(done, settings.patience),
    ]
    if done.tensors:
        learner.model.to(learner.dls.device)
        learner.create_opt()
        restore(run, learner)
        callbacks.append(ResumeAt(done.epoch, done.step))
    rates = slice(settings.embedding_lr, settings.head_lr)
    with together(learner):
        learner.fit_one_cycle(settings.epochs, rates, cbs=callbacks, start_epoch=done.epoch)
    distrib_barrier()
    learner.model.hf_model.load_state_dict(load_file(run / BEST))
    return read_progress(run).history


def _found_rate(learner: Learner, run: Path) -> float:
    # In the main process alone: under fastai's distributed context each would stop by its own share's loss.
    if is_main():
        with alone():
            _find_rate(learner, run)
    distrib_barrier()
    return float(json.loads((run / RATES).read_text(encoding="utf-8"))["valley"])


def _find_rate(learner: Learner, run: Path) -> None:
    learner.path = run
    found = learner.lr_find(suggest_funcs=(valley,), show_plot=False)
    curve = {
        "lr": [float(x) for x in learner.recorder.lrs],
        "loss": [float(x) for x in learner.recorder.losses],
    }
    (run / RATES).write_text(json.dumps({"valley": found.valley, **curve}) + "\n", encoding="utf-8")


def _hold_settings(run: Path, settings: TrainSettings, *, resume: bool) -> None:
    run.mkdir(parents=True, exist_ok=True)
    path = run / "settings.json"
    told = asdict(settings)
    if path.exists() and not resume:
        for leftover in (path, *(left for name in _LEFTOVERS for left in run.glob(name))):
            leftover.unlink(missing_ok=True)
    if resume and path.exists():
        begun = json.loads(path.read_text(encoding="utf-8"))
        changed = {key for key in told if begun.get(key) != told[key]}
        if changed:
            raise InputError(
                f"{run} was begun with other settings ({', '.join(sorted(changed))}); "
                "resume with the same ones or train into another folder",
                value=sorted(changed),
            )
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _length(example: tuple[str, ...]) -> int:
    return len(example[0])


def _lrap(truth: np.ndarray, logits: np.ndarray, n_labels: int) -> float:
    return float(label_ranking_average_precision_score(truth[:, :n_labels] > 0, logits[:, :n_labels]))
