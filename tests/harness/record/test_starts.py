"""Where a stream's weights come from, told from what was really loaded."""

import pytest
from safetensors.torch import save_file

from backbones.building import build
from backbones.weights.loading import Pretrained, load_weights
from harness.record.starts_from import start

SIZES = {"classes": 4, "frames": 4, "size": 32, "width": 0.03125}


def test_from_scratch() -> None:
    assert start(None, None) == {"kind": "scratch"}


def test_of_another_run() -> None:
    assert start("run:0123456789ab", {"source": "run 0123456789ab (mbd on x)", "sha256": "f" * 64}) == {
        **{"kind": "run", "name": "0123456789ab", "sha256": "f" * 64}
    }


@pytest.mark.parametrize("name", ["weights.safetensors", "./weights.safetensors", "imagenet"])
def test_a_file_however_it_is_written(name, tmp_path, monkeypatch) -> None:
    """One without a suffix, too; safetensors are read by their suffix, so that one is a state_dict."""
    import torch

    monkeypatch.chdir(tmp_path)
    network = build("r2plus1d18", **SIZES)
    if name == "imagenet":
        torch.save(network.state_dict(), name)
    else:
        save_file(network.state_dict(), name)
    report = load_weights(network, name)
    assert start(name, vars(report)) == {"kind": "file", "name": name, "sha256": report.sha256}


def test_published_weights(monkeypatch) -> None:
    network = build("r2plus1d18", **SIZES)
    tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    monkeypatch.setattr(
        type(network),
        "zoo",
        lambda self: {"k400": lambda: Pretrained(tensors, "https://x/k400.pth", "a" * 64)},
    )
    report = load_weights(network, "k400")
    assert start("k400", vars(report)) == {"kind": "zoo", "name": "k400", "sha256": "a" * 64}
