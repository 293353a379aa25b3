"""The attention of VTN as torch.export is given it, beside the library's own."""

import pytest
import torch

from backbones.parts.exporting import exporting
from backbones.parts.longformer import ClsAttention, TemporalEncoder


@pytest.mark.parametrize(("frames", "window"), [(3, 4), (8, 4), (16, 8)])
def test_the_attention_in_a_graph_is_the_librarys(frames, window):
    torch.manual_seed(0)
    encoder = TemporalEncoder(12, 2, 3, 16, window, dropout=0.0, position_std=1.0, init_std=0.5).eval()
    tokens = encoder.embed(torch.randn(2, frames, 12))
    with torch.no_grad():
        expected = encoder.step(1, encoder.step(0, tokens))
        with exporting(encoder):
            found = encoder.step(1, encoder.step(0, tokens))
        assert torch.equal(encoder.step(1, encoder.step(0, tokens)), expected)
    assert expected.std() > 0.1
    assert not torch.equal(found, expected)  # it was another computation
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)


def test_a_network_that_is_compiled_is_not_taken_for_one_that_is_exported(monkeypatch):
    """torch 2.11 says of code that it compiles that it is exported; dropout would be left out."""
    encoder = TemporalEncoder(12, 1, 3, 16, 4, dropout=0.0, position_std=1.0)
    tokens = encoder.embed(torch.randn(2, 3, 12))
    expected = encoder.step(0, tokens)
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    monkeypatch.setattr(ClsAttention, "dense", None)
    assert torch.equal(encoder.step(0, tokens), expected)
