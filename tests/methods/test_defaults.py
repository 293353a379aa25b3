"""Settings beside their defaults: what says nothing is left out, and numbers are of the default's type."""

from dataclasses import dataclass, field

import pytest

from methods import defaults as module
from methods.defaults import defaults, non_default, settings_class
from methods.mbd_settings import MBDSettings
from methods.registry import METHODS, MethodEntry


def typed(values):
    return {name: (type(value).__name__, value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("method", "given", "left"),
    [
        ("mbd", {}, {}),
        ("mbd", {"temperature": 1.0, "t_squared": True, "tie": "global", "local_middle": None}, {}),
        ("mbd", {"temperature": 1, "tie": "local"}, {"tie": "local"}),
        ("mbd", {"temperature": 4}, {"temperature": 4.0}),
        ("mbd", {"kl_weight": True}, {"kl_weight": True}),
        ("mbd", {"temperature": "4"}, {"temperature": "4"}),
        ("mbd", {"local_kl_weight": 1}, {"local_kl_weight": 1}),
        ("genkd", {"ramp_epochs": 5, "vae_lr": 1}, {"ramp_epochs": 5, "vae_lr": 1.0}),
        ("genkd", {"ramp_epochs": 20}, {}),
        ("mbd", {"not_a_setting": None}, {"not_a_setting": None}),
        ("a plug-in's", {"temperature": 1.0}, {"temperature": 1.0}),
    ],
)
def test_what_is_not_a_default_is_kept(method, given, left):
    assert typed(non_default(method, given)) == typed(left)


def test_an_unknown_methods_defaults_are_nothing():
    assert defaults("a plug-in's") == {}


def test_a_tables_class_and_a_plug_ins_own(monkeypatch):
    assert settings_class("mbd") is MBDSettings

    @dataclass(frozen=True)
    class Own:
        needed: int
        weight: float = 0.5
        names: list = field(default_factory=lambda: ["a"])

    class Plugged:
        Settings = Own

    entry = MethodEntry("own", "own:Plugged", "", "", "", "average")
    monkeypatch.setattr(module, "load", lambda target: {"own:Plugged": Plugged}[target])
    monkeypatch.setattr(METHODS, "get", lambda name: entry)
    monkeypatch.setattr(METHODS, "find", lambda name: entry if name == "own" else None)
    defaults.cache_clear()
    assert settings_class("own") is Own
    assert defaults("own") == {"weight": 0.5, "names": ["a"]}
    assert defaults("own") is defaults("own")
    assert non_default("own", {"needed": 3, "weight": 1}) == {"needed": 3, "weight": 1.0}
    defaults.cache_clear()
