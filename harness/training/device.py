"""Where a run computes, and in which precision."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch

from backbones.base.errors import UsageError, UserError
from harness.launched import launched
from harness.training.precision import PRECISIONS

# bfloat16 keeps 8 bits of a significand: sums of many terms come out within about 1 %. The fault that
# the self-test looks for is an error of 87 to 100 %.
BF16_TOLERANCE = 0.05


@dataclass(frozen=True)
class Device:
    """kind: "cpu" or "cuda". precision: "fp32" or "bf16", resolved. why: how the precision was chosen."""

    kind: str
    precision: str
    why: str


def choose(device: str, precision: str) -> Device:
    """`auto` takes CUDA where it works. A GPU that is there but unusable is said, never replaced.

    A `UsageError` for an unknown device or precision and for "cuda" without a GPU; a `UserError` for a GPU
    that does not work, and for "bf16" where its convolution gradients are wrong.
    """
    kind = _kind(device)
    if precision not in ("auto", *PRECISIONS):
        raise UsageError(f"unknown precision '{precision}'; expected auto, {' or '.join(PRECISIONS)}")
    if precision != "auto":
        if precision == "bf16" and not bf16_gradients_right(kind):
            raise UserError(f"bf16 convolution gradients are wrong on this {kind}: use --precision fp32")
        return Device(kind, precision, "as asked")
    if not _bf16_units(kind):
        return Device(kind, "fp32", f"this {kind} has no bf16 units")
    if not bf16_gradients_right(kind):
        return Device(kind, "fp32", f"bf16 convolution gradients are wrong on this {kind}")
    return Device(kind, "bf16", f"this {kind} has bf16 units and passed the gradient self-test")


def _kind(device: str) -> str:
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"unknown device '{device}'; expected auto, cpu or cuda")
    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        _check_cuda()
        return "cuda"
    if device == "cuda":
        raise UsageError(f"--device cuda, but {_why_no_cuda()}; use --device cpu")
    if _driver_present():
        raise UserError(f"a GPU is there, but {_why_no_cuda()}; fix the driver, or say --device cpu")
    return "cpu"


def _driver_present() -> bool:
    return os.path.exists("/proc/driver/nvidia/version")  # noqa: PTH110  (a device file, not a path of ours)


def _why_no_cuda() -> str:
    if torch.version.cuda is None:
        return "this torch was built without CUDA"
    if _driver_present():
        return f"its driver is too old for this torch (CUDA {torch.version.cuda})"
    return "no GPU with a working driver was found"


def _check_cuda() -> None:
    try:
        torch.ones(1, device="cuda").add_(1).item()
    except RuntimeError as error:
        name, capability = torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0)
        raise UserError(
            f"the GPU {name} (compute capability {capability[0]}.{capability[1]}) cannot run this torch "
            f"(CUDA {torch.version.cuda}): {str(error).splitlines()[0]}; say --device cpu to do without"
        ) from None


def _bf16_units(kind: str) -> bool:
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Without units bfloat16 is emulated and slower than float32.
    known = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in known)


def bf16_gradients_right(kind: str) -> bool:
    """Whether a bf16 temporal convolution over T = 2 has the weight gradient of its fp32 twin.

    On CPUs (torch 2.13, 2.15) it had not; `backbones.parts.conv.Conv3d` is the form that has.
    """
    from backbones.parts.conv import Conv3d

    generator = torch.Generator().manual_seed(0)
    conv = Conv3d(16, 16, (3, 1, 1), padding=(1, 0, 0), bias=False).to(kind)
    x = torch.randn(2, 16, 2, 8, 8, generator=generator).to(kind)
    g = torch.randn(2, 16, 2, 8, 8, generator=generator).to(kind)
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):
        twin = Conv3d(16, 16, (3, 1, 1), padding=(1, 0, 0), bias=False).to(kind, dtype)
        twin.load_state_dict(conv.state_dict())
        (gradient,) = torch.autograd.grad(twin(x.to(dtype)), twin.weight, g.to(dtype))
        gradients.append(gradient.float())
    error = (gradients[1] - gradients[0]).norm() / gradients[0].norm()
    return bool(error < BF16_TOLERANCE)


def environment(device: Device) -> dict[str, Any]:
    """What the run ran on: versions, machine, device.

    Of torch its own version, which names the build ("2.15.0+cu132"); of the others that of the package.
    """
    name = torch.cuda.get_device_name(0) if device.kind == "cuda" else _cpu_name()
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{name: version(name) for name in ("torchvision", "timm", "transformers")},
        "system": f"{platform.system()} {platform.machine()}",
        "device": device.kind,
        "device_name": name,
        "cpu_threads": torch.get_num_threads(),
        "cuda": torch.version.cuda if device.kind == "cuda" else None,
        "precision": device.precision,
        "tf32": uses_tf32() if device.kind == "cuda" and device.precision == "fp32" else None,
        "precision_why": device.why,
        "processes": launched().world,
    }


def uses_tf32() -> bool:
    """Whether float32 products on a GPU keep 10 bits of the significand: see `processes.allow_tf32`."""
    forbidden = os.environ.get("NVIDIA_TF32_OVERRIDE") == "0"
    return torch.get_float32_matmul_precision() != "highest" and not forbidden


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
