"""Weights: what is loaded, what is left out, what is refused."""

import hashlib
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import video as zoo

from backbones import build
from backbones.base.errors import UsageError, UserError
from backbones.spec import KINETICS_MEAN, KINETICS_STD
from backbones.weights import hubs
from backbones.weights.files import read_tensors
from backbones.weights.loading import load_weights, run_tensors, tensors_sha256


def small(name: str = "r2plus1d18", seed: int = 0, **settings: Any) -> Any:
    torch.manual_seed(seed)
    return build(name, **({"classes": 5, "frames": 4, "size": 32, "width": 0.125} | settings)).eval()


def logits(net: Any) -> Tensor:
    torch.manual_seed(7)
    with torch.no_grad():
        return net(torch.randn(2, 3, net.frames, net.size, net.size)).logits


def test_a_safetensors_file_round_trip(tmp_path: Path) -> None:
    source, file = small(), tmp_path / "weights.safetensors"
    save_file(source.state_dict(), file)
    target = small(seed=1)
    assert not torch.equal(logits(target), logits(source))
    report = load_weights(target, file)
    assert torch.equal(logits(target), logits(source))
    assert (report.skipped, report.missing) == ([], [])
    assert len(report.loaded) == len(source.state_dict())
    assert report.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (report.mean, report.std) == (None, None)


@pytest.mark.parametrize("container", ["state_dict", "model_state", "model"])
@pytest.mark.parametrize("wrapper", ["", "module."])
def test_a_checkpoint_of_a_trainer(tmp_path: Path, container: str, wrapper: str) -> None:
    source, file = small("r3d18"), tmp_path / "epoch.pth"
    state = {wrapper + key: tensor for key, tensor in source.state_dict().items()}
    torch.save({"epoch": 3, container: state, "optimizer": {"lr": 0.1}}, file)
    target = small("r3d18", seed=1)
    load_weights(target, str(file))
    assert torch.equal(logits(target), logits(source))


def test_other_classes_leave_the_classifier_out(tmp_path: Path) -> None:
    source, file = small(classes=9), tmp_path / "weights.safetensors"
    save_file(source.state_dict(), file)
    target = small(seed=1)
    before = target.fc.weight.clone()
    report = load_weights(target, file)
    assert report.skipped == ["fc.bias", "fc.weight"]
    assert report.missing == ["fc.weight", "fc.bias"]
    assert torch.equal(target.fc.weight, before)
    assert torch.equal(target.conv1.spatial.weight, source.conv1.spatial.weight)


HARA = {  # parameter names of resnet2p1d.py in kenshohara/3D-ResNets-PyTorch, with ours
    "conv1_s.weight": "conv1.spatial.weight",
    "bn1_s.running_mean": "conv1.norm.running_mean",
    "conv1_t.weight": "conv1.temporal.weight",
    "bn1_t.bias": "bn1.bias",
    "layer1.0.conv1.weight": "layer1.0.conv1.weight",
    "layer1.0.bn1.weight": "layer1.0.bn1.weight",
    "layer3.5.conv2_s.weight": "layer3.5.conv2.spatial.weight",
    "layer3.5.bn2_s.weight": "layer3.5.conv2.norm.weight",
    "layer3.5.conv2_t.weight": "layer3.5.conv2.temporal.weight",
    "layer3.5.bn2_t.weight": "layer3.5.bn2.weight",
    "layer4.0.downsample.1.running_var": "layer4.0.downsample.1.running_var",
    "fc.weight": "fc.weight",
}


def test_names_of_haras_checkpoints() -> None:
    net = small("r2plus1d50")
    assert {key: net.rename(key) for key in HARA} == HARA
    assert set(HARA.values()) <= set(net.state_dict())


def test_a_checkpoint_of_haras(tmp_path: Path) -> None:
    source, file = small("r2plus1d50"), tmp_path / "r2p1d50.pth"
    state = {f"module.{hara_name(key)}": tensor for key, tensor in source.state_dict().items()}
    torch.save({"epoch": 200, "arch": "resnet2p1d-50", "state_dict": state}, file)
    target = small("r2plus1d50", seed=1)
    assert load_weights(target, file).skipped == []
    assert torch.equal(logits(target), logits(source))


