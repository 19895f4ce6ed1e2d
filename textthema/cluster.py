"""Shards of a file read on a cluster by Ray Data, or by local processes of Ray: the same stage, the same results."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from textthema import errors
from textthema.errors import ClusterError, MissingDependencyError, TextThemaError, shown
from textthema.stages import Job, Report, Stage

# Only numbers of shards go through Ray's own store.
_STORE_BYTES = 100_000_000
# Ray itself would try for minutes.
_CONNECT_SECONDS = 10


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
            ClusterError: The cluster can't be reached, or lost a worker again and again.
            TextThemaError: The same as by the local engine.
        """
        ray = _import_ray()
        started = not ray.is_initialized()
        if started:
            _connect(ray, self.address, workers)
        try:
            for row in _rows(ray, job, list(shards), workers):
                if row["fault"]:
                    raise _error_of(row["fault"])
                done(row["rows"])
                yield Report.read(job.report(row["number"]))
        except ray.exceptions.RayError as error:
            raise ClusterError(f"Ray gave up: {error}; the same command goes on where it was") from error
        finally:
            if started:
                ray.shutdown()


class ShardReader:
    """An actor: the model is loaded once, then shards are read.

    Args:
        job: The whole.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stage: Stage | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read a shard.

        Args:
            row: Its ``id``.

        Returns:
            Its ``number``, how many ``rows`` it has, and the ``fault`` that ended it: an error's name and message.
        """
        number = int(row["id"])
        # Ray would print the trace of an error several times, and wrap it.
        try:
            self._stage = self._stage or Stage(self._job, self._job.task.load())
            return {"number": number, "rows": self._stage(number).rows, "fault": []}
        except TextThemaError as error:
            return {"number": number, "rows": 0, "fault": [type(error).__name__, str(error)]}


def _error_of(fault: Sequence[str]) -> TextThemaError:
    name, message = fault
    error: TextThemaError = getattr(errors, name)(message)
    return error


def _import_ray() -> ModuleType:
    # It would tell its makers that it is used, and warn of what only its own developers can change.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray.data  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise MissingDependencyError("--engine ray needs Ray: pip install 'textthema[cluster]'") from error
    module: ModuleType = ray
    return module


def _connect(ray: ModuleType, address: str | None, workers: int) -> None:
    local = {} if address else {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"there is no Ray cluster at {shown(address)}: {error}; start one with ray start --head", value=address
        ) from error


def _knock(address: str | None) -> None:
    if address not in (None, "auto", "local"):
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()


def _rows(ray: ModuleType, job: Job, shards: list[int], workers: int) -> Iterator[dict[str, Any]]:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    numbers = ray.data.from_items([{"id": number} for number in shards], override_num_blocks=len(shards))
    read = numbers.map(ShardReader, fn_constructor_args=(job,), num_cpus=1, concurrency=workers)
    rows: Iterator[dict[str, Any]] = read.iter_rows()
    return rows
