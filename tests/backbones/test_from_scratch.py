"""The settings that let narrow networks learn from scratch do what they say."""

import pytest
import torch

from backbones import build

SMALL = {"classes": 3, "frames": 4, "size": 32, "width": 0.125}


@pytest.mark.parametrize("name", ["r2plus1d18", "r2plus1d50", "r3d50"])
def test_zero_init_blocks_start_as_the_identity(name):
    torch.manual_seed(0)
    network = build(name, **SMALL, zero_init_residual=True).eval()
    block = network.layer1[1]  # the first block changes the channels, the second does not
    x = torch.rand(1, block.bn1.num_features * type(block).expansion, 2, 4, 4)
    torch.testing.assert_close(block(x), x)
    plain = build(name, **SMALL).eval().layer1[1]
    assert not torch.allclose(plain(x), x)


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
