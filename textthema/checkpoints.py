"""Checkpoints in the middle of an epoch, in safetensors and JSON, and the way back in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from fastai.callback.core import Callback, CancelBatchException
from fastai.callback.tracker import EarlyStoppingCallback
from fastai.learner import Learner
from fastai.torch_core import get_model
from safetensors.torch import load_file, save_file

from textthema.bundle import replacing
from textthema.distributed import is_main, own_seed
from textthema.encoder import save_weights

BEST = "best.safetensors"
STEPS = "steps.csv"
_STEPS_HEAD = "epoch,step,loss\n"
_STATE = "checkpoint.json"
_TENSORS = "checkpoint-{}.safetensors"


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Args:
        stage: ``"frozen"`` or ``"unfrozen"``.
        epoch: Epoch that is under way.
        step: Steps of it that are done.
        history: What earlier epochs measured.
        tensors: Name of the file with weights and optimizer state.
    """

    stage: str = "frozen"
    epoch: int = 0
    step: int = 0
    history: list[dict[str, object]] = field(default_factory=list)
    tensors: str = ""


class Checkpoint(Callback):
    """Writes weights, optimizer state, position and the steps' losses every so many steps, and seeds each epoch.

    Where several processes train, the main one writes.

    Args:
        run: Folder of the run.
        progress: Where the run was when it was started; its history is carried on.
        every: Steps between checkpoints.
        seed: Each epoch's order of rows follows from it and the epoch's number.
    """

    order = 60  # after fastai's Recorder, which has the epoch's figures

    def __init__(self, run: Path, progress: Progress, *, every: int, seed: int) -> None:
        super().__init__()
        self.run_folder, self.every, self.seed = run, every, seed
        self.history, self.resumed_at = list(progress.history), (progress.epoch, progress.step)
        self.losses: list[str] = []

    def before_fit(self) -> None:
        """Forget the losses of steps after the checkpoint, which are taken again."""
        if not is_main():
            return
        done = self.resumed_at[0] * len(self.dls.train) + self.resumed_at[1]
        kept = [line for line in _whole_lines(self.run_folder / STEPS) if int(line.split(",")[1]) <= done]
        with replacing(self.run_folder / STEPS) as partial:
            partial.write_text("".join([_STEPS_HEAD, *kept]), encoding="utf-8")

    def before_epoch(self) -> None:
        """Make the epoch's order a function of its number, so that a resumed run sees the same batches."""
        np.random.seed(self.seed + 1 + self.epoch)  # noqa: NPY002 - fastai shuffles with NumPy's global state
        torch.manual_seed(own_seed(self.seed + 1 + self.epoch))

    def after_batch(self) -> None:
        """Note the loss; write a checkpoint when it is time."""
        step = self.iter + 1
        # fastai calls this for steps that were passed over, too
        if not self.training or (self.epoch, step) <= self.resumed_at:
            return
        loss = self.learn.to_detach(self.loss).item()  # the mean over the processes, all of which have to ask for it
        self.losses.append(f"{self.epoch},{self.epoch * self.n_iter + step},{loss:.5f}\n")
        if is_main() and step % self.every == 0 and step < self.n_iter:
            self._write(Progress("unfrozen", self.epoch, step, self.history))

    def after_epoch(self) -> None:
        """Keep the epoch's figures and write a checkpoint; epochs done before the run was stopped pass by."""
        if self.epoch < self.resumed_at[0] or not is_main():
            return
        self._flush()
        figures = epoch_figures("unfrozen", self.epoch, self.recorder.values[-1])
        # fastai's own figure would count the steps that a resumed epoch passed over, as if they had no loss.
        figures["train_loss"] = self._epoch_loss()
        if figures["lrap"] > best_lrap(self.history):
            save_weights(get_model(self.learn.model).hf_model, self.run_folder / BEST)
        self.history.append(figures)
        self._write(Progress("unfrozen", self.epoch + 1, 0, self.history))

    def _write(self, progress: Progress) -> None:
        self._flush()
        write_checkpoint(self.run_folder, self.learn, progress)

    def _flush(self) -> None:
        with (self.run_folder / STEPS).open("a", encoding="utf-8") as file:
            file.writelines(self.losses)
        self.losses.clear()

    def _epoch_loss(self) -> float:
        lines = (line.split(",") for line in _whole_lines(self.run_folder / STEPS))
        return float(np.mean([float(loss) for epoch, _, loss in lines if int(epoch) == self.epoch]))


