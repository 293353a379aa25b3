"""A stream's tensors alone, as safetensors: for `--weights-local FILE`, and for code of the same network."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from backbones.base.streams import STREAMS, StreamName
from backbones.contract import Backbone
from backbones.parts.conv import channels_last
from harness.config.command import RunCommand, loaded_files, placeholder_root
from harness.config.difference import as_pairs, overrides
from harness.export.formats import METADATA
from harness.export.source import Source

NAME, ENDING = "safetensors", ".safetensors"
TOLERANCE = 1e-4
WEIGHTS = tuple(f"{name}.weights" for name in STREAMS)


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


def command(run: Source, stream: StreamName, file: str) -> str:
    """A run with this run's settings in which that stream begins with the file; the other begins as the
    preset says.

    It goes on although the file does not say which videos it was trained on: the record says so then.
    """
    config = run.config
    names = (config.method.name, config.method.fusion, config.data.dataset)
    backbones = [each.backbone for each in config.streams().values()]
    own = {key: value for key, value in overrides(config).items() if key not in WEIGHTS}
    return RunCommand(
        method=config.method.name,
        fusion=config.method.fusion,
        preset=config.preset,
        dataset=config.data.dataset,
        split=config.data.split,
        data_root=placeholder_root(config.data.dataset),
        plugins=tuple(loaded_files(*names, backbones)),
        pairs=as_pairs({**own, f"{stream}.weights": file, "data.leaks": "warn"}),
    ).line()