def hara_name(key: str) -> str:
    key = re.sub(r"conv(\d)\.spatial", r"conv\1_s", key)
    key = re.sub(r"conv(\d)\.norm", r"bn\1_s", key)
    number = re.search(r"conv(\d)\.temporal", key)
    if number:
        return key.replace(number[0], f"conv{number[1]}_t")
    factored = r"(?:^|\.)bn2\." if key.startswith("layer") else r"^bn1\."
    return re.sub(r"bn(\d)\.", r"bn\1_t.", key) if re.search(factored, key) else key


def test_a_librarys_own_file_finds_its_part(tmp_path: Path) -> None:
    torch.manual_seed(3)
    original, file = zoo.swin3d_t(num_classes=400), tmp_path / "swin3d_t.pth"
    torch.save(original.state_dict(), file)
    target = small("swin3d_t", width=1.0)
    report = load_weights(target, file)
    assert report.skipped == ["net.head.bias", "net.head.weight"]
    assert torch.equal(target.net.features[0][0].attn.qkv.weight, original.features[0][0].attn.qkv.weight)


def test_a_file_of_the_spatial_net_alone(tmp_path: Path) -> None:
    vtn: dict[str, Any] = {"inner": "resnet18", "layers": 1}
    source, file = small("vtn:*", **vtn), tmp_path / "resnet18.safetensors"
    state = source.spatial.state_dict()
    save_file(state | {"fc.weight": torch.zeros(1000, 64), "fc.bias": torch.zeros(1000)}, file)
    target = small("vtn:*", seed=1, **vtn)
    report = load_weights(target, file)
    assert report.loaded == sorted(f"spatial.{key}" for key in state)
    assert report.skipped == ["spatial.fc.bias", "spatial.fc.weight"]
    assert {key.partition(".")[0] for key in report.missing} == {"temporal", "classifier"}


def test_another_width_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "narrow.safetensors"
    save_file(small(width=0.25).state_dict(), file)
    with pytest.raises(UserError, match=r"does not fit this network: .* saved at another width or size"):
        load_weights(small(), file)


@pytest.mark.parametrize(("source", "target"), [("r2plus1d34", "r2plus1d18"), ("r2plus1d18", "r2plus1d34")])
def test_another_depth_is_refused(tmp_path: Path, source: str, target: str) -> None:
    """Its tensors fit one by one; a network loaded in part would pass for a pretrained one."""
    file = tmp_path / "other.safetensors"
    save_file(small(source).state_dict(), file)
    net = small(target, seed=1)
    before = logits(net)
    with pytest.raises(UserError, match="does not fit this network"):
        load_weights(net, file)
    assert torch.equal(logits(net), before)


def test_a_stranger_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2), "b": torch.zeros(3)}, file)
    with pytest.raises(UserError, match="none of its tensors"):
        load_weights(small(), file)


class Trap:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> Any:
        return Path.touch, (self.witness,)


