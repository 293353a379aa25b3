"""The command that makes a run again."""

from __future__ import annotations

import json
from typing import Any

from harness.record import Record
from harness.resolve import resolve
from results.records import flat

NEEDS_NO_ROOT = "localglobal"


def command(record: Record) -> str:
    """`harness run …` that resolves to the record's configuration, from its preset as it is today."""
    config = record.config
    method = {key: config["method"][key] for key in ("name", "fusion")}
    try:
        base = resolve(config["preset"], {"method": method}, []).plain()
    except Exception:  # a plug-in's method, or one that is gone: then all settings are given
        base = {}
    words = [f"harness run --method {method['name']} --fusion {method['fusion']} --preset {config['preset']}"]
    words.append(f"--dataset {config['data']['dataset']} --split {config['data']['split']}")
    words += ["--data-root DIR"] * (config["data"]["dataset"] != NEEDS_NO_ROOT)
    words.append(f"--seed {config['seed']}")
    return " ".join([*words, *(f"--set {_quoted(key, value)}" for key, value in _apart(config, base))])


def _apart(config: dict[str, Any], base: dict[str, Any]) -> list[tuple[str, Any]]:
    known = flat(base)
    said = ("preset", "seed", "method.name", "method.fusion", "data.dataset", "data.split")
    leaves = flat(config)
    return [(key, value) for key, value in leaves.items() if key not in said and known.get(key, ...) != value]


def _quoted(key: str, value: Any) -> str:
    text = f"{key}={json.dumps(value) if not isinstance(value, str) else value}"
    return f"'{text}'" if any(letter in text for letter in " [](){}*$&;<>|\"'") else text
