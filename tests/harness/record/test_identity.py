"""What a run's name depends on, and what it does not."""

import dataclasses
import json

import pytest

from harness.config.resolve import method_settings, resolve
from harness.record.identity import run_id
from methods.catalogue import METHODS


def name(*pairs: str, fingerprint: str = "videos") -> str:
    config = resolve("tiny", {"method": {"name": "mbd"}, "data": {"dataset": "hmdb51", "split": "1"}}, pairs)
    return run_id(config, {"precision": "fp32"}, {"local": None, "global": None}, fingerprint)


def test_dampening_names_runs_whose_momentum_it_dampens():
    dampened = "train.dampening=0.9"
    assert name(dampened) != name() == name("train.dampening=0")
    for other in ("train.optimizer=adamw", "train.momentum=0"):
        assert name(other, dampened) == name(other)


@pytest.mark.parametrize(
    "pair", ["data.annotations=/one/place", "data.media=frames", "data.missing=warn", "data.checks=warn"]
)
def test_how_the_videos_were_found_does_not_name_a_run(pair):
    assert name(pair) == name()


def test_which_videos_and_which_settings_name_a_run():
    names = {name(), name(fingerprint="others"), name("train.lr=0.5"), name("seed=1"), name("fit.share=0.3")}
    assert len(names) == 5


def test_other_settings_of_the_data_name_a_run():
    assert len({name(), name("data.length=200"), name("data.short=clamp")}) == 3


def test_flow_names_a_run_and_colours_do_not():
    assert name("local.modality=rgb", "global.flow.bound=5") == name()
    flow = {
        name("local.modality=flow", *more) for more in ((), ("local.flow.bound=5",), ("local.flow.stack=2",))
    }
    assert len(flow | {name()}) == 4


def test_momentum_names_no_run_of_adamw():
    adamw = "train.optimizer=adamw"
    assert name(adamw, "train.momentum=0.5") == name(adamw) != name()
    assert name("train.momentum=0.5") != name()


@pytest.mark.parametrize(
    "pair",
    [
        *("train.layer_decay=0.5", "train.decay_norms=false", "train.clip_norm=1", "train.ema=0.9"),
        *("train.label_smoothing=0.1", "global.frozen_layers=1", "train.randaugment=2", "train.mixup=0.2"),
        *("train.cutmix=1", "train.schedule=plateau", "local.drop_path=0.1"),
    ],
)
def test_how_parameters_are_updated_names_a_run(pair):
    assert name(pair) != name()


def test_settings_of_what_is_off_name_no_run():
    off = ("train.randaugment_magnitude=5", "train.plateau_factor=0.5", "train.plateau_patience=3")
    assert name(*off) == name()
    assert name("train.randaugment=2", off[0]) != name("train.randaugment=2")
    assert len({name("train.schedule=plateau", *more) for more in ((), off[1:2], off[2:])}) == 3


def test_a_rate_of_a_stream_names_a_run():
    assert (
        len(
            {
                name(),
                name("local.lr_factor=0.5"),
                name("global.lr_factor=0.4"),
                name("local.head_lr_factor=0.5"),
            }
        )
        == 4
    )


@pytest.mark.parametrize("method", METHODS.names())
def test_a_methods_setting_that_says_the_default_names_no_other_run(method):
    """What a class makes of nothing, said one by one as a user would."""
    named = {"method": {"name": method}}
    fresh = dataclasses.asdict(method_settings(resolve("tiny", named, [])))
    pairs = [f"method.{key}={json.dumps(value)}" for key, value in fresh.items()]
    assert resolve("tiny", named, pairs) == resolve("tiny", named, [])


def test_a_whole_number_is_that_number_with_a_point():
    assert name("method.temperature=4") == name("method.temperature=4.0") != name()