def test_a_file_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    file, witness = tmp_path / "evil.pth", tmp_path / "ran"
    torch.save({"state_dict": Trap(witness)}, file)
    with pytest.raises(UserError, match="could run code"):
        load_weights(small(), file)
    file.write_bytes(pickle.dumps(Trap(witness)))
    with pytest.raises(UserError):
        load_weights(small(), file)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pth", b""), ("a.pth", b"text"), ("a.safetensors", b"text"), ("a.pt", b"PK\x03\x04x")],
)
def test_a_broken_file_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=name) as caught:
        load_weights(small(), tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_without_names_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    with pytest.raises(UserError, match="no named tensors"):
        load_weights(small(), tmp_path / "list.pt")


def test_unknown_names() -> None:
    with pytest.raises(UserError, match=r"no weights file 'nowhere\.pth'"):
        load_weights(small(), "nowhere.pth")
    with pytest.raises(UsageError, match=r"kinetics40' for the local .*; did you mean 'kinetics400'\?"):
        load_weights(small("swin3d_t"), "kinetics40")
    with pytest.raises(
        UsageError, match="called 'imagenet' for the local stream's network; none are published"
    ):
        load_weights(small(), "imagenet")


def test_torchvisions_zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through torchvision's own loader, without a network: its download is replaced."""
    torch.manual_seed(3)
    published = zoo.r2plus1d_18(num_classes=400).state_dict()
    asked: dict[str, Any] = {}

    def download(url: str, **options: Any) -> dict[str, Tensor]:
        asked.update(options, url=url)
        return published

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    net = small("r2plus1d18_tv", width=1.0)
    report = load_weights(net, "kinetics400")
    assert asked["weights_only"]
    assert asked["check_hash"]
    assert asked["url"].endswith(".pth")
    assert report.skipped == ["net.fc.bias", "net.fc.weight"]
    assert (report.mean, report.std) == (KINETICS_MEAN, KINETICS_STD)
    assert torch.equal(net.net.stem[0].weight, published["stem.0.weight"])


@pytest.mark.parametrize(
    ("name", "weights", "tried"),
    [
        ("r2plus1d18_tv", "kinetics400", "download.pytorch.org"),
        ("r2plus1d50_ptv", "kinetics400", "dl.fbaipublicfiles.com"),
        ("vtn:resnet18", "imagenet", "timm's pretrained 'resnet18'"),
        ("videomae", "ssv2", "MCG-NJU/videomae-base-finetuned-ssv2"),
    ],
)
def test_an_unreachable_hub_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, weights: str, tried: str
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError("Name or service not known\nand more")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    monkeypatch.setattr(hubs, "try_to_load_from_cache", lambda *_: None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match="give the file instead") as caught:
        load_weights(small(name), weights)
    assert tried in str(caught.value)
    assert "\n" not in str(caught.value)


def test_timms_zoo_from_its_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file in the hub's cache is used without asking the hub; positions are resampled for the size."""
    import timm

    torch.manual_seed(3)
    published = timm.create_model("vit_tiny_patch16_224").state_dict()
    save_file(published, tmp_path / "model.safetensors")
    monkeypatch.setattr(hubs, "try_to_load_from_cache", lambda *_: str(tmp_path / "model.safetensors"))
    monkeypatch.setattr(hubs, "reach", lambda *_: pytest.fail("asked the hub"))
    net = small("vtn:vit_tiny_patch16_224", width=1.0, layers=1)
    report = load_weights(net, "imagenet")
    assert torch.equal(net.spatial.blocks[3].attn.qkv.weight, published["blocks.3.attn.qkv.weight"])
    assert net.spatial.pos_embed.shape == (1, 5, 192)
    assert report.mean == (0.5, 0.5, 0.5)
    assert report.source.startswith("timm vit_tiny_patch16_224.")


OLD_NAMES = {
    # what transformers called these parts before version 5, in which the published files were written
    "vivit": [
        (
            r"layers\.(\d+)\.attention\.([qkv])_proj",
            lambda m: f"encoder.layer.{m[1]}.attention.attention.{LONG[m[2]]}",
        ),
        (r"layers\.(\d+)\.attention\.o_proj", r"encoder.layer.\1.attention.output.dense"),
        (r"layers\.(\d+)\.mlp\.fc1", r"encoder.layer.\1.intermediate.dense"),
        (r"layers\.(\d+)\.mlp\.fc2", r"encoder.layer.\1.output.dense"),
        (r"layers\.(\d+)\.layernorm", r"encoder.layer.\1.layernorm"),
    ],
    "videomae": [(r"query\.bias", "q_bias"), (r"value\.bias", "v_bias")],
    "timesformer": [],
}
LONG = {"q": "query", "k": "key", "v": "value"}
VIT: dict[str, Any] = {"layers": 4, "size": 32, "width": 0.125}


def old_state(name: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A library's state dict under the names of its published files."""
    renamed = {}
    for key, tensor in state.items():
        for pattern, old in OLD_NAMES[name]:
            key = re.sub(pattern, old, key)
        renamed[key] = tensor.clone()
    return renamed


@pytest.mark.parametrize("name", ["timesformer", "videomae", "vivit"])
@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_transformers_zoo_from_the_hubs_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, file: str
) -> None:
    """A published file has the names of transformers 4, and the library reads the same network from it."""
    published = small(name, seed=3, classes=400, **VIT)
    state = old_state(name, published.net.state_dict())
    (save_file if file.endswith("safetensors") else torch.save)(state, tmp_path / file)
    monkeypatch.setattr(
        hubs, "try_to_load_from_cache", lambda _, asked: str(tmp_path / file) if asked == file else None
    )
    monkeypatch.setattr(hubs, "reach", lambda *_: pytest.fail("asked the hub"))
    net = small(name, **VIT)
    report = load_weights(net, "kinetics400")
    assert report.skipped == ["net.classifier.bias", "net.classifier.weight"]
    assert report.missing == ["net.classifier.weight", "net.classifier.bias"]
    assert report.sha256 == hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()
    assert report.source.startswith("hub ")
    assert (report.mean, report.std) == net.colours
    published.net.config.save_pretrained(tmp_path)
    theirs = type(published.net).from_pretrained(tmp_path).state_dict()
    ours = net.net.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours if "classifier" not in key)


