"""STDDCN: loss terms by NumPy, links by hand, what passes between the streams and what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from support.two_stage import TwoStage, clips

from backbones import build
from backbones.base.errors import UsageError
from backbones.contract import Features
from harness.cost.count import count
from methods.catalogue import METHODS
from methods.parts.links import Links, resampled
from methods.stddcn import STDDCN
from methods.stddcn_settings import STDDCNSettings

PAIRS = (("stddcn", "resnet50_2d"), ("two_stream_r2plus1d", "r2plus1d34"), ("two_stream_i3d", "i3d"))
LABELS = torch.tensor([0, 1, 2, 0])


def method(**settings: Any) -> STDDCN:
    torch.manual_seed(0)
    return STDDCN(TwoStage(4), TwoStage(6), STDDCNSettings(**settings))


def features(logits: np.ndarray[Any, Any]) -> Features:
    given = torch.tensor(logits, dtype=torch.float32, requires_grad=True)
    return Features(given, given, given[..., None, None, None])


def log_softmax(z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def kl(teacher: np.ndarray[Any, Any], student: np.ndarray[Any, Any], t: float) -> float:
    log_p, log_q = log_softmax(teacher / t), log_softmax(student / t)
    return float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


RNG = np.random.default_rng(3)
Z_L, Z_G = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))


@pytest.mark.parametrize("teacher", ["fusion", "other"])
@pytest.mark.parametrize(("t", "squared"), [(1.0, True), (4.0, True), (2.0, False)])
def test_loss_terms_by_numpy(teacher: str, t: float, squared: bool) -> None:
    weights = {"kl_weight": 0.5, "fusion_weight": 0.25}
    made = method(teacher=teacher, temperature=t, t_squared=squared, **weights)
    losses, _ = made.losses(features(Z_L), features(Z_G), LABELS)
    fused, rows = (Z_L + Z_G) / 2, np.arange(4)
    factor = 0.5 * (t**2 if squared else 1)
    expected = {
        "local/ce": -log_softmax(Z_L)[rows, LABELS].mean(),
        "global/ce": -log_softmax(Z_G)[rows, LABELS].mean(),
        "fused/ce": -0.25 * log_softmax(fused)[rows, LABELS].mean(),
        "local/kl": factor * kl(fused if teacher == "fusion" else Z_G, Z_L, t),
        "global/kl": factor * kl(fused if teacher == "fusion" else Z_L, Z_G, t),
    }
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert losses[name].item() == pytest.approx(value, abs=1e-6), name


def test_switched_off_it_is_the_two_stream_baseline() -> None:
    plain = method(dense=False, distill=False, fusion_weight=0.0)
    losses, _ = plain.losses(features(Z_L), features(Z_G), LABELS)
    assert list(losses) == ["local/ce", "global/ce"]
    assert not plain.joint
    assert not list(plain.links.parameters())


@pytest.mark.parametrize("teacher", ["fusion", "other"])
def test_the_teacher_gets_no_gradient_from_its_pupil(teacher: str) -> None:
    local, glob = features(Z_L), features(Z_G)
    losses, _ = method(teacher=teacher).losses(local, glob, LABELS)
    # d/dz of KL(p ‖ softmax(z)), the mean of 4 videos, is (softmax(z) - p) / 4 for a p that is a constant.
    target = (Z_L + Z_G) / 2 if teacher == "fusion" else Z_G
    by_hand = (np.exp(log_softmax(Z_L)) - np.exp(log_softmax(target))) / 4
    own, other = torch.autograd.grad(losses["local/kl"], (local.logits, glob.logits), allow_unused=True)
    np.testing.assert_allclose(own.numpy(), by_hand, atol=1e-6)
    assert other is None


@pytest.mark.parametrize("merge", ["add", "concat", "multiply"])
def test_links_begin_by_changing_nothing(merge: str) -> None:
    made, plain = method(merge=merge).eval(), method(dense=False).eval()
    plain.streams.load_state_dict(made.streams.state_dict())
    given = clips(4)
    both = made(given)
    for name, expected in plain(given).items():
        torch.testing.assert_close(both[name].logits, expected.logits)
        torch.testing.assert_close(made({name: given[name]})[name].logits, expected.logits)


@pytest.mark.parametrize("merge", ["add", "concat", "multiply"])
def test_links_by_hand(merge: str) -> None:
    """Into stage 2 of a stream of 2 and 3 channels from the other's stages of 4 and 5, at half its size."""
    own = [(1, 2, 2, 4, 4), (1, 3, 2, 4, 4), (1, 3, 1, 2, 2)]
    other = [(1, 4, 4, 8, 8), (1, 5, 2, 2, 2), (1, 6, 1, 1, 1)]
    links = Links(own, other, merge)
    with torch.no_grad():
        for parameter in links.parameters():
            parameter.copy_(torch.randn_like(parameter))
    x, ys = torch.randn(2, 3, 2, 4, 4), [torch.randn(2, *shape[1:]) for shape in other[:2]]
    got = links(2, x, ys)
    # Every second place of the larger map; every place of the smaller one, twice.
    fitted = [
        ys[0].numpy()[:, :, ::2, ::2, ::2],
        ys[1].numpy().repeat(2, axis=3).repeat(2, axis=4),
    ]
    weights = [p.detach().numpy()[..., 0, 0, 0] for p in links.into[1].parameters()]  # type: ignore[union-attr]
    if merge == "concat":
        expected = np.einsum("oc,bcthw->bothw", weights[0], np.concatenate([x.numpy(), *fitted], axis=1))
    else:
        total = sum(np.einsum("oc,bcthw->bothw", w, y) for w, y in zip(weights, fitted, strict=True))
        expected = x.numpy() + total if merge == "add" else x.numpy() * (1 + total)
    np.testing.assert_allclose(got.detach().numpy(), expected, atol=1e-5)


