"""Studies of made-up records with known truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from harness.campaign.study.plan import StudyPlan, read_plan
from harness.campaign.study.tasks import recipe
from harness.record.schema import Pair, Record, Start, StartsFrom, Study
from methods.catalogue import METHODS
from results.studies.analysis import Analysis, analyse
from results.studies.arms import Arm, arms
from support.made_records import made, own_id

PLAN = {"dataset": "localglobal", "preset": "tiny", "pairs": 8}
CONTROLS = {"harm": {"mbd": {"kl_weight": 0.1}}, "gain": {"mbd": {"kl_weight": 0.9}}, "against": "two_stream"}
SHA = "f" * 64
# Differences between pairs, of mean 0 and standard deviation 0.1 · 2.449.
NOISE = (-0.35, -0.25, -0.15, -0.05, 0.05, 0.15, 0.25, 0.35)

Truth = Callable[[Arm, int, int], dict[str, float]]  # top-1 by output of an arm, a pair, a joint seed


def plan(**given: object) -> StudyPlan:
    return StudyPlan.model_validate({"name": "made", **PLAN, **given})


def written(path: Path, **given: object) -> tuple[StudyPlan, str]:
    """A plan's file, and what is read from it."""
    path.write_text(yaml.safe_dump({**PLAN, **given}))
    return read_plan(path)


def runs(study: StudyPlan, truth: Truth, sha256: str = SHA, pairs: int | None = None) -> list[Record]:
    """Every planned run, or those of the first pairs. truth: "local" and "global" are the streams alone."""
    return [
        run(study, arm, pair, seed, truth(arm, pair, seed), sha256)
        for pair in range(pairs or study.pairs)
        for seed in study.seeds_of(pair)
        for arm in arms(study, METHODS.names()).arms
    ]


def run(study: StudyPlan, arm: Arm, pair: int, seed: int, top1: dict[str, float], sha256: str) -> Record:
    fused = {name: value for name, value in top1.items() if name not in ("local", "global")}
    streams = {"local": top1.get("local", 60.0), "glob": top1.get("global", 70.0)}
    record = made(
        {"average": 70.0, "adaptive": 70.0} | fused,
        method=arm.method,
        preset=study.preset,
        dataset=study.dataset,
        **streams,
    )
    planned, before = recipe(study, arm, pair, seed), f"{pair:012x}"
    config = planned.with_weights(dict.fromkeys(("local", "global"), before)).plain()
    start = Start(kind="run", name=before) if planned.before else Start(kind="scratch")
    started = StartsFrom(local=start, glob=start, pair=Pair(id=before, seed=study.pair_seed(pair)))
    member = Study(name=study.name, plan_sha256=sha256, arm=arm.name, pair=pair, seed=seed)
    place = {name: config["data"][name] for name in ("dataset", "split")}
    changed = {
        "config": config,
        "starts_from": started,
        "study": member,
        "fusion": config["method"]["fusion"],
    }
    changed |= {"data": record.data.model_copy(update=place)}
    changed |= {"id": own_id(config, 1, record.resolved, record.data.fingerprint)}
    return record.model_copy(update=changed)


def analysed(study: StudyPlan, truth: Truth, sha256: str = SHA, pairs: int | None = None) -> Analysis:
    return analyse(study, sha256, runs(study, truth, sha256, pairs), METHODS.names())


def gains(points: dict[str, float], base: float = 70.0) -> Truth:
    """Arms by name that many points above the base, in each pair a little more or less; both rules alike."""

    def truth(arm: Arm, pair: int, seed: int) -> dict[str, float]:
        gain = points.get(arm.name, 0.0)
        value = base + 3 * NOISE[pair % 8] + (gain + NOISE[pair % 8] * (gain != 0))
        return {"average": value, "adaptive": value}

    return truth