def test_a_file_of_a_transformers_network(tmp_path: Path) -> None:
    source = small("vivit", seed=3, **VIT)
    save_file(old_state("vivit", source.net.state_dict()), tmp_path / "vivit.safetensors")
    target = small("vivit", **VIT)
    assert load_weights(target, tmp_path / "vivit.safetensors").skipped == []
    assert torch.equal(logits(target), logits(source))


def test_other_frames_than_the_weights_are_refused(tmp_path: Path) -> None:
    save_file(small("timesformer", **VIT).net.state_dict(), tmp_path / "four.safetensors")
    with pytest.raises(UserError, match=r"time_embeddings is \(1, 4, 96\), here \(1, 6, 96\)"):
        load_weights(small("timesformer", **(VIT | {"frames": 6})), tmp_path / "four.safetensors")


def test_timm_models_without_published_weights() -> None:
    with pytest.raises(UserError, match="timm publishes no weights for 'efficientnet_l2'"):
        hubs.from_timm("efficientnet_l2", 32, "spatial.")


def test_the_hash_of_tensors_knows_names_shapes_and_values() -> None:
    a, b = torch.arange(6.0), torch.arange(4.0)
    base = tensors_sha256({"a": a, "b": b})
    assert tensors_sha256({"b": b, "a": a}) == base
    others = [
        {"a": a, "c": b},
        {"a": a.reshape(2, 3), "b": b},
        {"a": a + 1, "b": b},
        {"a": a.double(), "b": b},
    ]
    assert len({base, *(tensors_sha256(other) for other in others)}) == 5


@pytest.mark.parametrize("stream", ["local", "global"])
def test_a_runs_checkpoint_gives_each_stream_its_own(tmp_path: Path, stream: str) -> None:
    streams, file = {"local": small(seed=1), "global": small(seed=2)}, tmp_path / "checkpoint.pt"
    state = {
        f"streams.{name}.{key}": tensor
        for name, network in streams.items()
        for key, tensor in network.state_dict().items()
    }
    state["represent.local.weight"] = torch.ones(2)
    torch.save({"step": 3, "method": state, "optimizer": {"state": {}}, "failed": {}}, file)
    target = small(seed=3)
    report = load_weights(target, file, stream)
    assert (report.skipped, report.missing) == ([], [])
    assert torch.equal(logits(target), logits(streams[stream]))
    assert list(run_tensors(str(file))) == ["represent.local.weight"]


def test_only_a_run_learned_anything_besides(tmp_path: Path) -> None:
    save_file(small().state_dict(), tmp_path / "plain.safetensors")
    assert run_tensors(str(tmp_path / "plain.safetensors")) == {}
    assert run_tensors("kinetics400") == {}


def test_text_under_a_weights_name_is_told_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_text("junk\n")
    with pytest.raises(UserError, match=r"not a readable weights file \(it is a text\); give"):
        read_tensors(path)
