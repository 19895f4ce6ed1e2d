"""TextThema in transformers: an encoder, the mean of its tokens' states, one linear head.

``textthema dequantize`` puts this file beside the weights, and ``trust_remote_code=True`` runs it there: it stands
alone and imports nothing of textthema.
"""

from __future__ import annotations

import torch
from torch import nn
from transformers import AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

_WITH_A_POOLER = {"bert", "roberta", "xlm-roberta", "mpnet"}


class TextThemaForSequenceClassification(PreTrainedModel):
    """Encoder, masked mean pooling, linear head.

    The head is stored as a convolution of width 1, and so in another shape than BERT's own: who loads the weights as
    ``BertForSequenceClassification``, which pools otherwise, gets an error and no wrong answers.

    Args:
        config: The encoder's, with ``num_labels`` of them.
    """

    base_model_prefix = "encoder"

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__(config)
        pooler = {"add_pooling_layer": False} if config.model_type in _WITH_A_POOLER else {}
        self.encoder = AutoModel.from_config(config, **pooler)
        self.classifier = nn.Conv1d(config.hidden_size, config.num_labels, kernel_size=1)
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **of_encoder: object,
    ) -> SequenceClassifierOutput:
        """Score a batch.

        Args:
            input_ids: int64 (batch, length).
            attention_mask: int64 (batch, length), 1 on real tokens; by default all are.
            labels: float (batch, n_labels), 1 on each label that a text carries; for training.
            of_encoder: What else the encoder takes, such as ``output_hidden_states``.

        Returns:
            ``logits`` float32 (batch, n_labels), with labels ``loss``, and what else was asked for.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        of_encoder |= {"return_dict": True}
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **of_encoder)
        mask = attention_mask.unsqueeze(-1).to(states.last_hidden_state.dtype)
        pooled = (states.last_hidden_state * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        logits = self.classifier(pooled.unsqueeze(-1)).squeeze(-1)
        loss = None if labels is None else nn.functional.binary_cross_entropy_with_logits(logits, labels.to(logits))
        return SequenceClassifierOutput(
            loss=loss, logits=logits, hidden_states=states.hidden_states, attentions=states.attentions
        )
