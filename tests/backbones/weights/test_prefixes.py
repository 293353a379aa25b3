"""Checkpoints of other projects: prefixes, names of their own, and values that are not finite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from backbones import build
from backbones.base.errors import UserError
from backbones.weights.loading import load_weights

VTN = {  # names in the authors' checkpoints, with ours
    "cls_token": "temporal.cls",
    "backbone.cls_token": "spatial.cls_token",
    "backbone.blocks.0.attn.qkv.weight": "spatial.blocks.0.attn.qkv.weight",
    "temporal_encoder.embeddings.position_embeddings.weight":
        "temporal.embeddings.position_embeddings.weight",
    "temporal_encoder.encoder.layer.0.attention.self.query.weight":
        "temporal.layer.0.attention.self.query.weight",
    "mlp_head.4.bias": "classifier.4.bias",
}  # fmt: skip


def small(name: str, seed: int, **settings: Any) -> Any:
    torch.manual_seed(seed)
    return build(name, **({"classes": 5, "frames": 4, "size": 32, "width": 0.125} | settings)).eval()


def saved(path: Path, tensors: dict[str, Tensor]) -> Path:
    torch.save({"state_dict": tensors, "epoch": 3}, path)
    return path


@pytest.mark.parametrize(
    ("prefix", "extra"),
    [
        ("model.", "train_acc.value"),
        ("module.", "loss.weight"),
        ("model.module.", "loss.weight"),
        ("net.", "ema.n"),
    ],
)
def test_lightnings_keys_beside_others(tmp_path: Path, prefix: str, extra: str) -> None:
    source, target = small("r3d18", 0), small("r3d18", 1)
    tensors = {prefix + key: tensor for key, tensor in source.state_dict().items()}
    report = load_weights(target, saved(tmp_path / "w.ckpt", tensors | {extra: torch.zeros(1)}))
    assert report.missing == []
    assert torch.equal(target.fc.weight, source.fc.weight)


def test_mmaction2s_backbone_and_head(tmp_path: Path) -> None:
    source, target = small("c3d", 0, frames=8), small("c3d", 1, frames=8)
    head = {"fc8.weight": "cls_head.fc_cls.weight", "fc8.bias": "cls_head.fc_cls.bias"}
    tensors = {
        head.get(key) or "backbone." + (key.replace(".", ".conv.") if key.startswith("conv") else key): tensor
        for key, tensor in source.state_dict().items()
    }
    report = load_weights(target, saved(tmp_path / "w.pth", tensors))
    assert (report.missing, report.skipped) == ([], [])
    assert torch.equal(target.fc8.weight, source.fc8.weight)
    assert torch.equal(target.conv1a.weight, source.conv1a.weight)


def test_the_common_port_of_c3d(tmp_path: Path) -> None:
    source, target = small("c3d", 0, frames=8), small("c3d", 1, frames=8)
    names = {"conv1a": "conv1", "conv2a": "conv2"}
    tensors = {names.get(k.split(".")[0], k.split(".")[0]) + "." + k.split(".")[1]: v
               for k, v in source.state_dict().items()}  # fmt: skip
    assert {"conv1.weight", "conv2.bias", "conv3a.weight", "fc6.weight"} <= tensors.keys()
    assert load_weights(target, saved(tmp_path / "w.pickle", tensors)).missing == []
    assert torch.equal(target.conv2a.weight, source.conv2a.weight)


def test_published_keys_of_vtn(tmp_path: Path) -> None:
    settings = {"layers": 1, "width": 1.0}
    name = "vtn:vit_tiny_patch16_224"
    source, target = small(name, 0, **settings), small(name, 1, **settings)
    assert {key: source.rename(key) for key in VTN} == VTN
    assert set(VTN.values()) <= set(source.state_dict())
    theirs = {}
    for key, tensor in source.state_dict().items():
        key = key.replace("temporal.layer.", "temporal_encoder.encoder.layer.", 1)
        key = "cls_token" if key == "temporal.cls" else key.replace("temporal.emb", "temporal_encoder.emb")
        theirs[key.replace("spatial.", "backbone.", 1).replace("classifier.", "mlp_head.", 1)] = tensor
    report = load_weights(target, saved(tmp_path / "VTN.pyth", theirs))
    assert (report.missing, report.skipped) == ([], [])
    assert torch.equal(target.temporal.cls, source.temporal.cls)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    source = small("r3d18", 0).state_dict()
    source["layer1.0.conv1.weight"].view(-1)[3] = value
    target = small("r3d18", 1)
    before = target.fc.weight.clone()
    with pytest.raises(UserError, match=r"layer1\.0\.conv1\.weight has values that are not finite"):
        load_weights(target, saved(tmp_path / "w.pt", source))
    assert torch.equal(target.fc.weight, before)


def test_keys_of_both_sides_are_shown(tmp_path: Path) -> None:
    file = saved(
        tmp_path / "w.pt", {"encoder.first.weight": torch.zeros(3), "encoder.last.bias": torch.ones(2)}
    )
    with pytest.raises(UserError, match=r"its keys: .*first.weight, .*last.bias; here: .*, fc\.bias\)"):
        load_weights(small("r3d18", 0), file)


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "model."])
def test_two_tensors_of_one_name_are_refused(tmp_path: Path, prefix: str) -> None:
    """None is dropped without a word: which of them is meant, only the user knows."""
    source, target = small("r3d18", 0), small("r3d18", 2)
    tensors = {prefix + key: tensor for key, tensor in source.state_dict().items()}
    twice = {"fc.bias": source.fc.bias.detach().clone()}
    load_weights(target, saved(tmp_path / "w.pt", tensors | twice))  # the same tensor twice is one
    assert torch.equal(target.fc.bias, source.fc.bias)
    twice["fc.bias"][0] += 1
    said = rf"w\.pt: '{prefix}fc\.bias' and 'fc\.bias' are different tensors for 'fc\.bias' of this network"
    with pytest.raises(UserError, match=said):
        load_weights(target, saved(tmp_path / "w.pt", tensors | twice))


def test_a_second_network_in_the_file_is_named(tmp_path: Path) -> None:
    source, average = small("r3d18", 0), small("r3d18", 1)
    tensors = source.state_dict() | {"ema." + key: each for key, each in average.state_dict().items()}
    with pytest.raises(UserError, match=r"of its \d+ tensors have no place here, such as ema\."):
        load_weights(small("r3d18", 2), saved(tmp_path / "w.pt", tensors))
