"""The arms of a plan, each configuration once, by the names that records have."""

import pytest
from support.made_studies import CONTROLS, plan

from backbones.base.errors import UsageError, UserError
from methods.catalogue import METHODS
from results.studies.arms import Arm, arm_name, arms, typed


def names(**given):
    return arms(plan(**given), METHODS.names()).names()


def test_names_are_sorted_and_without_the_methods_group():
    assert arm_name("mbd", ()) == "mbd"
    pairs = ("method.middle=false", "local.frames=8", "method.final=true")
    assert arm_name("mbd", pairs) == "mbd, final=true, local.frames=8, middle=false"


def test_arms_as_a_plan_writes_them():
    assert names(arms=["two_stream", {"mbd": {"final": False, "local.frames": 4}}]) == [
        "two_stream",
        "mbd, final=false, local.frames=4",
    ]


def test_each_configuration_once_by_its_fewest_settings():
    """What is the default, or what the preset says already, names no arm of its own."""
    given = ["mbd", {"mbd": {"final": True}}, {"mbd": {"local.backbone": "r2plus1d50"}}]
    assert names(arms=given) == ["mbd"]


def test_rows_of_tables_are_arms_and_know_their_tables():
    found = arms(plan(tables=["components", "fusion"]), METHODS.names())
    assert found.names() == ["two_stream", "mbd, final=false", "mbd, middle=false", "mbd"]
    assert [arm.of for arm in found.arms] == [("components",)] * 3 + [("components", "fusion")]


def test_controls_come_first_and_serve_tables_too():
    found = arms(plan(tables=["components"], controls=CONTROLS), METHODS.names()).arms
    assert [arm.name for arm in found[:3]] == ["two_stream", "mbd, kl_weight=0.1", "mbd, kl_weight=0.9"]
    assert found[0].of == ("reference", "components")
    assert found[1].of == ("known harm",)


def test_what_cannot_be_run_of_a_table_is_told_with_the_reason():
    found = arms(plan(tables=["networks"]), METHODS.names())
    assert "mbd, local.backbone=r2plus1d34" in found.names()
    assert found.impossible == ()


def test_an_arm_of_the_plans_own_must_be_possible():
    with pytest.raises(UserError, match="finall"):
        names(arms=[{"mbd": {"finall": False}}])
    with pytest.raises(UsageError, match="table 'ucf101' is of ucf101"):
        names(tables=["ucf101-hmdb51"])


def test_arms_as_typed():
    assert typed("mbd") == Arm("mbd")
    found = typed("mbd:middle=false,local.frames=8")
    assert found == Arm("mbd", ("local.frames=8", "method.middle=false"))
    assert found.settings() == {"local.frames": 8, "method.middle": False}
    with pytest.raises(UsageError, match="'final' is not key=value"):
        typed("mbd:final")
