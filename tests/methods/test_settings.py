"""What each method is by itself: its defaults, as the papers and this project's documents give them; bounds.

A default is part of what a run without settings means, so a change of one has to be made here as well.
"""

import dataclasses
import inspect

import pytest

from backbones.base.errors import UsageError
from backbones.base.registry import load
from harness.evaluation.fusion_fitting import make as make_rule
from methods.catalogue import METHODS
from methods.fusion.catalogue import FUSIONS
from methods.fusion.contract import Outputs, StreamOutputs
from methods.parts.groups import Groups

DISTILL = {
    **{"middle": True, "final": True, "kl_weight": 0.6, "mse_weight": 0.4, "final_loss": "kl"},
    **dict.fromkeys(("local_kl_weight", "global_kl_weight", "local_mse_weight", "global_mse_weight")),
    **{"temperature": 1.0, "t_squared": True, "local_middle": None, "global_middle": None},
    **{"projection": "linear", "projected": "student", "detach_teacher": True},
}
MBD = {
    **{**DISTILL, "reading": "R1", "dominance_of": "scores", "distance": "euclidean"},
    **{"dominance_temperature": 1.0, "tie": "global", "average_over": "group", "prototype_momentum": 0.9},
}
REPRESENTATION = {
    **{"classification": "logits", "alternation": "epoch", "prior_weight": 0.5, "ramp_epochs": 20},
    "vae_lr": 1e-4,
}
DEFAULTS = {
    "two_stream": {},
    "mbd": MBD,
    "unidirectional": {**DISTILL, "teacher": "global", "frozen": False},
    "mutual": DISTILL,
    "random_dominance": {**MBD, "draw": "shuffle"},
    "oracle_dominance": {**MBD, "undecided": "dominance"},
    "shuffled_teachers": MBD,
    "single": {"stream": "local"},
    "genkd_teacher": {**REPRESENTATION, "stream": "local"},
    "genkd": {
        **REPRESENTATION,
        **{"generative_weight": 0.01, "attention_weight": 0.1, "teacher_vae": "teacher"},
    },
    "kd": {"kind": "logits", "weight": None, "temperature": 4.0, "largest_norm": 2.0},
    "stddcn": {
        **{"dense": True, "merge": "add", "direction": "both", "distill": True, "teacher": "fusion"},
        **{"temperature": 1.0, "t_squared": True, "kl_weight": 1.0, "fusion_weight": 1.0},
    },
    "two_stream_r2plus1d": {},
    "two_stream_i3d": {},
}
FUSION_DEFAULTS = {
    "adaptive": {"weighting": "ratio", "of": "scores", "distance": "euclidean", "temperature": 1.0},
    "concat": {"inputs": "embedding", "C": 0.1, "max_iter": 1000},
    "svm": {"inputs": "logits", "C": 0.1, "folds": 5, "seed": 0},
    "conv3d": {
        **{"width": 32, "grid": (4, 4, 4), "kernel": 3, "steps": 150, "batch": 32, "lr": 3e-3},
        **{"weight_decay": 0.05, "dropout": 0.5, "seed": 0},
    },
    "bilinear": {"width": 1024, "grid": (4, 4, 4), "C": 10.0, "max_iter": 1000, "seed": 0},
}
# (method, setting, what is refused, what is just allowed)
BOUNDS = [
    ("mbd", "temperature", 0, 0.01),
    *(
        ("mbd", f"{stream}{name}_weight", -0.01, 0)
        for stream in ("", "local_", "global_")
        for name in ("kl", "mse")
    ),
    ("mbd", "dominance_temperature", 0, 0.01),
    ("mbd", "prototype_momentum", 1, 0.99),
    ("mbd", "prototype_momentum", -0.01, 0),
    ("stddcn", "temperature", 0, 0.01),
    ("stddcn", "kl_weight", -0.01, 0),
    ("stddcn", "fusion_weight", -0.01, 0),
    ("genkd", "prior_weight", -0.01, 0),
    ("genkd", "ramp_epochs", 0, 1),
    ("genkd", "vae_lr", 0, 1e-9),
    ("genkd", "generative_weight", -0.01, 0),
    ("genkd", "attention_weight", -0.01, 0),
    ("genkd_teacher", "ramp_epochs", 0, 1),
    ("kd", "weight", -0.01, 0),
    ("kd", "temperature", 0, 0.01),
    ("kd", "largest_norm", 0, 0.01),
]
FUSION_BOUNDS = [
    ("adaptive", "temperature", 0, 1e-9),
    ("concat", "max_iter", 0, 1),
    ("concat", "C", 0, 1e-9),
    ("svm", "folds", 1, 2),
    ("svm", "seed", -1, 0),
    ("svm", "seed", 2**32, 2**32 - 1),
    ("conv3d", "kernel", 2, 1),
    ("conv3d", "kernel", 4, 5),
    ("conv3d", "kernel", -1, 3),
    ("conv3d", "weight_decay", -1e-9, 0),
    ("conv3d", "weight_decay", float("inf"), 0),
    ("conv3d", "lr", float("inf"), 1e-9),
    ("conv3d", "dropout", 1, 0),
    ("conv3d", "dropout", -0.01, 0.99),
    ("conv3d", "grid", [4, 0, 4], [1, 1, 1]),
    ("bilinear", "width", 0, 1),
]


