"""VTN: the frames, the tokens, and the Longformer against the library's own forward."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import LongformerConfig, LongformerModel

from backbones import build
from backbones.base.errors import UsageError
from backbones.families.vtn import Tokens
from backbones.parts.longformer import TemporalEncoder


def tiny(**settings: Any) -> Any:
    torch.manual_seed(0)
    arguments: dict[str, Any] = {
        "classes": 5,
        "frames": 4,
        "size": 32,
        "inner": "resnet18",
        "width": 0.125,
    } | settings
    return build("vtn:*", **arguments).eval()


def encoder(window: int, layers: int = 3, **settings: Any) -> TemporalEncoder:
    torch.manual_seed(0)
    return TemporalEncoder(
        hidden=24, layers=layers, heads=4, feedforward=48, window=window, dropout=0.1, **settings
    ).eval()


def run(net: TemporalEncoder, frames: Tensor) -> Tensor:
    tokens = net.embed(frames)
    for index in range(len(net.layer)):
        tokens = net.step(index, tokens)
    return tokens


def original(ours: TemporalEncoder, window: int) -> LongformerModel:
    """The library's whole model, word embeddings and all, with our weights."""
    config = LongformerConfig(
        vocab_size=1,
        hidden_size=24,
        num_hidden_layers=len(ours.layer),
        num_attention_heads=4,
        intermediate_size=48,
        attention_window=window,
        max_position_embeddings=288,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
        sep_token_id=None,
    )
    model = LongformerModel(config, add_pooling_layer=False).eval()
    state = {f"embeddings.{k}": v for k, v in ours.embeddings.state_dict().items()}
    state |= {f"encoder.layer.{k}": v for k, v in ours.layer.state_dict().items()}
    result = model.load_state_dict(state, strict=False)
    assert (result.unexpected_keys, result.missing_keys) == ([], ["embeddings.word_embeddings.weight"])
    return model


@torch.no_grad()
@pytest.mark.parametrize(("window", "frames"), [(36, 16), (4, 16), (4, 7), (18, 40)])
def test_layers_equal_the_librarys_own_forward(window: int, frames: int) -> None:
    ours = encoder(window, position_std=0.5)
    x = torch.randn(2, frames, 24)
    first = torch.zeros(2, frames + 1, dtype=torch.long)
    first[:, 0] = 1
    positions = torch.tensor([287, *range(1, frames + 1)]).expand(2, -1)
    theirs = original(ours, window)(
        inputs_embeds=torch.cat((ours.cls.expand(2, -1, -1), x), dim=1),
        attention_mask=torch.ones_like(first),
        global_attention_mask=first,
        token_type_ids=first,
        position_ids=positions,
    )
    torch.testing.assert_close(run(ours, x), theirs.last_hidden_state, rtol=1e-4, atol=1e-5)


def test_the_window_counts_both_sides() -> None:
    """In the first layer frame 8 of 16 sees, with window 4, the frames 6 to 10; with 36, all."""
    for window, seen in ((4, list(range(6, 11))), (36, list(range(16)))):
        net = encoder(window, layers=1, position_std=0.02)
        x = torch.randn(1, 16, 24, requires_grad=True)
        (gradient,) = torch.autograd.grad(run(net, x)[0, 9].square().sum(), x)  # token 9 is frame 8
        assert gradient[0].abs().sum(dim=1).nonzero().flatten().tolist() == seen


def test_the_cls_sees_every_frame_whatever_the_window() -> None:
    net = encoder(4, layers=1, position_std=0.02)
    x = torch.randn(1, 16, 24, requires_grad=True)
    (gradient,) = torch.autograd.grad(run(net, x)[0, 0].square().sum(), x)
    assert gradient[0].abs().sum(dim=1).count_nonzero() == 16


def test_the_order_of_frames_matters_only_through_positions() -> None:
    x = torch.randn(1, 6, 24)
    for std, equal in ((0.0, True), (0.7, False)):
        net = encoder(36, position_std=std)
        with torch.no_grad():
            same = torch.allclose(run(net, x)[0, 0], run(net, x.flip(1))[0, 0], atol=1e-5)
        assert same is equal


@torch.no_grad()
def test_more_frames_than_positions() -> None:
    net = encoder(36, layers=1, position_std=0.7)
    tokens = net.embed(torch.ones(1, 300, 24))
    torch.testing.assert_close(tokens[0, 1], tokens[0, 287])  # frame 286 has frame 0's position
    assert not torch.allclose(tokens[0, 1], tokens[0, 286])


@torch.no_grad()
def test_each_frame_is_seen_by_itself_and_keeps_its_place() -> None:
    net = tiny()
    clip = torch.randn(2, 3, 4, 32, 32)
    state = net.stages["frames"](clip)
    torch.testing.assert_close(state.frames[1, 2], net.spatial(clip[1, :, 2].unsqueeze(0))[0])
    assert state.cls is None
    torch.testing.assert_close(net.pool(state), state.frames.mean(dim=1))


