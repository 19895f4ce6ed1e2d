"""Shards of a file read on a cluster by Ray Data, or by local processes of Ray: the same stage, the same results."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from textthema.errors import InputError, MissingDependencyError, shown
from textthema.stages import Job, Report, Stage

# A worker that was lost, or a machine, is replaced, and its shard read again, so many times.
_RETRIES = 3
# Only numbers of shards go through Ray's own store.
_STORE_BYTES = 100_000_000


@dataclass(frozen=True)
class RayEngine:
    """Reads shards in Ray actors, each with a model of its own on one processor.

    IN and OUT have to be on a disk that all machines see under the same path.

    Attributes:
        address: Of a cluster, such as ``"ray://head:10001"`` or ``"auto"``; by default one of this machine's
            processors is started.
    """

    address: str | None = None

    def __call__(
        self, job: Job, shards: Iterable[int], workers: int, done: Callable[[int], object]
    ) -> Iterator[Report]:
        """Read shards.

        Args:
            job: The whole.
            shards: Numbers of the shards to read.
            workers: How many actors.
            done: Told how many rows are done.

        Yields:
            The report on each shard, as it ends.

        Raises:
            MissingDependencyError: Ray is not installed.
        """
        ray = _import_ray()
        started = not ray.is_initialized()
        if started:
            _connect(ray, self.address, workers)
        try:
            for row in _reports(ray, job, list(shards), workers):
                done(row["rows"])
                yield Report.read(job.report(row["number"]))
        finally:
            if started:
                ray.shutdown()


class ShardReader:
    """An actor: the model is loaded once, then shards are read.

    Args:
        job: The whole.
    """

    def __init__(self, job: Job) -> None:
        self._stage = Stage(job, job.task.load())

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read a shard.

        Args:
            row: Its ``id``.

        Returns:
            Its ``number``, and how many ``rows`` it has.
        """
        number = int(row["id"])
        return {"number": number, "rows": self._stage(number).rows}


def _import_ray() -> ModuleType:
    # It would tell its makers that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise MissingDependencyError("--engine ray needs Ray: pip install 'textthema[cluster]'") from error
    module: ModuleType = ray
    return module


def _connect(ray: ModuleType, address: str | None, workers: int) -> None:
    local = {} if address else {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, ValueError) as error:
        raise InputError(f"there is no Ray cluster at {shown(address)}: {error}", value=address) from error


def _reports(ray: ModuleType, job: Job, shards: list[int], workers: int) -> Iterator[dict[str, Any]]:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    # else the error of a file at fault would arrive as one of Ray
    context.raise_original_map_exception = True
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    numbers = ray.data.from_items([{"id": number} for number in shards], override_num_blocks=len(shards))
    read = numbers.map(
        ShardReader,
        fn_constructor_args=(job,),
        num_cpus=1,
        concurrency=workers,
    )
    rows: Iterator[dict[str, Any]] = read.iter_rows()
    return rows
