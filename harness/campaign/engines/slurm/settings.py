"""What jobs ask SLURM for: options of sbatch, in submitit's names. No torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backbones.base.errors import UsageError
from harness.campaign.engines.slots import Share

LEAST_MINUTES = 11  # up to ten, submitit takes every signal for a time-out
DAY = 24 * 60
_TIME = re.compile(r"(?:(\d+)-)?(\d+):(\d\d)(?::(\d\d))?")


def cpus(settings: Mapping[str, str], share: Share) -> int:
    """Of each task: for its threads, and one to decode. A `UsageError` for what is no number."""
    given = settings.get("cpus_per_task")
    if given is None:
        return share.threads + 1 if share.threads else 4
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--engine-set cpus_per_task={given}: expected a number of cores")
    return int(given)


def parameters(settings: Mapping[str, str], share: Share, device: str) -> dict[str, Any]:
    """Of submitit's executor. settings: options of sbatch, by the names that submitit gives them; those that
    it does not know reach sbatch as they are. A `UsageError` for what does not fit."""
    from submitit import SlurmExecutor

    if share.per_gpu:
        raise UsageError("--per-gpu: SLURM gives GPUs whole; where it has shards: --engine-set gres=shard:1")
    found: dict[str, Any] = {"time": DAY // 2, "signal_delay_s": 120, "job_name": "harness"} | dict(settings)
    found["time"] = _minutes(str(found["time"]))
    found["signal_delay_s"] = _seconds(str(found["signal_delay_s"]))
    found["cpus_per_task"] = cpus(settings, share)
    if share.memory:
        found["mem"] = f"{int(share.memory * 1024)}M"
    if device != "cpu" and not any("gpu" in name or name == "gres" for name in settings):
        found["gpus_per_node"] = 1
    if "setup" in settings:
        found["setup"] = [settings["setup"]]
    known = SlurmExecutor._valid_parameters()
    own = {name: value for name, value in found.items() if name in known}
    # Also where the site's default is another one: a job that lost its node goes on.
    other = {"requeue": True} | {name: value for name, value in found.items() if name not in known}
    return own | {"additional_parameters": other}


def _minutes(text: str) -> int:
    """SLURM's own ways to write a time limit, seconds rounded up."""
    if not (match := _TIME.fullmatch(text)) and not text.isdecimal():
        raise UsageError(f"--engine-set time={text}: expected minutes, H:MM:SS or D-HH:MM:SS")
    if match:
        days, first, second, third = (int(each or 0) for each in match.groups())
        hours_first = match[1] is not None or match[4] is not None
        minutes = first * 60 + second + bool(third) if hours_first else first + bool(second)
        minutes += days * DAY
    else:
        minutes = int(text)
    if minutes < LEAST_MINUTES:
        raise UsageError(
            f"--engine-set time={text}: submitit takes any signal for a time-out with so short a limit; "
            f"give {LEAST_MINUTES} or more"
        )
    return minutes


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= 3600:
        raise UsageError(
            f"--engine-set signal_delay_s={text}: expected 10 to 3600 seconds, longer than a step and a "
            "checkpoint take"
        )
    return int(text)
