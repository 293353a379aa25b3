"""Records made up by the schema, with accuracies of known truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.record.identity import IDENTITY, run_id
from harness.record.schema import PARTS, Pair, Record, RunRecord, Start, StartsFrom
from harness.record.starts_from import start

VIDEOS = 10_000
RESOLVED = {"precision": "fp32", "micro_batch": 8, "batchnorm_batch": 8}


def own_id(
    config: dict[str, Any],
    identity: int = IDENTITY,
    resolved: dict[str, Any] = RESOLVED,
    videos: str = "",
    plugins: Sequence[str] = (),
) -> str:
    """Of a run without weights; of other rules of identity just another one."""
    weights = {"local": None, "global": None}
    found = run_id(Config.model_validate(config), resolved, weights, videos, plugins)
    return found if identity == IDENTITY else hashlib.sha256(f"{found} {identity}".encode()).hexdigest()[:12]


def share(percent: float) -> dict[str, Any]:
    correct = round(percent * VIDEOS / 100)
    return {"correct": correct, "of": VIDEOS, "low": percent - 1, "high": percent + 1, "method": "Wilson"}


def scores(top1: float, top5: float = 95.0, **more: Any) -> dict[str, Any]:
    return {
        "top1": share(top1),
        "top5": share(max(top1, top5)),
        "k": 5,
        "per_class": {"a": share(top1)},
        **more,
    }


def stream(top1: float) -> dict[str, Any]:
    return scores(top1, clip_top1=share(top1), clip_top5=share(95.0))


def metrics(fusion: dict[str, float], local: float, glob: float, dominance: float) -> dict[str, Any]:
    return {
        "local": stream(local),
        "global": stream(glob),
        "fusion": {name: scores(top1) for name, top1 in fusion.items()},
        "dominance": {
            **{"local": share(dominance), "max_softmax": share(99.0)},
            **{"mean_local": 0.1, "mean_global": 0.1, "mean_weight_local": 0.5},
        },
    }


def from_pair(record: Record, number: int) -> Record:
    """The record, as of a run that starts from the pre-trained pair of that number."""
    name = f"{number:012x}"
    start = Start(kind="run", name=name)
    starts = StartsFrom(local=start, glob=start, pair=Pair(id=name, seed=number))
    return record.model_copy(update={"starts_from": starts, "id": f"{int(record.id, 16) ^ number:012x}"})


def made(
    fusion: dict[str, float],
    *pairs: str,
    method: str = "mbd",
    seed: int = 0,
    preset: str = "tiny",
    dataset: str = "localglobal",
    split: str = "standard",
    local: float = 60.0,
    glob: float = 70.0,
    dominance: float = 40.0,
    identity: int = 1,
) -> Record:
    """fusion: top-1 of each rule in percent. pairs: as `--set` takes them."""
    config = resolve(preset, {"method": {"name": method}, "seed": seed}, pairs).plain()
    config["data"] |= {"dataset": dataset, "split": split}
    if dataset != "localglobal":  # whose scenes a seed draws
        config["data"]["settings"].pop("seed", None)
    labels = {name: config[name]["backbone"] for name in ("local", "global")}
    cost = {"label": "x", "frames": 8, "size": 48, "width": 0.25, "parameters": 10**6, "macs": 10**9}
    cost |= {"flops": 2 * 10**9, "counter": "c", "views": 3}
    return Record.model_validate(
        {
            "id": own_id(config, identity, RESOLVED, f"{dataset}-{split}"),
            "identity": identity,
            "harness_version": "0.1.0",
            "finished": "2026-01-01T00:00:00+00:00",
            "config": config,
            "resolved": RESOLVED,
            "labels": labels,
            "fusion": config["method"]["fusion"],
            "selection": "last epoch",
            "data": {
                **{"dataset": dataset, "split": split, "fingerprint": f"{dataset}-{split}", "classes": ["a"]},
                **{
                    "found": {**dict.fromkeys(PARTS, 0), "test": VIDEOS},
                    "expected": {"test": VIDEOS},
                    "missing": [],
                    "apart": ["conflict"] if dataset == "localglobal" else [],
                    "warnings": [],
                },
                "failed": {"train": {}, "test": {}},
            },
            "precision": "fp32",
            "starts_from": {"local": {"kind": "scratch"}, "global": {"kind": "scratch"}},
            "weights": {"local": None, "global": None},
            "metrics": metrics(fusion, local, glob, dominance),
            "cost": {"run": {"local": cost, "global": cost}, "full": {"local": cost, "global": cost}},
            "environment": {},
            "timings": dict.fromkeys(
                ("train_s", "test_s", "videos_per_s", "data_wait_share", "steps", "sessions"), 1
            ),
        }
    )


def with_its_id(tree: dict[str, Any]) -> dict[str, Any]:
    """A record's tree whose settings were changed, as the record of the run that they make, unsealed."""
    plugins, videos = [each["sha256"] for each in tree["plugins"]], tree["data"]["fingerprint"]
    name = own_id(tree["config"], 1, tree["resolved"], videos, plugins)
    return tree | {"id": name, "seal": None}


def itself(record: RunRecord) -> RunRecord:
    """The same of a record, with what its settings say where it says it again; of one without test videos a
    `RunRecord`."""
    tree = with_its_id(record.model_dump(mode="json", by_alias=True))
    config = tree["config"]
    tree["fusion"] = config["method"]["fusion"]
    tree["data"] |= {name: config["data"][name] for name in ("dataset", "split")}
    tree["starts_from"] |= {stream: start(config[stream]["weights"], None) for stream in ("local", "global")}
    return (Record if tree["metrics"] else RunRecord).model_validate(tree)


def save(records: Sequence[RunRecord], folder: Path) -> Path:
    for record in records:
        path = folder / record.id / "record.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.model_dump_json())
        (path.parent / "config.json").write_text(json.dumps(record.config))
    return folder
