"""Formats that a network is exported to: each writes a file, and runs what it reads back from it."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from backbones.base.errors import UserError

Inputs = Sequence[Tensor]
MOST_CLIPS = 4096
PACKAGES = "pip install 'mbd-harness[onnx]'"


@dataclass(frozen=True)
class Traced:
    """A network as a graph. inputs, outputs: names. any_number: whether it takes any number of clips, not only
    that of the example."""

    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    any_number: bool


def trace(module: nn.Module, example: Mapping[str, Tensor], outputs: Sequence[str], equal: bool) -> Traced:
    """The module in evaluation mode as a graph of PyTorch's own operators, on the CPU.

    example: clips for each input by name, two or more. Any number of clips may then be given (`equal`: the
    same number to each input); where a network cannot do that, always as many as in the example.
    """
    module.eval()
    clips = tuple(example.values())
    names = ["clips"] * len(clips) if equal else list(example)
    axes = {name: Dim(name, min=1, max=MOST_CLIPS) for name in names}
    free = tuple({0: axes[name]} for name in names)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            program, any_number = torch.export.export(module, clips, dynamic_shapes=free, strict=False), True
        except Exception:  # what it raises where a number is fixed is not documented
            program, any_number = torch.export.export(module, clips, strict=False), False
    return Traced(program, tuple(example), tuple(outputs), any_number)


class Format(ABC):
    """name: of `--format`. ending: of its files. tolerance: the largest absolute difference of logits or
    scores from the run's own network with which a file is kept."""

    name: str
    ending: str
    tolerance: float

    @staticmethod
    def check() -> None:
        """Raises UserError where a package is missing."""

    @staticmethod
    @abstractmethod
    def write(traced: Traced, path: Path) -> None: ...

    @staticmethod
    @abstractmethod
    def run(path: Path, inputs: Inputs) -> list[Tensor]:
        """What the file's network gives for these inputs."""


class TorchExport(Format):
    """Read by `torch.export.load(path).module()`, with PyTorch alone."""

    name, ending, tolerance = "torch-export", ".pt2", 1e-4

    @staticmethod
    def write(traced: Traced, path: Path) -> None:
        torch.export.save(traced.program, path)

    @staticmethod
    def run(path: Path, inputs: Inputs) -> list[Tensor]:
        with torch.no_grad():
            return list(torch.export.load(path).module()(*inputs))


class Onnx(Format):
    """Read by ONNX Runtime, and by what else reads ONNX."""

    name, ending, tolerance = "onnx", ".onnx", 1e-3

    @staticmethod
    def check() -> None:
        for package in ("onnx", "onnxscript", "onnxruntime"):
            if importlib.util.find_spec(package) is None:
                raise UserError(f"--format onnx needs the package {package}: {PACKAGES}")

    @staticmethod
    def write(traced: Traced, path: Path) -> None:
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                traced.program,
                (),
                path,
                input_names=list(traced.inputs),
                output_names=list(traced.outputs),
                dynamo=True,
                external_data=False,
                verbose=False,
            )

    @staticmethod
    def run(path: Path, inputs: Inputs) -> list[Tensor]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        names = [each.name for each in session.get_inputs()]
        given = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
        return [torch.from_numpy(each) for each in session.run(None, given)]


FORMATS = (TorchExport, Onnx)
BY_NAME: dict[str, type[Format]] = {each.name: each for each in FORMATS}