@torch.no_grad()
def test_after_the_layers_a_state_is_pooled_by_its_cls() -> None:
    net = tiny()
    state = Tokens(torch.randn(2, 4, 64), torch.randn(2, 64))
    assert torch.equal(net.pool(state), state.cls)  # type: ignore[arg-type]
    assert net.read(state).shape == (2, 64, 4, 1, 1)


def test_initial_values() -> None:
    """N(0, 0.02) everywhere, the position embeddings as asked, their padding row zero."""
    net = tiny(hidden=256, position_std=0.7)
    state = net.state_dict()
    positions = state["temporal.embeddings.position_embeddings.weight"]
    assert positions[0].abs().max() == 0
    assert positions[1:].std().item() == pytest.approx(0.7, rel=0.02)
    for name in (
        "temporal.layer.0.attention.self.query_global.weight",
        "classifier.1.weight",
        "adapter.weight",
    ):
        assert state[name].std().item() == pytest.approx(0.02, rel=0.05)
    assert state["temporal.cls"].std().item() == pytest.approx(0.02, rel=0.2)
    assert state["classifier.4.bias"].abs().max() == 0


def test_the_padding_row_gets_no_gradient() -> None:
    net = tiny()
    net(torch.randn(1, 3, 4, 32, 32)).logits.sum().backward()
    gradient = net.temporal.embeddings.position_embeddings.weight.grad
    used = gradient.abs().sum(dim=1).nonzero().flatten().tolist()
    assert used == [1, 2, 3, 4, 287]


def rows_used(net: Any, numbers: Tensor | None) -> list[int]:
    """Which rows of the position embeddings a clip of four frames gets a gradient for."""
    net.zero_grad()
    net.frame_numbers = numbers
    net(torch.randn(1, 3, 4, 32, 32)).logits.sum().backward()
    gradient = net.temporal.embeddings.position_embeddings.weight.grad
    return gradient.abs().sum(dim=1).nonzero().flatten().tolist()


def test_positions_by_the_number_of_the_frame_in_its_video() -> None:
    """Frame n has row n % 286 + 1; the CLS has 287. By its place in the clip it has 1 to 4."""
    numbers = torch.tensor([[285, 293, 40, 48]])
    by_frame, by_place = tiny(positions="frame"), tiny()
    assert rows_used(by_frame, numbers) == [8, 41, 49, 286, 287]
    assert rows_used(by_frame, None) == [1, 2, 3, 4, 287]
    assert rows_used(by_place, numbers) == [1, 2, 3, 4, 287]
    assert by_frame.frame_numbers is by_place.frame_numbers is None  # no later clip is given them


@torch.no_grad()
def test_frames_are_added_their_own_positions() -> None:
    net = encoder(36, position_std=0.7)
    x, numbers = torch.randn(2, 3, 24), torch.tensor([[7, 15, 23], [0, 8, 0]])
    table = net.embeddings.position_embeddings.weight
    types = net.embeddings.token_type_embeddings.weight
    expected = net.embeddings.LayerNorm(x + table[numbers + 1] + types[0])
    torch.testing.assert_close(net.embed(x, numbers)[:, 1:], expected)


@pytest.mark.parametrize(
    ("inner", "width", "hidden", "heads"),
    [
        ("vit_base_patch16_224", 1.0, 768, 12),
        ("vit_base_patch16_224", 0.25, 192, 3),
        ("resnet50", 1.0, 2048, 16),  # 12 does not divide 2048; of 8 and 16 the larger
        ("tf_efficientnet_lite0", 1.0, 1280, 10),
        ("resnet18", 0.125, 64, 2),
    ],
)
def test_heads_are_chosen_to_divide(inner: str, width: float, hidden: int, heads: int) -> None:
    with torch.device("meta"):
        net: Any = build("vtn:*", inner=inner, width=width, classes=5, frames=2, size=32, layers=1)
    attention = net.temporal.layer[0].attention.self
    assert (attention.embed_dim, attention.num_heads) == (hidden, heads)


def test_feedforward_given_is_narrowed_too() -> None:
    with torch.device("meta"):
        net: Any = build("vtn_resnet50", classes=5, frames=2, size=32, width=0.25)
    assert net.temporal.layer[0].intermediate.dense.weight.shape == (1024, 512)


def test_middle_follows_the_number_of_layers() -> None:
    assert [tiny(layers=n).middle for n in (1, 2, 3)] == ["layer1", "layer2", "layer2"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inner": "resnet181"}, r"no image model 'resnet181'; did you mean 'resnet18[a-z]?'\?"),
        ({"inner": ""}, "write vtn:<timm name>"),
        ({"inner": "efficientnet_lite0", "width": 0.5}, "no width setting"),
        ({"inner": "vit_tiny_patch16_224", "size": 8}, "8 px"),
        ({"heads": 7}, "7 heads do not divide 64 channels; the nearest number is 8"),
        ({"window": 5}, "must be even"),
        ({"layers": 0}, "at least one"),
        ({"positions": "video"}, "positions is 'video'; expected clip or frame"),
    ],
)
def test_what_cannot_be_built_is_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        tiny(**settings)
    assert "\n" not in str(caught.value)
