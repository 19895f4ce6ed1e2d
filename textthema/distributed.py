"""Training in several processes, as ``accelerate launch`` or ``torchrun`` starts them.

fastai and accelerate do the work: fastai's ``distrib_ctx`` shares the gradients and gathers what is measured. Here is
what they leave open: the processes share the batches of one process, so that their number changes nothing but the
time; one process writes; and none outlives its launcher.
"""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from unittest.mock import patch

import torch
from fastai.data.core import TfmdDL
from fastai.distributed import DistributedDL
from fastai.learner import Learner
from fastai.torch_core import apply, distrib_barrier, num_distrib, rank_distrib
from torch.multiprocessing import _prctl_pr_set_pdeathsig

from textthema.errors import InputError, MissingDependencyError

# The others wait while the main process scores all texts with a teacher.
_LONGEST_WAIT = timedelta(days=1)
_TOLD_BY_LAUNCHERS = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
# Between the seeds of two processes: more than any run has epochs.
_SEEDS_APART = 1_000_003


def join_processes(environment: Mapping[str, str] = os.environ) -> None:
    """Meet the other processes, if a launcher started more than one; a second call changes nothing.

    Args:
        environment: Where launchers leave word.

    Raises:
        InputError: If ``WORLD_SIZE`` is there, but not all that a launcher sets with it.
        MissingDependencyError: If accelerate is not installed.
    """
    if int(environment.get("WORLD_SIZE", "1")) <= 1:
        return
    missing = [name for name in _TOLD_BY_LAUNCHERS if name not in environment]
    if missing:
        raise InputError(
            f"the environment says WORLD_SIZE={environment['WORLD_SIZE']}, but not {', '.join(missing)}: start with "
            "accelerate launch or torchrun, or unset WORLD_SIZE",
            value=missing,
        )
    if importlib.util.find_spec("accelerate") is None:
        raise MissingDependencyError(
            "training in more than one process needs accelerate, not installed here: pip install accelerate, or train "
            "in one process",
            value="accelerate",
        )
    from accelerate import PartialState  # noqa: PLC0415 - a single process needs no accelerate
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    if not is_main():
        disable_progress_bar()
    # A launcher that is killed leaves its processes behind, and they would write on beside a resumed run.
    _prctl_pr_set_pdeathsig(signal.SIGTERM)
    PartialState(cpu=not torch.cuda.is_available(), timeout=_LONGEST_WAIT)


def leave_processes() -> None:
    """Part from the other processes, when all have come so far."""
    if num_distrib() > 1:
        distrib_barrier()
        torch.distributed.destroy_process_group()


def is_main() -> bool:
    """Tell whether this is the process that writes."""
    return rank_distrib() == 0


def main_first() -> AbstractContextManager[None]:
    """Let the main process through a block before the others, which then find what it wrote."""
    if num_distrib() <= 1:
        return nullcontext()
    from accelerate import PartialState  # noqa: PLC0415

    return PartialState().main_process_first()


def alone() -> AbstractContextManager[object]:
    """Keep fastai from waiting for the other processes, within what one of them does by itself."""
    return patch.dict(os.environ, WORLD_SIZE="1")


def own_seed(seed: int) -> int:
    """Give each process a seed of its own, so that no two drop the same features of different texts.

    Args:
        seed: What all were told; the main process keeps it.

    Returns:
        The seed.
    """
    return seed + _SEEDS_APART * rank_distrib()


def hold_share(batch_size: int) -> None:
    """Refuse a batch that the processes can't share evenly.

    Args:
        batch_size: Texts a step, of all processes together.

    Raises:
        InputError: If some would get more than others.
    """
    n = max(1, num_distrib())
    if batch_size % n:
        raise InputError(
            f"{n} processes can't share a batch of {batch_size} texts evenly; give a batch size that {n} divides",
            value=batch_size,
        )


@contextmanager
def together(learner: Learner) -> Iterator[None]:
    """Let a Learner train with its kin in the other processes, if there are any.

    Args:
        learner: The same in each process; its batches are shared within the block.
    """
    if num_distrib() <= 1:
        yield
        return
    torch.manual_seed(own_seed(torch.initial_seed()))
    learner.dls.loaders = [SharedBatches(dl) for dl in learner.dls.loaders]
    from accelerate import DistributedDataParallelKwargs  # noqa: PLC0415

    accelerator = {
        "cpu": not torch.cuda.is_available(),
        # The launcher's own setting is not asked: the run's settings say which precision it is.
        "mixed_precision": "no",
        # Each step goes the same way through the model, and in some encoders past weights that no step uses.
        "kwargs_handlers": [DistributedDataParallelKwargs(static_graph=True)],
    }
    with learner.distrib_ctx(sync_bn=False, **accelerator):
        yield


class SharedBatches(DistributedDL):
    """This process's share of each batch that one process alone would see.

    fastai's own class cuts the epoch's rows, not its batches: with buckets of similar lengths, the processes would
    stand at long and at short texts in the same step, and a step's texts would depend on how many processes there are.

    Args:
        dl: A loader of whole batches, the same in each process.
    """

    def __init__(self, dl: TfmdDL) -> None:
        super().__init__(dl.new(bs=dl.bs // num_distrib()))
        self.whole = dl

    def __len__(self) -> int:
        return len(self.whole)

    def get_idxs(self) -> list[int]:
        """Choose this process's rows of each batch; a last batch that can't be shared evenly repeats rows.

        Returns:
            The rows' numbers.
        """
        rows = self._broadcast([int(row) for row in self.whole.get_idxs()], 0)
        batches = [rows[start : start + self.whole.bs] for start in range(0, len(rows), self.whole.bs)]
        if self.drop_last:
            batches = [batch for batch in batches if len(batch) == self.whole.bs]
        self.n = sum(map(len, batches))
        return [row for batch in batches for row in self._share(batch)]

    def to_detach(self, b: object, cpu: bool = True, gather: bool = True) -> object:
        """Gather what the processes computed of a batch, without the rows that were repeated.

        Args:
            b: Tensors, (share, …) or scalar.
            cpu: Whether to bring them to the CPU.
            gather: Whether to gather at all.

        Returns:
            The same for the whole batch; scalars are averaged.
        """
        b = self._to_detach(b, cpu, gather)
        repeated = max(0, self.i * self.world_size - self.n) if gather else 0
        return apply(lambda tensor: tensor[: len(tensor) - repeated] if tensor.ndim else tensor, b)

    def _share(self, batch: list[int]) -> list[int]:
        share = -(-len(batch) // self.world_size)
        padded = (batch * self.world_size)[: share * self.world_size]
        return padded[self.rank * share :][:share]

    def _broadcast(self, t: list[int], rank: int) -> list[int]:
        """Give all processes what one has; fastai's own knows GPUs only."""
        tensor = torch.tensor(t, device=self.device)
        torch.distributed.broadcast(tensor, rank)
        return tensor.tolist()
