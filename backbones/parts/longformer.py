"""The temporal encoder of VTN: transformers' Longformer layers over a CLS and one token per frame.

Beltagy et al., 2020 (Longformer); Neimark et al., ICCVW 2021 (VTN, sections 3.2 and 3.3).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LongformerConfig, LongformerModel
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from backbones.parts.exporting import Exportable

POSITIONS = 288  # of which 0 is the padding row (no gradient) and the last one belongs to the CLS
STD = 0.02


class ClsAttention(LongformerSelfAttention, Exportable):
    """Longformer's attention where the first token of every sequence, and no other, is global.

    Which tokens are global is then known without looking at the mask: nothing has to wait for a GPU, and it
    runs on the meta device, where cost is counted.
    """

    @staticmethod
    def _get_global_attn_indices(is_index_global_attn: Tensor) -> tuple[int, tuple, tuple, tuple]:
        batch = torch.arange(is_index_global_attn.shape[0], device=is_index_global_attn.device)
        first, none = torch.zeros_like(batch), batch[:0]
        return 1, (batch, first), (batch, first), (none, none)

    def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        """As the library, (B, S, D) to a tuple with the same first, but for `torch.export`.

        Its graphs cannot hold the library's cutting into chunks: lengths divided as tensors, and the batch's
        size as a plain number.
        """
        if not self.exporting:
            return super().forward(hidden_states, *args, **kwargs)
        return (self.dense(hidden_states, kwargs["is_index_masked"]),)

    def dense(self, tokens: Tensor, masked: Tensor) -> Tensor:
        """The same attention without dropout as products of whole sequences, of which the mask leaves the
        window and the CLS; equal but for rounding, which is why runs do not use it.

        tokens: (B, S, D). masked: (B, S) bool, tokens that nobody attends to.
        """

        def heads(linear: nn.Linear, of: Tensor) -> Tensor:
            return linear(of).unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)

        steps = torch.arange(tokens.shape[1], device=tokens.device)
        near = (steps[:, None] - steps).abs() <= self.one_sided_attn_window_size
        there = ~masked[:, None, None, :]
        query, key, value = (heads(linear, tokens) for linear in (self.query, self.key, self.value))
        frames = F.scaled_dot_product_attention(query, key, value, attn_mask=there & (near | (steps == 0)))
        query = heads(self.query_global, tokens[:, :1])
        key, value = heads(self.key_global, tokens), heads(self.value_global, tokens)
        cls = F.scaled_dot_product_attention(query, key, value, attn_mask=there)
        return torch.cat((cls, frames[:, :, 1:]), dim=2).transpose(1, 2).flatten(2)


class TemporalEncoder(nn.Module):
    """CLS and position embeddings, then `layers` Longformer layers with global attention on the CLS.

    hidden: channels D. heads must divide it. window: tokens that a frame attends to, both sides together
    (even). The word embeddings and the pooler of the library's model are left out: they would get no
    gradient. All weights are drawn from N(0, init_std), the position embeddings from
    N(0, position_std).
    """

    def __init__(
        self,
        hidden: int,
        layers: int,
        heads: int,
        feedforward: int,
        window: int,
        dropout: float,
        position_std: float,
        init_std: float = STD,
    ) -> None:
        super().__init__()
        config = LongformerConfig(
            vocab_size=1,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=feedforward,
            attention_window=window,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            max_position_embeddings=POSITIONS,
            pad_token_id=0,
            bos_token_id=None,
            eos_token_id=None,
            sep_token_id=None,
        )
        model = LongformerModel(config, add_pooling_layer=False)
        self.embeddings = model.embeddings
        del self.embeddings.word_embeddings
        self.layer = model.encoder.layer
        parts: list[Any] = list(self.layer)
        for index, part in enumerate(parts):
            part.attention.self = ClsAttention(model.config, index)
        self.cls = nn.Parameter(torch.empty(1, 1, hidden))
        self.window = window
        initialise(self, init_std)
        nn.init.normal_(self.cls, std=init_std)
        positions = self.embeddings.position_embeddings.weight
        nn.init.normal_(positions, std=position_std)
        nn.init.zeros_(positions[0].detach())

    def embed(self, frames: Tensor, numbers: Tensor | None = None) -> Tensor:
        """Tokens (B, 1 + T, D) of frame features (B, T, D): CLS first, positions added, normalised.

        numbers: (B, T), which position each frame has, modulo their number; 0 … T-1 where None.
        """
        batch, length, _ = frames.shape
        tokens = torch.cat((self.cls.expand(batch, -1, -1), frames), dim=1)
        steps = torch.arange(length, device=frames.device)
        places = (steps if numbers is None else numbers.to(frames.device)) % (POSITIONS - 2)
        positions = F.pad(places + 1, (1, 0), value=POSITIONS - 1)
        types = F.pad(torch.zeros_like(steps), (1, 0), value=1)
        return self.embeddings(
            inputs_embeds=tokens,
            position_ids=positions.expand(batch, -1),
            token_type_ids=types.expand(batch, -1),
        )

    def step(self, index: int, tokens: Tensor) -> Tensor:
        """Layer `index` on tokens (B, 1 + T, D).

        The library wants whole windows: masked tokens fill the last one and are cut off again.
        """
        batch, length, _ = tokens.shape
        missing = -length % self.window
        mask = tokens.new_zeros(batch, length + missing)
        mask[:, 0] = 1.0  # positive: global attention; negative: none
        mask[:, length:] = -1.0
        out = self.layer[index](
            F.pad(tokens, (0, 0, 0, missing)),
            attention_mask=mask,
            is_index_masked=mask < 0,
            is_index_global_attn=mask > 0,
            is_global_attn=True,
        )
        return (out[0] if isinstance(out, tuple) else out)[:, :length]


def initialise(module: nn.Module, std: float = STD) -> None:
    """N(0, std) for weights, zero for biases (0.02 in VTN and in MBD, section 4.1.1), in place."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=std)
            nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Embedding):
            nn.init.normal_(part.weight, std=std)
