"""The attention head and the VAE by hand: groups, layers, what is drawn, and which half is the mean."""

import numpy as np
import pytest
import torch
from torch import nn

from methods.parts.representation import Attention, ConditionalVAE, Representation, normed, on_grid

SHAPE = (5, 3, 2, 4)  # channels, steps, height, width


@pytest.mark.parametrize(
    ("channels", "groups"),
    [(1, 1), (3, 1), (4, 1), (7, 1), (8, 2), (12, 3), (15, 3), (64, 16), (128, 32), (130, 26), (1024, 32)],
)
def test_groups_of_at_least_four_channels_and_at_most_32(channels, groups):
    norm = normed(channels)
    assert (norm.num_groups, norm.num_channels) == (groups, channels)


def kinds(module):
    return [type(layer).__name__ for layer in module]


def test_the_attention_heads_layers():
    attention = Attention(SHAPE)
    assert kinds(attention.squeeze) == ["Conv3d", "GroupNorm", "ReLU"]
    assert attention.squeeze[0].weight.shape == (3, 5, 1, 2, 4)  # half of 5 channels, rounded up
    assert [Attention((n, 3, 2, 4)).squeeze[0].out_channels for n in (1, 2, 8, 9)] == [1, 1, 4, 5]
    assert kinds(attention.head) == ["Conv1d", "GroupNorm", "ReLU", "Linear", "Sigmoid"]
    assert attention.head[0].weight.shape == (5, 3, 3)
    assert attention.head[3].weight.shape == (3, 5)


def test_attention_by_numpy():
    """The row of 3 steps, stretched to 5 by the nearest one, through the head's layers."""
    torch.manual_seed(0)
    attention = Attention(SHAPE).double()
    x = torch.randn(2, *SHAPE, dtype=torch.float64)
    found = attention(x)
    assert found.shape == (2, 5, 3)
    weight, bias = (p.detach().numpy() for p in attention.squeeze[0].parameters())
    row = np.einsum("bcthw,ochw->bot", x.numpy(), weight[:, :, 0]) + bias[:, None]
    row = np.maximum(group_norm(row, 1), 0)[:, :, [0, 0, 1, 1, 2]]
    weight, bias = (p.detach().numpy() for p in attention.head[0].parameters())
    wide = np.pad(row, ((0, 0), (0, 0), (1, 1)))
    row = (
        sum(np.einsum("bct,oc->bot", wide[:, :, k : k + 5], weight[:, :, k]) for k in range(3))
        + bias[:, None]
    )
    row = np.maximum(group_norm(row, 1), 0)
    weight, bias = (p.detach().numpy() for p in attention.head[3].parameters())
    np.testing.assert_allclose(found.detach().numpy(), 1 / (1 + np.exp(-(row @ weight.T + bias))))


def group_norm(x, groups):
    parts = x.reshape(len(x), groups, -1)
    mean, variance = parts.mean(axis=2, keepdims=True), parts.var(axis=2, keepdims=True)
    return ((parts - mean) / np.sqrt(variance + 1e-5)).reshape(x.shape)


def test_the_vaes_layers():
    vae = ConditionalVAE(SHAPE)
    assert (kinds(vae.squeeze), kinds(vae.spread)) == (
        ["Conv3d", "GroupNorm", "ReLU"],
        ["ConvTranspose3d", "GroupNorm", "ReLU"],
    )
    assert vae.squeeze[0].weight.shape == vae.spread[0].weight.shape == (5, 5, 1, 2, 4)
    for layers, last in ((vae.encoder, 10), (vae.decoder, 5)):
        assert kinds(layers) == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
        assert [tuple(layer.weight.shape) for layer in layers[::2]] == [(5, 10), (5, 5), (last, 5)]


