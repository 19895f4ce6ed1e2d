"""A branch grafted onto a served graph: further outputs from the same forward pass, the old ones unchanged."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import compose

from textthema.branch import Branch
from textthema.errors import GateError
from textthema.export import quantize
from textthema.inference import TEXT_HEADS, TOKEN_HEADS, WITH_HEADS, OnnxEncoder
from textthema.trunk import BRANCHES_OFF, layer_output

MOST_BYTES = 4_000_000
_PREFIX = "branch_"
_INPUTS = ("states", "mask")


def graft(branch: Branch, trunk: Path, target: Path) -> int:
    """Write a graph that has a branch's outputs beside its own.

    Args:
        branch: A trained branch.
        trunk: A quantized graph that ``textthema export`` wrote; an earlier branch on it is taken off.
        target: Gets the graph, the branch quantized.

    Returns:
        By how many bytes the branch made the graph larger.

    Raises:
        GateError: That is more than ``MOST_BYTES``.
    """
    model = without_branch(onnx.load(trunk))
    size = model.ByteSize()
    with tempfile.TemporaryDirectory() as folder:
        fp32, int8 = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        _to_onnx(branch, fp32)
        quantize(fp32, int8)
        grown = compose.add_prefix(onnx.load(int8), _PREFIX)
    states, mask = layer_output(model.graph, BRANCHES_OFF), _mask(model.graph)
    for name in (states, mask):
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", "length", None])
        model.graph.output.append(value)
    model.ir_version = grown.ir_version = max(model.ir_version, grown.ir_version)
    heads = [output.name for output in grown.graph.output]
    merged = compose.merge_models(
        model,
        grown,
        io_map=[(states, f"{_PREFIX}{_INPUTS[0]}"), (mask, f"{_PREFIX}{_INPUTS[1]}")],
        outputs=["logits", "embedding", *heads],
        producer_name=model.producer_name,
    )
    _rename(merged.graph, dict(zip(heads, (TEXT_HEADS, TOKEN_HEADS), strict=True)))
    _make_optional(merged)
    onnx.save(merged, target)
    added = merged.ByteSize() - size
    if added > MOST_BYTES:
        raise GateError(f"the heads add {added:,} bytes, {MOST_BYTES:,} are allowed", value=added)
    return added


def without_branch(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take a branch off a graph.

    Args:
        model: The graph, with a branch or without one; it is changed.

    Returns:
        The same graph.
    """
    graph = model.graph
    for parts, names_of in (
        (graph.node, lambda node: node.output),
        (graph.initializer, lambda tensor: [tensor.name]),
        (graph.input, lambda value: [value.name]),
        (graph.output, lambda value: [value.name]),
        (graph.value_info, lambda value: [value.name]),
    ):
        kept = [part for part in parts if not _is_ours(names_of(part))]
        del parts[:]
        parts.extend(kept)
    return model


def check_unchanged(before: OnnxEncoder, after: OnnxEncoder, texts: Sequence[str]) -> None:
    """Compare a grafted graph's old outputs with those of the graph it was made from.

    Args:
        before: The graph as it was.
        after: The grafted one.
        texts: Texts to compare on.

    Raises:
        GateError: A logit or a value of an embedding differs in a single bit.
    """
    old = before.encode(texts)
    for name, with_heads in itertools.product(("logits", "embeddings"), (True, False)):
        new = after.encode(texts, with_heads=with_heads)
        differs = float(np.abs(getattr(old, name) - getattr(new, name)).max())
        if differs:
            raise GateError(
                f"the heads change the model's {name} by up to {differs:.1e}; none may change", value=differs
            )


def _make_optional(model: onnx.ModelProto) -> None:
    """Put the branch behind a switch: who asks for themes alone does not wait for it.

    The switch is an input with a default, so that a runtime that knows nothing of it gets all outputs.
    """
    graph, names = model.graph, (TEXT_HEADS, TOKEN_HEADS)
    own = [node for node in graph.node if _is_ours(node.output)]
    weights = [tensor for tensor in graph.initializer if _is_ours([tensor.name])]
    outputs = [output for output in graph.output if output.name in names]
    then = onnx.helper.make_graph(own, "with_heads", [], outputs, weights)
    zeros = [
        onnx.helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(_nothing(output)))
        for name, output in zip(names, outputs, strict=True)
    ]
    other = onnx.helper.make_graph(zeros, "without_heads", [], outputs)
    switch = onnx.helper.make_node(
        "If", [WITH_HEADS], list(names), name=f"{_PREFIX}switch", then_branch=then, else_branch=other
    )
    without_branch(model)
    graph.node.append(switch)
    graph.output.extend(then.output)
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(True), WITH_HEADS))
    graph.input.append(onnx.helper.make_tensor_value_info(WITH_HEADS, onnx.TensorProto.BOOL, []))


def _nothing(output: onnx.ValueInfoProto) -> np.ndarray:
    return np.zeros([1] * len(output.type.tensor_type.shape.dim), np.float32)


def _is_ours(names: Sequence[str]) -> bool:
    return any(name.startswith(_PREFIX) or name in {TEXT_HEADS, TOKEN_HEADS, WITH_HEADS} for name in names)


def _to_onnx(branch: Branch, path: Path) -> None:
    dim = branch.layers[0].linear1.in_features
    states, mask = torch.randn(2, 5, dim), torch.ones(2, 5, 1)
    mask[1, 3:] = 0
    dynamic = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=2, max=512)}
    with warnings.catch_warnings():
        # the exporter warns of its own internals' deprecations; the gates check what it wrote
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            branch.eval(),
            (states, mask),
            input_names=list(_INPUTS),
            output_names=[TEXT_HEADS, TOKEN_HEADS],
            dynamic_shapes=dict.fromkeys(_INPUTS, dynamic),
            dynamo=True,
            verbose=False,
        )
    # it notes each node's place in the sources, with the paths of this machine
    for node in program.model.graph:
        node.metadata_props.clear()
    program.save(path, external_data=False)


def _mask(graph: onnx.GraphProto) -> str:
    """Find the mask that the mean over tokens uses, float (batch, length, 1)."""
    producers = {output: node for node in graph.node for output in node.output}
    total = producers[producers["embedding"].input[0]]
    return producers[total.input[0]].input[1]


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    for node in graph.node:
        node.output[:] = [names.get(name, name) for name in node.output]
        node.input[:] = [names.get(name, name) for name in node.input]
    for value in graph.output:
        value.name = names.get(value.name, value.name)
