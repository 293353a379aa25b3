"""Formats that hold a network as a graph: each writes a file, and runs what it reads back from it."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from backbones.base.errors import UserError, error_line
from backbones.parts.exporting import exporting
from backbones.weights.files import EXPORTED

Answer = Callable[[Sequence[Tensor]], list[Tensor]]
MOST_CLIPS = 4096
METADATA = EXPORTED  # the name under which a file keeps what it is, as JSON


@dataclass(frozen=True)
class Traced:
    """A network as a graph. inputs, outputs: their names. any_number: whether an input may have any number of
    clips; else it has one."""

    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    any_number: bool


def trace(
    module: nn.Module, example: Mapping[str, Tensor], outputs: Sequence[str], equal: bool = False
) -> Traced:
    """The module in evaluation mode as a graph of PyTorch's own operators, on the CPU.

    example: of each input, a tensor (N, …) of two clips or more. equal: every input always has as many clips
    as the others.
    """
    module.eval()
    names = ["clips"] * len(example) if equal else list(example)
    axes = {name: Dim(name, min=1, max=MOST_CLIPS) for name in names}
    free = tuple({0: axes[name]} for name in names)
    clips = tuple(example.values())
    with warnings.catch_warnings(), torch.no_grad(), exporting(module):
        warnings.simplefilter("ignore")
        try:
            program, any_number = torch.export.export(module, clips, dynamic_shapes=free, strict=False), True
        except Exception:  # what it raises where a number of clips gets fixed is not documented
            program, any_number = _of_one(module, tuple(each[:1] for each in clips)), False
    return Traced(program, tuple(example), tuple(outputs), any_number)


def _of_one(module: nn.Module, clips: tuple[Tensor, ...]) -> ExportedProgram:
    """The graph for one clip at a time. Raises UserError where there is none, as of a network whose code
    depends on its numbers."""
    try:
        return torch.export.export(module, clips, strict=False)
    except Exception as error:
        raise UserError(f"torch.export finds no graph of this network ({error_line(error)})") from error


class Format(ABC):
    """name: of `--format`. ending: of its files. tolerance: the largest absolute difference from what the
    run's own network gives with which a file is kept. packages: that must be there."""

    name: str
    ending: str
    tolerance: float

    packages: tuple[str, ...] = ()

    @classmethod
    def check(cls) -> None:
        """Raises UserError where a package is missing."""
        for package in cls.packages:
            if importlib.util.find_spec(package) is None:
                raise UserError(
                    f"--format {cls.name} needs the package {package}: pip install 'mbd-harness[{cls.name}]'"
                )

    @staticmethod
    @abstractmethod
    def write(traced: Traced, path: Path, metadata: str = "{}") -> None:
        """metadata: JSON, kept in the file under the name `METADATA`."""

    @staticmethod
    @abstractmethod
    def read(path: Path) -> Answer:
        """What the file's network gives for inputs, in the order of the traced ones."""


class TorchExport(Format):
    """Read by `torch.export.load(path).module()`, with PyTorch alone."""

    name, ending, tolerance = "torch-export", ".pt2", 1e-4

    @staticmethod
    def write(traced: Traced, path: Path, metadata: str = "{}") -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the layout of channels-last weights, which is kept
            torch.export.save(traced.program, path, extra_files={METADATA: metadata})

    @staticmethod
    def read(path: Path) -> Answer:
        module = torch.export.load(path).module()

        def answer(inputs: Sequence[Tensor]) -> list[Tensor]:
            with torch.no_grad():
                return list(module(*inputs))

        return answer


class Onnx(Format):
    """Read by ONNX Runtime, and by what else reads ONNX."""

    name, ending, tolerance = "onnx", ".onnx", 1e-3

    packages = ("onnx", "onnxscript", "onnxruntime")

    @staticmethod
    def write(traced: Traced, path: Path, metadata: str = "{}") -> None:
        """Writes the graph as one file with its weights; a `UserError` where ONNX lacks an operator.

        metadata: JSON, kept in the file.
        """
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                made = torch.onnx.export(
                    traced.program,
                    (),
                    input_names=list(traced.inputs),
                    output_names=list(traced.outputs),
                    dynamo=True,
                    verbose=False,
                )
            except Exception as error:  # of an operator that ONNX lacks, among others
                raise UserError(f"torch.onnx cannot write this graph ({error_line(error)})") from error
        assert made is not None
        made.model.metadata_props[METADATA] = metadata
        made.save(path, external_data=False)

    @staticmethod
    def read(path: Path) -> Answer:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [each.name for each in session.get_inputs()]

        def answer(inputs: Sequence[Tensor]) -> list[Tensor]:
            given = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
            return [torch.from_numpy(each) for each in session.run(None, given)]

        return answer


GRAPHS: Mapping[str, type[Format]] = {each.name: each for each in (TorchExport, Onnx)}