class Given(nn.Module):
    """A part that keeps what it was given and answers what it was made with."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.seen = answer, None

    def forward(self, x):
        self.seen = x
        return self.answer


def test_the_encoder_sees_map_and_attention_and_says_mean_then_log_variance():
    vae = ConditionalVAE(SHAPE)
    squeezed, attention = torch.randn(2, 5, 3, 1, 1), torch.rand(2, 5, 3)
    said = torch.randn(2, 3, 10)
    vae.squeeze, vae.encoder = Given(squeezed), Given(said)
    x = torch.randn(2, *SHAPE)
    mean, log_variance = vae.encode(x, attention)
    assert vae.squeeze.seen is x
    together = np.concatenate([squeezed.numpy()[..., 0, 0], attention.numpy()], axis=1).transpose(0, 2, 1)
    np.testing.assert_array_equal(vae.encoder.seen.numpy(), together)
    np.testing.assert_array_equal(mean.numpy(), said.numpy()[:, :, :5])
    np.testing.assert_array_equal(log_variance.numpy(), said.numpy()[:, :, 5:])


def test_the_decoder_sees_latents_and_attention():
    vae = ConditionalVAE(SHAPE)
    said, spread = torch.randn(2, 3, 5), torch.randn(2, *SHAPE)
    vae.decoder, vae.spread = Given(said), Given(spread)
    z, attention = torch.randn(2, 3, 5), torch.rand(2, 5, 3)
    assert vae.decode(z, attention) is spread
    together = np.concatenate([z.numpy(), attention.numpy().transpose(0, 2, 1)], axis=2)
    np.testing.assert_array_equal(vae.decoder.seen.numpy(), together)
    np.testing.assert_array_equal(vae.spread.seen.numpy(), said.numpy().transpose(0, 2, 1)[..., None, None])


def test_latents_are_drawn_by_mean_and_standard_deviation(monkeypatch):
    """Noise of 2 everywhere; a variance of 9 and of 1/4 are standard deviations of 3 and 1/2."""
    vae = ConditionalVAE(SHAPE)
    mean, log_variance = torch.full((1, 3, 5), 7.0), torch.full((1, 3, 5), float(np.log(9)))
    log_variance[0, 0] = float(np.log(0.25))
    monkeypatch.setattr(torch, "randn_like", lambda like: torch.full_like(like, 2.0))
    monkeypatch.setattr(vae, "encode", lambda x, attention: (mean, log_variance))
    monkeypatch.setattr(vae, "decode", lambda z, attention: z)
    z, *said = vae(torch.zeros(1, *SHAPE), torch.zeros(1, 5, 3))
    assert z[0, 0].tolist() == pytest.approx([8.0] * 5)
    assert z[0, 1:].flatten().tolist() == pytest.approx([13.0] * 10)
    assert said == [mean, log_variance]


def test_the_prior_is_drawn_about_the_attention(monkeypatch):
    vae = ConditionalVAE(SHAPE)
    attention = torch.rand(2, 5, 3)
    monkeypatch.setattr(torch, "randn_like", lambda like: torch.full_like(like, 0.5))
    monkeypatch.setattr(vae, "decode", lambda z, given: (z, given))
    z, given = vae.from_prior(attention)
    np.testing.assert_allclose(z.numpy(), attention.numpy().transpose(0, 2, 1) + 0.5)
    assert given is attention


def test_maps_are_rebuilt_in_their_own_shape():
    part = Representation(torch.Size(SHAPE))
    assert part.shape == SHAPE
    x = torch.randn(2, *SHAPE)
    rebuilt, mean, log_variance = part.vae(x, part.attention(x))
    assert (rebuilt.shape, mean.shape, log_variance.shape) == (x.shape, (2, 3, 5), (2, 3, 5))


def test_grids_are_averaged_along_each_axis():
    x = torch.arange(2 * 3 * 4 * 4 * 2, dtype=torch.float32).reshape(2, 3, 4, 4, 2)
    expected = x.numpy().reshape(2, 3, 2, 2, 1, 4, 1, 2).mean(axis=(3, 5, 7))[..., None]
    found = on_grid(x, (2, 1, 1))
    np.testing.assert_allclose(found.numpy(), expected.reshape(2, 3, 2, 1, 1))
    halves = x.numpy().reshape(2, 3, 4, 2, 2, 2).mean(axis=4)
    np.testing.assert_allclose(on_grid(x, (4, 2, 2)).numpy(), halves)
    rows = x.numpy().reshape(2, 3, 4, 2, 2, 2).mean(axis=(4, 5))[..., None]
    np.testing.assert_allclose(on_grid(x, (4, 2, 1)).numpy(), rows)
    columns = x.numpy().mean(axis=3, keepdims=True)
    np.testing.assert_allclose(on_grid(x, (4, 1, 2)).numpy(), columns)
    assert on_grid(x[..., 0, 0], (4,)).shape == (2, 3, 4)
    assert on_grid(x[:, :, :1, 0, 0], (3,)).tolist() == x[:, :, :1, 0, 0].expand(2, 3, 3).tolist()
