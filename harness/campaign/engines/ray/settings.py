"""What Ray's tasks ask for. No torch."""

from __future__ import annotations

from collections.abc import Mapping

from backbones.base.errors import UsageError, suggestion
from harness.campaign.engines.ray.engine import Resources
from harness.campaign.engines.slots import GIB, Share

KNOWN = ("address", "cpus", "gpus")


def resources(settings: Mapping[str, str], share: Share, device: str) -> Resources:
    """Unless said otherwise: a CPU for each thread and one to decode; a GPU, or a part of it, where there are
    any. A `UsageError` for a setting that is none."""
    for name in settings:
        if name not in KNOWN:
            hint = suggestion(name, list(KNOWN)) or ";"
            raise UsageError(f"--engine-set {name}: unknown for Ray{hint} known are {', '.join(KNOWN)}")
    cpus = _number(settings, "cpus") if "cpus" in settings else share.threads + 1 if share.threads else 4
    if cpus != int(cpus) or cpus < 1:
        raise UsageError(f"--engine-set cpus={settings['cpus']}: expected a whole number of CPUs")
    memory = int(share.memory * GIB) if share.memory else None
    return Resources(int(cpus), _gpus(settings, share, device), memory)


def _gpus(settings: Mapping[str, str], share: Share, device: str) -> float | None:
    """None is one, where there are any."""
    if device == "cpu":
        return 0
    if "gpus" in settings:
        return _number(settings, "gpus")
    if share.per_gpu:
        return 1 / share.per_gpu
    return 1 if device == "cuda" else None


def _number(settings: Mapping[str, str], name: str) -> float:
    text = settings[name]
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 4096:
        raise UsageError(f"--engine-set {name}={text}: expected a number")
    return found