def settings_of(method):
    return load(METHODS.get(method).target).Settings


@pytest.mark.parametrize("method", sorted(DEFAULTS))
def test_defaults(method):
    found = dataclasses.asdict(settings_of(method)())
    assert found == DEFAULTS[method]
    assert [type(value) for value in found.values()] == [type(DEFAULTS[method][name]) for name in found]


@pytest.mark.parametrize("rule", sorted(FUSION_DEFAULTS))
def test_defaults_of_rules(rule):
    made = inspect.signature(load(FUSIONS.get(rule).target)).parameters
    assert {name: parameter.default for name, parameter in made.items()} == FUSION_DEFAULTS[rule]


@pytest.mark.parametrize("rule", ["average", "max", "product", "weighted", "better_single", "global_only"])
def test_rules_without_settings(rule):
    assert make_rule(rule, {}).__dict__ == {}


@pytest.mark.parametrize(("method", "name", "refused", "allowed"), BOUNDS)
def test_bounds(method, name, refused, allowed):
    with pytest.raises(UsageError, match=rf"method\.{name} is {refused:g}; it must be"):
        settings_of(method)(**{name: refused})
    assert getattr(settings_of(method)(**{name: allowed}), name) == allowed


@pytest.mark.parametrize(("rule", "name", "refused", "allowed"), FUSION_BOUNDS)
def test_bounds_of_rules(rule, name, refused, allowed):
    with pytest.raises(UsageError, match=rf"{rule}\.{name}: got"):
        make_rule(rule, {name: refused})
    made = getattr(make_rule(rule, {name: allowed}), name)
    assert made == (tuple(allowed) if isinstance(allowed, list) else allowed)


@pytest.mark.parametrize("method", METHODS.discover().names())
def test_settings_stay_as_they_were_given(method):
    made = settings_of(method)()
    for field in dataclasses.fields(made):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)
    assert hash(made) == hash(settings_of(method)())


@pytest.mark.parametrize("kind", [Groups, Outputs, StreamOutputs])
def test_what_passes_between_parts_is_not_changed(kind):
    made = kind(None, None) if kind is not StreamOutputs else kind(None, None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(kind)[0].name, 1)


def test_weights_of_one_stream_come_before_the_common_ones():
    settings = settings_of("mbd")(kl_weight=1, local_kl_weight=0, global_mse_weight=3)
    assert [settings.weight("kl", name) for name in ("local", "global")] == [0, 1]
    assert [settings.weight("mse", name) for name in ("local", "global")] == [0.4, 3]


def test_settings_that_change_nothing_without_another():
    of_mbd = settings_of("mbd").only_with
    assert of_mbd["prototype_momentum"] == ("reading", ("R6",))
    assert of_mbd["dominance_of"] == ("reading", ("R1", "R2", "R5"))
    assert of_mbd["distance"] == of_mbd["dominance_temperature"] == ("reading", ("R1", "R2", "R5", "R6"))
    assert {name for name, (other, _) in of_mbd.items() if other == "final"} == {
        *("kl_weight", "local_kl_weight", "global_kl_weight", "final_loss", "temperature", "t_squared")
    }
    assert {name for name, (other, _) in of_mbd.items() if other == "middle"} == {
        *("mse_weight", "local_mse_weight", "global_mse_weight"),
        *("local_middle", "global_middle", "projection", "projected"),
    }
    assert all(values == (True,) for other, values in of_mbd.values() if other != "reading")
