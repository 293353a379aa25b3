"""The layer of each parameter: by hand for networks whose parts are known."""

import pytest
import torch

from backbones.base.errors import UsageError
from backbones.building import build
from backbones.layers import freeze, layers
from harness.config.resolve import resolve
from harness.training.streams.build import build_stream


def first_names(found):
    """Each layer's first parameter."""
    return [next(name for name, layer in found.items() if layer == n) for n in sorted(set(found.values()))]


def test_a_resnets_stages_are_its_layers():
    net = build("r2plus1d18", classes=6, frames=4, size=32, width=0.125)
    found = layers(net)
    assert set(found) == {name for name, _ in net.named_parameters()}
    places = {"conv1": 0, "bn1": 0, "layer1": 1, "layer2": 2, "layer3": 3, "layer4": 4, "fc": 5}
    stem = {name for name, layer in found.items() if layer == 0}
    assert {name: places[name.partition(".")[0]] for name in found if name not in stem} == {
        name: layer for name, layer in found.items() if name not in stem
    }
    assert stem == {name for name in found if not name.startswith(("layer", "fc"))}


def test_a_vtn_has_its_vits_blocks_then_its_encoders_layers():
    """timm: 12 blocks of a ViT after its embeddings; the final norm belongs to the last block."""
    net = build("vtn:vit_tiny_patch16_224", classes=6, frames=4, size=32, width=0.25, hidden=32, layers=2)
    found = layers(net)
    assert found["spatial.patch_embed.proj.weight"] == found["spatial.pos_embed"] == 0
    assert [found[f"spatial.blocks.{block}.mlp.fc1.weight"] for block in range(12)] == list(range(1, 13))
    assert found["spatial.norm.weight"] == 12
    assert found["adapter.weight"] == 13
    assert found["temporal.cls"] == found["temporal.embeddings.position_embeddings.weight"] == 14
    assert found["temporal.layer.0.output.dense.weight"] == 14
    assert found["temporal.layer.1.output.dense.weight"] == 15
    assert {found[name] for name in found if name.startswith("classifier.")} == {16}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("slowfast_r50", {"frames": 8, "size": 64, "width": 0.25}),  # a state of two maps
        ("mvit_v2_s", {"frames": 4, "size": 64, "width": 1.0}),  # tokens with CLS and a grid
    ],
)
def test_layers_follow_the_states_whatever_they_are(name, settings):
    net = build(name, classes=6, **settings)
    found = layers(net)
    assert sorted(set(found.values())) == list(range(6))
    assert set(found) == {name for name, _ in net.named_parameters()}


def test_frozen_layers_are_not_trained_and_act_as_in_testing():
    net = build("vtn:resnet10t", classes=6, frames=4, size=32, hidden=32, layers=1)
    count = layers(net)["adapter.weight"]
    freeze(net, count)
    trained = {name for name, p in net.named_parameters() if p.requires_grad}
    assert trained == {name for name, _ in net.named_parameters() if not name.startswith("spatial.")}
    net.train()
    assert net.training
    assert net.temporal.training
    assert not any(part.training for part in net.spatial.modules())
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net(torch.randn(2, 3, 4, 32, 32)).logits.sum().backward()
    after = net.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert {name for name, p in net.named_parameters() if p.grad is not None} == trained


def test_the_preset_finetune_freezes_the_spatial_net_and_no_more():
    config = resolve("finetune", {"method": {"name": "mbd"}, "global": {"weights": "imagenet"}}, [])
    found = layers(build_stream(config.glob, classes=6))
    frozen = {name for name, layer in found.items() if layer < config.glob.frozen_layers}
    assert frozen == {name for name in found if name.startswith("spatial.")}
    assert max(found.values()) == 19


def test_a_part_with_one_trained_layer_is_trained():
    net = build("r2plus1d18", classes=6, frames=4, size=32, width=0.125)
    freeze(net, 3)
    assert [net.layer1.training, net.layer2.training, net.layer3.training] == [False, False, True]
    assert [p.requires_grad for p in net.layer3.parameters()] == [True] * 27
    with pytest.raises(
        UsageError, match=r"^frozen_layers is 6; this network has 6, and one must be trained$"
    ):
        freeze(net, 6)


def test_the_network_stays_as_it_is():
    net = build("r2plus1d18", classes=6, frames=4, size=32, width=0.125).train()
    for parameter in net.layer1.parameters():
        parameter.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    assert layers(net)["layer1.0.conv1.spatial.weight"] == 1
    assert net.training
    assert all(parameter.grad is None for parameter in net.parameters())
    assert [p.requires_grad for p in net.layer1.parameters()][:1] == [False]
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
