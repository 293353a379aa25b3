"""The command that makes a run again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from backbones.base.errors import UserError
from harness.config.resolve import resolve
from harness.record.schema import Record
from results.records import flat

NEEDS_NO_ROOT = "localglobal"


def command(record: Record) -> str:
    """`harness run …` that resolves to the record's configuration, from its preset as it is today.

    What the run found out on its machine is said, too, where another machine would find otherwise.
    """
    config = record.config
    method = {key: config["method"][key] for key in ("name", "fusion")}
    try:
        base = resolve(config["preset"], {"method": method}, []).plain()
    except UserError:  # a plug-in's method, or a preset that is gone: then all settings are given
        base = {}
    processes = record.environment.get("processes", 1)
    words = [f"torchrun --nproc-per-node {processes} -m"] * (processes > 1)
    words += [
        f"harness run --method {method['name']} --fusion {method['fusion']} --preset {config['preset']}"
    ]
    words.append(f"--dataset {config['data']['dataset']} --split {config['data']['split']}")
    words += ["--data-root DIR"] * (config["data"]["dataset"] != NEEDS_NO_ROOT)
    precision = record.resolved.get("precision", "auto")
    words.append(f"--seed {config['seed']} --precision {precision}")
    words += ["--compile"] * record.resolved.get("compile", False)
    words += [
        f"--plugin {shlex.quote(each.source)}" for each in record.plugins if each.source.endswith(".py")
    ]
    words += [f"--set {_quoted(key, value)}" for key, value in _apart(config, base)]
    return " ".join(words)


def again(record: Record) -> str:
    """What makes the run again where it is there, but not all of its files."""
    return f"{command(record)} --restart"


def _apart(config: dict[str, Any], base: dict[str, Any]) -> list[tuple[str, Any]]:
    known = flat(base)
    said = ("preset", "seed", "precision", "method.name", "method.fusion", "data.dataset", "data.split")
    leaves = flat(config)
    return [(key, value) for key, value in leaves.items() if key not in said and known.get(key, ...) != value]


def _quoted(key: str, value: Any) -> str:
    return shlex.quote(f"{key}={value if isinstance(value, str) else json.dumps(value)}")
