"""The open questions against the settings that are there: names, values and defaults cannot drift apart."""

import dataclasses
import inspect
import json
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from backbones.families import i3d, vtn
from harness.config.resolve import _keys, preset
from harness.config.schema import Config
from methods.genkd.genkd_settings import GenKDSettings
from methods.genkd.kd_settings import KDSettings
from methods.mbd_settings import MBDSettings
from methods.stddcn_settings import STDDCNSettings
from methods.unidirectional_settings import UnidirectionalSettings
from results.claims.ambiguities import ambiguities

BOTH = (KDSettings, GenKDSettings, UnidirectionalSettings, MBDSettings)  # of one name, the later's counts
OWN = {"stddcn": (STDDCNSettings,)}  # of papers whose names mean something else there


def fields(paper):
    return {field.name: field for cls in OWN.get(paper, BOTH) for field in dataclasses.fields(cls)}


def types(paper):
    return {name: kind for cls in OWN.get(paper, BOTH) for name, kind in get_type_hints(cls).items()}


OF_STREAMS = {"global.window": vtn.build, "global.turn": i3d.build}
CHOSEN = [(each, setting.strip()) for each in ambiguities() for setting in each.setting.split(",") if setting]


def test_every_question_has_a_default_among_its_readings_and_a_reason():
    assert len({each.name for each in ambiguities()}) == len(ambiguities())
    for each in ambiguities():
        assert each.default in each.interpretations, each.name
        assert each.why
        assert each.question.endswith("?")
        assert bool(each.setting) or len(each.interpretations) == 1, each.name


@pytest.mark.parametrize(("each", "setting"), CHOSEN, ids=[setting for _, setting in CHOSEN])
def test_the_setting_exists_with_those_values_and_that_default(each, setting):
    section, _, name = setting.partition(".")
    if setting in OF_STREAMS:
        assert each.default == str(inspect.signature(OF_STREAMS[setting]).parameters[name].default)
        return
    if section != "method":
        assert setting in _keys(Config)
        given = preset("paper").get(section, {}).get(name)
        assert each.default == ("null" if given is None else str(given))
        return
    default, kind = fields(each.paper)[name].default, types(each.paper)[name]
    assert each.default == (default if isinstance(default, str) else json.dumps(default))
    if get_origin(kind) is Literal:
        assert set(each.interpretations) == set(get_args(kind))


@pytest.mark.parametrize(("paper", "compared"), [("mbd", {"teacher", "kind"}), ("stddcn", set())])
def test_every_choice_of_the_papers_methods_is_among_the_questions(paper, compared):
    """compared: what the papers themselves vary, and so leave no question."""
    choices = {name for name, kind in types(paper).items() if get_origin(kind) is Literal} - compared
    asked = {
        setting.removeprefix("method.") for each, setting in CHOSEN if (each.paper in OWN) == (paper in OWN)
    }
    assert choices <= asked
