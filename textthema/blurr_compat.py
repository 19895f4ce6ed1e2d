"""Lets blurr 1.0.5 (2022) run on current fastai, fastcore and transformers.

blurr's last release asks for torch below 2 and leans on what has since moved. Its classification path needs two
things, both put in place before it is first imported:

1. ``fastcore.all.typedispatch``, which fastcore gave up for plum. plum counts required positional parameters, so
   blurr's ``show_batch`` and ``show_results`` are only chosen once what follows the dispatched ones is keyword-only.
2. The package ``datasets``, of which the classification path uses three names in annotations only. A stand-in takes
   its place where it is not installed, and says so when anything is called on it.

Install blurr beside a current torch with ``pip install --no-deps -r requirements-blurr.txt``.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
import types
import warnings
from collections.abc import Callable, Sequence

from textthema.errors import MissingDependencyError

INSTALL = "pip install -r requirements.txt && pip install --no-deps -r requirements-blurr.txt"
_DISPATCHED = ("x", "y", "samples", "outs")
_TRAINING = ("torch", "fastai", "fastcore", "plum", "transformers", "blurr", "sklearn", "safetensors")
_TABLES = ("pandas", "pyarrow", "datasketch", "scipy")
_EXPORT = ("onnx", "onnxscript")


def require_packages(purpose: str, names: Sequence[str]) -> None:
    """Check that packages are installed, without importing them.

    Args:
        purpose: What needs them, for the message.
        names: Their import names.

    Raises:
        MissingDependencyError: Naming what is missing and the command that installs it.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"{purpose} needs {', '.join(missing)}, not installed here. In a checkout, type: {INSTALL}", value=missing
        )


def require_training_packages() -> None:
    """Check that everything training and export need is installed.

    Raises:
        MissingDependencyError: Naming what is missing and the command that installs it.
    """
    require_packages("training", (*_TRAINING, *_TABLES, *_EXPORT))


def hide_broken_torchvision() -> None:
    """Keep transformers from a torchvision that was built for another torch.

    Plain pip installs torchvision because fastai names it, and not always the build that fits torch's. Text needs
    none, but transformers imports whatever it finds and fails. Call it before transformers is first imported.
    """
    if importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except (ImportError, OSError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        # None in sys.modules is Python's own way of saying that a module can't be imported.
        sys.modules["torchvision"] = None


def load_blurr() -> types.SimpleNamespace:
    """Import blurr's classification path on current libraries.

    Returns:
        Its ``TextBlock``, ``BaseModelWrapper``, ``BaseModelCallback`` and ``blurr_splitter``.

    Raises:
        MissingDependencyError: If a training package is missing.
    """
    require_training_packages()
    _provide_typedispatch()
    _provide_datasets()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = importlib.import_module("blurr.text.data.core")
        modeling = importlib.import_module("blurr.text.modeling.core")
    return types.SimpleNamespace(
        TextBlock=data.TextBlock,
        BaseModelWrapper=modeling.BaseModelWrapper,
        BaseModelCallback=modeling.BaseModelCallback,
        blurr_splitter=modeling.blurr_splitter,
    )


def _provide_typedispatch() -> None:
    fastcore_all = importlib.import_module("fastcore.all")
    if hasattr(fastcore_all, "typedispatch"):
        return
    plum = importlib.import_module("plum")

    def typedispatch(function: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(function)
        def method(*args: object, **kwargs: object) -> object:
            return function(*args, **kwargs)

        signature = inspect.signature(function)
        method.__signature__ = signature.replace(
            parameters=[
                parameter
                if parameter.name in _DISPATCHED or parameter.kind is parameter.VAR_KEYWORD
                else parameter.replace(kind=parameter.KEYWORD_ONLY)
                for parameter in signature.parameters.values()
            ]
        )
        return plum.dispatch(method)

    fastcore_all.typedispatch = typedispatch
    # blurr reads the name through "from fastcore.all import *", which obeys __all__ where there is one.
    if hasattr(fastcore_all, "__all__"):
        fastcore_all.__all__ = [*fastcore_all.__all__, "typedispatch"]


def _provide_datasets() -> None:
    if importlib.util.find_spec("datasets") is not None:
        return
    stand_in = types.ModuleType("datasets")
    stand_in.__spec__ = importlib.util.spec_from_loader("datasets", loader=None)

    class Dataset:
        """Stands in for ``datasets.Dataset`` in blurr's annotations."""

    def absent(*_args: object, **_kwargs: object) -> None:
        raise MissingDependencyError("this needs the package datasets: pip install datasets", value="datasets")

    stand_in.Dataset = Dataset
    stand_in.load_dataset = absent
    stand_in.concatenate_datasets = absent
    # transformers looks for the package when it is first imported and must not find the stand-in.
    importlib.import_module("transformers")
    sys.modules["datasets"] = stand_in
