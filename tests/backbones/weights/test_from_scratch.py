"""The settings that let narrow networks learn from scratch do what they say."""

import pytest
import torch

from backbones import build

SMALL = {"classes": 3, "frames": 4, "size": 32, "width": 0.125}


@pytest.mark.parametrize("name", ["r2plus1d18", "r2plus1d50", "r3d50", "resnext3d101"])
def test_blocks_start_as_strong_as_gamma_says(name):
    """With γ = 0 a block is the identity; what it adds to its input is proportional to γ."""
    blocks = {}
    for gamma in (0.0, 0.25, 1.0):
        torch.manual_seed(0)
        blocks[gamma] = build(name, **SMALL, residual_gamma=gamma).eval().layer1[1]
    x = torch.rand(1, blocks[0.0].bn1.num_features * type(blocks[0.0]).expansion, 2, 4, 4)
    torch.testing.assert_close(blocks[0.0](x), x)
    whole, quarter = blocks[1.0](x), blocks[0.25](x)
    kept = (whole > 0) & (quarter > 0)  # where the ReLU at the end cut nothing off
    assert kept.any()
    torch.testing.assert_close((quarter - x)[kept], 0.25 * (whole - x)[kept])
    assert (whole - x)[kept].abs().max() > 0.1


def test_frame_norm_gives_features_of_mean_0_and_variance_1():
    torch.manual_seed(0)
    network = build("vtn:resnet10t", **SMALL, frame_norm=True)
    seen = []
    network.adapter.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(torch.randn(4, 3, 4, 32, 32))
    features = seen[0].flatten(0, -2)
    torch.testing.assert_close(features.mean(dim=0), torch.zeros(features.shape[1]), atol=1e-4, rtol=0)
    varies = features.std(dim=0) > 0.5
    assert varies.any()
    torch.testing.assert_close(
        features.var(dim=0, unbiased=False)[varies], torch.ones(int(varies.sum())), atol=0.01, rtol=0
    )


def test_init_std_is_that_of_the_encoders_weights():
    torch.manual_seed(0)
    network = build("vtn_vitb", **SMALL, init_std=0.1)
    weight = network.temporal.layer[0].intermediate.dense.weight
    assert weight.std().item() == pytest.approx(0.1, rel=0.05)
    assert build("vtn_vitb", **SMALL).temporal.layer[
        0
    ].intermediate.dense.weight.std().item() == pytest.approx(0.02, rel=0.05)
