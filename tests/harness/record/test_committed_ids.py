"""The ids of all runs that were ever committed, and of those to come whose settings these did not have."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model
from support.places import ROOT

from harness.config.resolve import resolve
from harness.config.schema import Config, DataConfig, FitConfig, StreamConfig, Strict, TrainConfig
from harness.record.identity import ALWAYS, run_id

FIXTURE = json.loads((ROOT / "tests" / "fixtures" / "run_ids.json").read_text(encoding="utf-8"))
DEFAULTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-5, 5),
    st.text(max_size=3),
    st.tuples(st.integers(0, 3)),
)


def configuration(flat: dict[str, Any]) -> dict[str, Any]:
    """{"train.lr": 0.1} as {"train": {"lr": 0.1}}."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, leaf = name.split(".")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[leaf] = value
    return tree


def committed(run: dict[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in FIXTURE["base"].items() if key not in run["unset"]}
    return configuration(flat | run["set"])


def id_of(run: dict[str, Any], config: Config) -> str:
    return run_id(config, run["resolved"], run["weights"], run["data"], run["plugins"])


def test_every_committed_run_keeps_its_id() -> None:
    found = {run["id"]: id_of(run, Config.model_validate(committed(run))) for run in FIXTURE["runs"]}
    assert len(found) == 201
    assert {name: made for name, made in found.items() if name != made} == {}


GROUPS: dict[str, tuple[str, type[Strict]]] = {
    "train": ("train", TrainConfig),
    "data": ("data", DataConfig),
    "global": ("glob", StreamConfig),
    "fit": ("fit", FitConfig),
    "new": ("new", Strict),
}


def with_new_field(group: str, default: Any) -> type[Config]:
    """The configuration of a later version: a setting `later` in `group`, of any type, with a default."""
    make: Any = create_model
    if not group:
        return make("Later", __base__=Config, later=(Any, default))
    field, model = GROUPS[group]
    inner = make("Inner", __base__=model, later=(Any, default))
    own = inner() if group in ("fit", "new") else ...
    return make("Later", __base__=Config, **{field: (inner, Field(own, alias=group))})


@pytest.mark.parametrize("group", ["", *GROUPS])
@settings(deadline=None)
@given(
    run=st.sampled_from(FIXTURE["runs"]),
    values=st.tuples(DEFAULTS, DEFAULTS).filter(lambda pair: pair[0] != pair[1]),
)
def test_a_later_setting_changes_no_id_at_its_default_and_every_other_value_does(group, run, values) -> None:
    default, other = values
    later = with_new_field(group, default)
    tree = committed(run)
    assert id_of(run, later.model_validate(tree)) == run["id"]
    for value, same in ((default, True), (other, False)):
        stated = (
            {**tree, group: {**tree.get(group, {}), "later": value}} if group else {**tree, "later": value}
        )
        assert (id_of(run, later.model_validate(stated)) == run["id"]) is same


def name(*pairs: str, flips: bool = True) -> str:
    config = resolve("tiny", {"method": {"name": "mbd"}}, pairs)
    return run_id(config, {"precision": "fp32"}, {"local": None, "global": None}, "videos", flips=flips)


# Settings that are part of an id only where they differ from their default: add new ones, and never change a
# default here, since ids of runs that were made with it would then stand for other results.
DEFAULTS_FOR_EVER = {
    "precision": "auto",
    "compile": False,
    **{f"{stream}.{name}": 1.0 for stream in ("local", "global") for name in ("lr_factor", "head_lr_factor")},
    **{f"{stream}.modality": "rgb" for stream in ("local", "global")},
    **{f"{stream}.frozen_layers": 0 for stream in ("local", "global")},
    **{"train.optimizer": "sgd", "train.layer_decay": 1.0, "train.decay_norms": True},
    **{"train.dampening": 0.0, "train.clip_norm": None, "train.label_smoothing": 0.0, "train.ema": 0.0},
    "train.sync_batchnorm": False,
    **{"train.randaugment": 0, "train.randaugment_magnitude": 9, "train.mixup": 0.0, "train.cutmix": 0.0},
    **{"train.schedule": "cosine", "train.plateau_factor": 0.1, "train.plateau_patience": 10},
    **{
        "data.validation": 0.0,
        "data.leaks": "error",
        "test.part": "test",
        "fit.folds": 0,
        "fit.rules": "all",
    },
    "fusion": {},
}


def leaves(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """{"train.lr": its default, …}."""
    found: dict[str, Any] = {}
    for field, info in model.model_fields.items():
        name, kind = prefix + (info.alias or field), info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= leaves(kind, f"{name}.")
        else:
            found[name] = info.get_default(call_default_factory=True)
    return found


def test_the_default_of_a_setting_that_is_not_always_hashed_stays() -> None:
    found = leaves(Config)
    assert set(found) >= ALWAYS
    assert {name: value for name, value in found.items() if name not in ALWAYS} == DEFAULTS_FOR_EVER


def test_stating_what_the_data_set_does_anyway_makes_no_other_run() -> None:
    assert name("data.flip=true", flips=True) == name(flips=True)
    assert name("data.flip=false", flips=False) == name(flips=False)
    assert name("data.flip=false", flips=True) != name(flips=True)
    assert name("data.flip=true", flips=False) != name(flips=False)


def test_a_micro_batch_of_the_whole_batch_makes_no_other_run() -> None:
    assert name("train.micro_batch=16") == name("train.batch_size=16") == name()
    assert len({name(), name("train.micro_batch=8"), name("train.batch_size=8", "train.micro_batch=8")}) == 3
    assert name("train.batch_size=8", "train.micro_batch=8") == name("train.batch_size=8")


def test_a_compiled_run_has_the_id_that_it_had_when_compiling_was_no_setting() -> None:
    """Then `--compile` stood among what was resolved; no committed run is compiled."""
    run = FIXTURE["runs"][0]
    plain = Config.model_validate(committed(run))
    compiled = plain.model_copy(update={"compile": True})
    assert id_of({**run, "resolved": {**run["resolved"], "compile": True}}, plain) == id_of(run, compiled)
    assert id_of(run, compiled) != run["id"]
