"""What cannot be a graph is one line; what strangers named stays text in a model card."""

import pytest
import torch
from markdown_it import MarkdownIt

from backbones.base.errors import UserError
from harness.export.card import card
from harness.export.formats import trace


class ByNumbers(torch.nn.Module):
    """Its path depends on a pixel, which no graph can hold."""

    def forward(self, clips):
        return (clips.float() if clips[0, 0] > 3 else -clips.float(),)


def test_a_network_without_a_graph_is_one_line():
    with pytest.raises(UserError, match=r"torch.export finds no graph of this network \(") as raised:
        trace(ByNumbers(), {"clips": torch.ones(2, 3)}, ("logits",))
    assert "\n" not in str(raised.value)


def model(name):
    return {
        "run": "0" * 12,
        "method": "mbd",
        "seed": 0,
        "selection": "last",
        "trained_in": "fp32",
        "finished": "2026-11-26",
        "streams": {},
        "fusion": None,
        "data": {"dataset": "folder", "split": "auto", "fingerprint": "0" * 64, "videos": {"test": 1},
                 "warnings": [name]},
        "classes": [name],
        "accuracy": None,
        "files": [],
        "checked_on": [],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "![x](http://y/z.png)", "[run](http://y)"])
def test_names_of_classes_are_text(name):
    tokens = MarkdownIt("commonmark").parse(card(model(name)))
    inside = [child.type for token in tokens for child in token.children or []]
    assert not {"html_inline", "image", "link_open"} & set(inside)
    assert "html_block" not in [token.type for token in tokens]
    texts = ["".join(c.content for c in t.children or [] if c.type == "text") for t in tokens]
    assert name in texts  # as it is written
