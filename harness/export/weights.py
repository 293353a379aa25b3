"""A stream's tensors alone, as safetensors: for `--weights-local FILE`, and for code of the same network."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from backbones.base.streams import StreamName
from backbones.contract import Backbone
from backbones.parts.conv import channels_last
from harness.export.formats import METADATA
from harness.export.source import Source

NAME, ENDING = "safetensors", ".safetensors"
TOLERANCE = 1e-4


def write(run: Source, stream: StreamName, path: Path, metadata: str) -> None:
    """Writes the tensors of a stream as safetensors. metadata: JSON, kept in the file."""
    tensors = run.method.stream(stream).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, {METADATA: metadata})


def read(run: Source, stream: StreamName, path: Path) -> Backbone:
    """The network built anew, with the file's tensors."""
    network = run.streams.networks[stream].build()
    network.load_state_dict(load_file(path))
    channels_last(network)  # as the run's own: another layout is another order of summation
    return network
