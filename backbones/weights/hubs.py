"""Published weights from the zoos of torchvision, PyTorchVideo, timm and transformers, tensors only."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from huggingface_hub import hf_hub_download, try_to_load_from_cache
from huggingface_hub.constants import ENDPOINT
from huggingface_hub.errors import EntryNotFoundError
from torch import nn

from backbones.base.errors import UserError, error_line
from backbones.pretrained import Pretrained
from backbones.weights.loading import file_sha256, prefixed, read_tensors, tensors_sha256

T = TypeVar("T")


def from_hub(what: str, fetch: Callable[[], T]) -> T:
    """`fetch()`; UserError where the hub cannot be reached or gives no valid answer."""
    try:
        return fetch()
    except Exception as error:  # every hub client has its own exceptions
        raise UserError(
            f"could not get {what}: {error_line(error)}; download it elsewhere and give the file instead"
        ) from error


def from_torchvision(weights: Any, prefix: str) -> Pretrained:
    """Weights of torchvision's zoo, by its own loader (checked by the hash in their name)."""
    tensors = from_hub(
        f"torchvision's {weights} from {weights.url}",
        lambda: weights.get_state_dict(
            progress=False, check_hash=True, map_location="cpu", weights_only=True
        ),
    )
    transforms = weights.transforms()
    return Pretrained(
        prefixed(prefix, tensors),
        f"torchvision {weights}",
        tensors_sha256(tensors),
        tuple(transforms.mean),
        tuple(transforms.std),
    )


def from_url(url: str, prefix: str, mean: tuple[float, ...], std: tuple[float, ...]) -> Pretrained:
    """A checkpoint at `url`, through torch's hub cache."""
    content = from_hub(
        url,
        lambda: torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=False, weights_only=True
        ),
    )
    tensors = content.get("model_state", content)
    return Pretrained(prefixed(prefix, tensors), url, tensors_sha256(tensors), mean, std)


def from_timm(name: str, size: int, prefix: str) -> Pretrained:
    """timm's pretrained weights for `name`, position embeddings resampled for `size` px frames by timm.

    A `UserError` where timm has none.
    """
    import timm

    cfg: Any = timm.models.get_pretrained_cfg(name)
    if cfg is None or not cfg.has_weights:
        raise UserError(f"timm publishes no weights for '{name}'; give a file instead")
    net = from_hub(f"timm's pretrained '{name}'", lambda: _pretrained_net(name, size, cfg.hf_hub_id))
    tensors = net.state_dict()
    source = f"timm {name}.{cfg.tag}" if cfg.tag and "." not in name else f"timm {name}"
    return Pretrained(
        prefixed(prefix, tensors), source, tensors_sha256(tensors), tuple(cfg.mean), tuple(cfg.std)
    )


def _pretrained_net(name: str, size: int, repository: str | None) -> nn.Module:
    """From the hub's cache without asking the hub, if it is there; timm alone would retry for a minute."""
    from backbones.parts.spatial import create

    cached = try_to_load_from_cache(repository, "model.safetensors") if repository else None
    if isinstance(cached, str):
        return create(name, size, pretrained=True, pretrained_cfg_overlay={"file": cached})
    reach(ENDPOINT)
    return create(name, size, pretrained=True)


def from_hugging_face(
    repository: str,
    rename: Callable[[str], str],
    prefix: str,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> Pretrained:
    """A repository's file of weights, read as tensors only, its names as the network now has them."""
    path = from_hub(f"the weights of {repository}", lambda: _weights_file(repository))
    tensors = {rename(key): tensor for key, tensor in read_tensors(path).items()}
    return Pretrained(prefixed(prefix, tensors), f"hub {repository}", file_sha256(path), mean, std)


def _weights_file(repository: str) -> Path:
    """From the hub's cache without asking the hub, if it is there. Older repositories have no safetensors."""
    names = ("model.safetensors", "pytorch_model.bin")
    for name in names:
        cached = try_to_load_from_cache(repository, name)
        if isinstance(cached, str):
            return Path(cached)
    reach(ENDPOINT)
    try:
        return Path(hf_hub_download(repository, names[0]))
    except EntryNotFoundError:
        return Path(hf_hub_download(repository, names[1]))


def reach(url: str, seconds: float = 10.0) -> None:
    """Raises OSError unless a server answers at `url`, with whatever status."""
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds).close()
    except urllib.error.HTTPError:
        pass
    except urllib.error.URLError as error:
        raise OSError(f"{url} cannot be reached ({error.reason})") from error