def test_resampling_is_a_strided_convolutions() -> None:
    y = torch.randn(1, 3, 4, 8, 8)
    conv = torch.nn.functional.conv3d(y, torch.eye(3)[..., None, None, None], stride=(1, 2, 4))
    torch.testing.assert_close(resampled(y, (1, 3, 4, 4, 2)), conv)


@pytest.mark.parametrize(
    ("direction", "flow", "changed"),
    [
        ("both", "local", {"local", "global"}),
        ("motion-to-appearance", "local", {"global"}),
        ("motion-to-appearance", "global", {"local"}),
        ("appearance-to-motion", "global", {"global"}),
        ("appearance-to-motion", "none", {"local"}),
    ],
)
def test_direction(direction: Any, flow: str, changed: set[str]) -> None:
    """Which streams a change of the other one's clip reaches."""
    torch.manual_seed(0)
    streams = {"local": TwoStage(4), "global": TwoStage(6)}
    if flow in streams:
        streams[flow].modality = "flow"
    made = STDDCN(streams["local"], streams["global"], STDDCNSettings(direction=direction))
    with torch.no_grad():
        for parameter in made.links.parameters():
            parameter.normal_()
    made.eval()
    given = clips(2)
    before = made(given)
    reached = set()
    for name, other in (("local", "global"), ("global", "local")):
        after = made(given | {other: given[other] + 1})
        if not torch.allclose(after[name].logits, before[name].logits):
            reached.add(name)
    assert reached == changed


def test_every_parameter_learns_over_flow_and_colours_of_unlike_networks() -> None:
    """2D ResNet over 20 channels beside R(2+1)D over RGB: other shapes at every stage."""
    torch.manual_seed(0)
    motion = build("resnet18_2d", classes=3, frames=2, size=32, width=0.0625, in_channels=20)
    rgb = build("r2plus1d18", classes=3, frames=4, size=24, width=0.0625)
    made = stir(STDDCN(motion, rgb, STDDCNSettings(merge="concat"))).train()
    step = made({"local": torch.randn(4, 20, 2, 32, 32), "global": torch.randn(4, 3, 4, 24, 24)}, LABELS)
    torch.stack(list(step.losses.values())).sum().backward()
    assert [name for name, p in made.named_parameters() if p.grad is None] == []


def stir(made: STDDCN) -> STDDCN:
    with torch.no_grad():
        for parameter in made.links.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


@pytest.mark.parametrize("wrong", [{"temperature": 0}, {"kl_weight": -1}, {"fusion_weight": -0.5}])
def test_bad_settings_are_one_line(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"method.{next(iter(wrong))} is"):
        STDDCNSettings(**wrong)  # type: ignore[arg-type]


def test_two_stream_networks_are_twins_over_flow_and_rgb() -> None:
    from harness.config.resolve import resolve

    for name, backbone in PAIRS:
        assert METHODS.get(name).twins == backbone
        config = resolve("tiny", {"method": {"name": name}}, ["local.crop=32"])
        assert (config.local.backbone, config.glob.backbone) == (backbone, backbone)
        assert (config.local.modality, config.glob.modality) == ("flow", "rgb")
        assert config.local.model_copy(update={"modality": "rgb"}) == config.glob
        assert config.test.local_clips == config.test.global_clips
    flags = {"method": {"name": "stddcn"}, "local": {"backbone": "c3d"}}
    config = resolve("tiny", flags, ["global.stride=4"])
    assert (config.local.backbone, config.glob.backbone) == ("c3d", "c3d")
    assert (config.local.stride, config.glob.stride) == (1, 4)
    other = resolve("tiny", {"method": {"name": "stddcn"}}, ["global.backbone=r3d18", "local.modality=rgb"])
    assert (other.glob.backbone, other.local.modality) == ("r3d18", "rgb")


def test_views_are_paired(tiny_run: Any) -> None:
    with pytest.raises(UsageError, match=r"local_clips \(2\) and test.global_clips \(1\) must be equal"):
        tiny_run("method.name=stddcn", "test.global_clips=1", dry_run=True)


def test_the_joint_cost_is_counted() -> None:
    """Two streams of one frame of 8 px: every link is its channels' product at the places of its map."""
    from backbones.contract import stage_shapes
    from backbones.spec import InputSpec
    from harness.cost.run_cost import joint_cost
    from harness.record.schema import StreamCost

    made = method()
    own, other = (stage_shapes(made.streams[name]) for name in ("local", "global"))  # type: ignore[arg-type]
    links = macs = 0
    for mine, yours in ((own, other), (other, own)):
        for stage in range(1, len(mine)):
            channels, places = mine[stage - 1][1], int(np.prod(mine[stage - 1][2:]))
            products = sum(channels * shape[1] for shape in yours[:stage])
            links, macs = links + products, macs + products * places
    specs, costs = {}, {}
    for name, stream in made.streams.items():
        counted = count(stream)  # type: ignore[arg-type]
        specs[name] = InputSpec(stream.frames, 1, (8, 8), 8, stream.size, (0.5,) * 3, (0.5,) * 3)  # type: ignore[arg-type]
        costs[name] = StreamCost(
            label=name,
            frames=1,
            size=8,
            width=1,
            views=3,
            counter="",
            **{key: getattr(counted, key) for key in ("parameters", "macs", "flops")},
        )
    cost = joint_cost(made, specs, costs)
    assert (cost.parameters, cost.macs, cost.flops) == (links, macs, 2 * macs)
