"""The open questions against the settings that are there: names, values and defaults cannot drift apart."""

import dataclasses
import inspect
import json
import shlex
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from support.typed_commands import configurations

from backbones.base.registry import load
from backbones.families import i3d, vtn
from harness.config.preset_files import preset
from harness.config.typed.validation_messages import setting_names
from harness.config.warnings import without_effect
from methods.defaults import settings_class
from methods.fusion.catalogue import FUSIONS
from methods.genkd.genkd_settings import GenKDSettings
from methods.genkd.kd_settings import KDSettings
from methods.mbd_settings import MBDSettings
from methods.stddcn_settings import STDDCNSettings
from methods.unidirectional_settings import UnidirectionalSettings
from results.claims.ambiguities import Ambiguity, ambiguities
from results.claims.claims import protocol_of

BOTH = (KDSettings, GenKDSettings, UnidirectionalSettings, MBDSettings)  # of one name, the later's counts
OWN = {
    "stddcn": (STDDCNSettings,),
    "mars": (settings_class("mars"),),
}  # of papers whose names mean something else there


def fields(paper):
    return {field.name: field for cls in OWN.get(paper, BOTH) for field in dataclasses.fields(cls)}


def types(paper):
    return {name: kind for cls in OWN.get(paper, BOTH) for name, kind in get_type_hints(cls).items()}


OF_STREAMS = {"global.window": vtn.build, "global.positions": vtn.build, "global.turn": i3d.build}
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
    if section == "fusion":
        rule, _, name = name.partition(".")
        check_values(each, get_type_hints(load(FUSIONS.get(rule).target).__init__)[name])
        assert each.default == str(inspect.signature(load(FUSIONS.get(rule).target)).parameters[name].default)
        return
    if section != "method":
        assert setting in setting_names()
        given = preset(protocol_of(each.paper)).get(section, {}).get(name)
        assert each.default == ("null" if given is None else str(given))
        return
    default, kind = fields(each.method)[name].default, types(each.method)[name]
    assert each.default == (default if isinstance(default, str) else json.dumps(default))
    check_values(each, kind)


def check_values(each, kind):
    if get_origin(kind) is Literal:
        assert set(each.interpretations) == set(get_args(kind))


WITH_SETTING = [each for each in ambiguities() if each.setting]


@pytest.mark.parametrize("each", WITH_SETTING, ids=lambda each: each.name)
def test_every_other_interpretation_has_a_command_that_is_taken(each):
    """By the options of `harness run`, and by the configuration; a run's id stands for RUN and TEACHER."""
    assert each.commands(), each.name
    if not each.tries:
        assert set(each.commands()) == set(each.interpretations) - {each.default}
    for command in each.commands().values():
        config, usual = (configurations(line)[-1] for line in (command, command.partition(" --set ")[0]))
        assert config != usual, command
        assert without_effect([config]) == []


def test_settings_in_commands_are_typed_as_they_stand():
    """A shell would take brackets and semicolons for its own."""
    tries = {"small": "local.short_side=[72,80]", "odd": "method.kind=a;reboot", "plain": "method.reading=R2"}
    given = {
        "name": "q",
        "question": "?",
        "setting": "",
        "interpretations": {"a": "A"},
        "default": "a",
        "why": "-",
    }
    found = Ambiguity(method="mbd", tries=tries, **given).commands()
    for name, pair in tries.items():
        assert shlex.split(found[name])[-2:] == ["--set", pair]
    assert "'method.kind=a;reboot'" in found["odd"]
    assert found["plain"].endswith("--set method.reading=R2")


def test_commands_by_hand():
    by_name = {each.name: each for each in ambiguities()}
    run = "harness run --method mbd --backbone r2plus1d50"
    assert by_name["dominance-input"].commands() == {"logits": f"{run} --set method.dominance_of=logits"}
    assert by_name["fusion-weights"].commands() == {
        "softmax": f"{run} --set fusion.adaptive.weighting=softmax"
    }
    assert by_name["teacher-gradient"].commands() == {"false": f"{run} --set method.detach_teacher=false"}
    assert by_name["vtn-positions"].commands() == {"frame": f"{run} --set global.positions=frame"}
    assert by_name["temperature"].commands()["T = 4"] == f"{run} --set method.temperature=4"
    without = by_name["t-squared"].commands()["T = 4, without T²"]
    assert without == f"{run} --set method.temperature=4 --set method.t_squared=false"
    assert by_name["dominance-sign"].commands() == {}


@pytest.mark.parametrize(("paper", "compared"), [("mbd", {"teacher", "kind"}), ("stddcn", set())])
def test_every_choice_of_the_papers_methods_is_among_the_questions(paper, compared):
    """compared: what the papers themselves vary, and so leave no question."""
    choices = {name for name, kind in types(paper).items() if get_origin(kind) is Literal} - compared
    asked = {
        setting.removeprefix("method.") for each, setting in CHOSEN if (each.method in OWN) == (paper in OWN)
    }
    assert choices <= asked