class StopEarly(EarlyStoppingCallback):
    """Stops when an epoch's validation LRAP has not been beaten for so many epochs.

    Args:
        progress: Where the run was when it was started; its epochs count.
        patience: How many epochs.
    """

    def __init__(self, progress: Progress, patience: int) -> None:
        super().__init__(monitor="_lrap", comp=np.greater, patience=patience)
        self.progress = progress

    def before_fit(self) -> None:
        """Begin with the best LRAP so far."""
        super().before_fit()
        lraps = [figures["lrap"] for figures in self.progress.history if figures["stage"] == "unfrozen"]
        if lraps:
            self.best = max(lraps)
            self.wait = len(lraps) - 1 - lraps.index(self.best)

    def after_epoch(self) -> None:
        """Look at the epoch's LRAP; epochs done before the run was stopped have none."""
        if self.epoch >= self.progress.epoch:
            super().after_epoch()


class ResumeAt(Callback):
    """Passes over the steps of an epoch that were done before the run was stopped.

    Args:
        epoch: The epoch that was under way.
        step: Steps of it that were done.
    """

    order = -20
    run_valid = False

    def __init__(self, epoch: int, step: int) -> None:
        super().__init__()
        self.epoch_to_resume, self.step_to_resume = epoch, step

    def before_batch(self) -> None:
        """Skip a step that was done."""
        if self.training and self.epoch == self.epoch_to_resume and self.iter < self.step_to_resume:
            raise CancelBatchException


def _whole_lines(steps: Path) -> list[str]:
    """Read the losses of steps, without a last line that a kill cut off."""
    lines = steps.read_text(encoding="utf-8").splitlines(keepends=True)[1:] if steps.exists() else []
    return [line for line in lines if line.endswith("\n") and line.count(",") == 2]


def epoch_figures(stage: str, epoch: int, values: Sequence[float]) -> dict[str, object]:
    """Name what fastai's Recorder measured in an epoch.

    Args:
        stage: ``"frozen"`` or ``"unfrozen"``.
        epoch: The epoch's number.
        values: Training loss, validation loss, validation LRAP.

    Returns:
        The figures by name.
    """
    names = ("train_loss", "valid_loss", "lrap")
    return {"stage": stage, "epoch": epoch, **dict(zip(names, map(float, values), strict=True))}


def best_lrap(history: Sequence[dict[str, object]]) -> float:
    """Find the best validation LRAP among the unfrozen epochs.

    Args:
        history: Figures of epochs.

    Returns:
        The best LRAP, or -1 before the first such epoch.
    """
    return max((figures["lrap"] for figures in history if figures["stage"] == "unfrozen"), default=-1.0)


def write_checkpoint(run: Path, learner: Learner, progress: Progress) -> None:
    """Write weights, optimizer state and position; the position last, so that it never names a half-written file.

    Args:
        run: Folder of the run.
        learner: The Learner.
        progress: Where it is.
    """
    before = read_progress(run)
    name = _TENSORS.format(f"{progress.epoch}-{progress.step}")
    tensors = {f"model.{key}": value.contiguous() for key, value in get_model(learner.model).state_dict().items()}
    for index, state in learner.opt.opt.state_dict()["state"].items():
        tensors |= {f"opt.{index}.{key}": torch.as_tensor(value).contiguous() for key, value in state.items()}
    save_file(tensors, run / (name + ".partial"))
    (run / (name + ".partial")).replace(run / name)
    partial = run / (_STATE + ".partial")
    partial.write_text(json.dumps(asdict(progress) | {"tensors": name}) + "\n", encoding="utf-8")
    partial.replace(run / _STATE)
    if before.tensors and before.tensors != name:
        (run / before.tensors).unlink(missing_ok=True)


def read_progress(run: Path) -> Progress:
    """Read how far a run has come.

    Args:
        run: Folder of the run.

    Returns:
        Its progress; the very beginning if it has no checkpoint.
    """
    path = run / _STATE
    if not path.exists():
        return Progress()
    return Progress(**json.loads(path.read_text(encoding="utf-8")))


def restore(run: Path, learner: Learner) -> None:
    """Load weights and optimizer state from a run's last checkpoint.

    Args:
        run: Folder of the run.
        learner: A Learner whose optimizer has been made.
    """
    tensors = load_file(run / read_progress(run).tensors)
    weights = {key.removeprefix("model."): value for key, value in tensors.items() if key.startswith("model.")}
    learner.model.load_state_dict(weights)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("opt."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = value
    whole = learner.opt.opt.state_dict()
    learner.opt.opt.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
