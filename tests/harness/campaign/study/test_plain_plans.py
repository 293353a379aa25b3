"""A plan says each thing once, in one place, and compares something; errors are in its own words."""

import re
from pathlib import Path

import pytest

from backbones.base.errors import UsageError
from harness.campaign.study.plan import read_plan
from methods.catalogue import METHODS
from results.studies.planned.compared import compared

ROOT = Path(__file__).parents[4]
PLAN = "dataset: localglobal\npreset: tiny\narms: [two_stream, mbd]\npairs: 2\n"


def refused(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        compared(read_plan(path)[0], METHODS.names())
    assert "\n" not in str(caught.value)
    return re.sub(rf"^plan {re.escape(str(path))}(:[0-9]+)?: ", "", str(caught.value))


def changed(old, new):
    assert old in PLAN
    return PLAN.replace(old, new)


ARMS = "[two_stream, mbd]"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[mbd, mbd]", "arms: 'mbd' is there twice; name each arm once"),
        ("[two_stream, mbd, {mbd: {}}]", "arms: 'mbd' is there twice"),
        ("[mbd, two_stream, {mbd: {final: true}}]", "arms: 'mbd, final=true' is the same conf"),
        ("[{mbd: {temperature: 2, final: false}}, {mbd: {final: false, temperature: 2.0}}]", "arms: 'mbd"),
        ("[mbd]", "a study compares arms, and 'mbd' is its only one"),
        ("[two_stream, {mbd: {test.part: validation}}]", "arms[1]: 'test.part' is said by the plan's part"),
        ("[two_stream, {mbd: {data.seed: 3}}]", "arms[1]: 'data.seed' is said by the plan's pairs"),
        ("[two_stream, {mbd: {data.settings.seed: 3}}]", "arms[1]: 'data.seed' is said by the plan's pairs"),
        ("[two_stream, {mbd: {final: true, method.final: false}}]", "arms[1]: 'method.final' is given twice"),
        ("[two_stream, {mbd: {final: true, final: false}}]", "'final' is given twice"),
        ("mbd", 'arms: expected a list of methods, such as [two_stream, {mbd: {final: false}}]; got "mbd"'),
        ("[two_stream, null]", "arms[1]: expected a method's name, or {method: {setting: value}}; got null"),
        ("[5]", "arms[0]: expected a method's name, or {method: {setting: value}}; got 5"),
        ("[two_stream, {mbd: null}]", "arms[1]: expected a method's name"),
        ("[" * 300 + "]" * 300, "arms[0]: expected a method's name"),
    ],
)  # fmt: skip
def test_arms(given, said, tmp_path):
    found = refused(tmp_path, changed(ARMS, given))
    assert found.startswith(said)
    assert len(found) < 200


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("settings: [seed=3]", "settings: 'seed' is said by the plan's pairs and seeds; leave it out here"),
        ("settings: [test.part=validation]", "settings: 'test.part' is said by the plan's part"),
        ("settings: ['test={part: validation}']", "settings: 'test.part' is said by the plan's part"),
        ("settings: [precision=bf16]", "settings: 'precision' is said by the plan's precision"),
        ("settings: [data.split=2]", "settings: 'data.split' is said by the plan's split"),
        ("settings: [data.dataset=ucf101]", "settings: 'data.dataset' is said by the plan's dataset"),
        ("settings: [data.settings.seed=2]", "settings: 'data.seed' is said by the plan's pairs"),
        ("settings: [method.name=mutual]", "settings: 'method.name' is said by the plan's arms"),
        ("settings: [pretraining.both.seed=2]", "settings: 'pretraining.both.seed' is said by"),
        ("settings: [pretraining.both.data.settings.seed=2]", "settings: 'pretraining.both.data.seed'"),
        ("settings: [fit.rules=all]\nfitted: [mbd]", "settings: 'fit.rules' is said by the plan's fitted"),
        ("settings: [train.lr=0.1, train.lr=0.2]", "settings: 'train.lr' is given twice"),
        ("settings: [train.lr=0.1, 'train={lr: 0.2}']", "settings: 'train.lr' is given twice"),
        ("settings: [data.train_per_class=3, data.settings.train_per_class=4]", "settings: 'data.train"),
        ("settings: [train.lr]", "settings: --set train.lr: expected key=value"),
        ("settings: [5]", "settings[0]: expected text, such as train.epochs=10; got 5"),
        ("settings: {train: {lr: 1}}", "settings: expected a list of settings"),
        ("seeds: {1: all, 2: 9}", "seeds: joint seed 2 is in 9 pairs; there are 2"),
        ("seeds: {1: all, -1: 2}", "seeds: expected joint seeds from 1 to 20; got -1"),
        ("seeds: {a: all}", 'seeds: expected joint seeds from 1 to 20; got "a"'),
        ("seeds: {1: most}", 'seeds: joint seed 1: expected a number of pairs, or all; got "most"'),
        ("seeds: [1]", "seeds: expected the pairs that have each joint seed"),
        ("controls: {harm: 5, gain: mbd}", "controls.harm: expected a method's name"),
        ("controls: [1]", "controls: expected a mapping with harm and gain"),
        ("fitted: [mbd, mbd]", "fitted: 'mbd' is there twice"),
        ("fitted: [mdb]", "fitted: no arm 'mdb'; did you mean 'mbd'? the arms are two_stream, mbd"),
        ("paper: mbd\ntables: [components, components]", "tables: 'components' is there twice"),
        ("paper: nope", "no paper 'nope'"),
        ("threads: 100000", "threads: expected less than or equal to 1024"),
        ("pairs: 3", "'pairs' is given twice"),
        ("split: " + "9" * 5000, "a number of more than 4300 digits"),
    ],
)  # fmt: skip
def test_lines_of_a_plan(line, said, tmp_path):
    found = refused(tmp_path, f"{PLAN}{line}\n")
    assert found.startswith(said)
    assert "set_int_max" not in found


def test_a_setting_may_overrule_that_of_the_configuration_file_but_not_the_plan(tmp_path):
    text = changed("preset: tiny", "config: settings.yaml") + "settings: [train.lr=0.25]\n"
    (tmp_path / "settings.yaml").write_text("extends: tiny\ntrain: {lr: 0.5}\n")
    (tmp_path / "mine.yaml").write_text(text)
    assert read_plan(tmp_path / "mine.yaml")[0].settings == ("train.lr=0.5", "train.lr=0.25")
    (tmp_path / "settings.yaml").write_text("extends: tiny\nseed: 4\n")
    assert refused(tmp_path, text).startswith("config: 'seed' is said by the plan's pairs and seeds")


def test_what_pretrainings_may_be_told(tmp_path):
    """As the pilot of mbd does: the part that they are tested on, how many videos they have."""
    own = "pretraining.both.test.part=validation, pretraining.both.data.settings.train_per_class=9"
    (tmp_path / "mine.yaml").write_text(f"{PLAN}settings: [{own}]\n")
    assert len(read_plan(tmp_path / "mine.yaml")[0].settings) == 2


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("studies/*.yaml"), *ROOT.glob("results/papers/*/study*.yaml")]),
    ids=lambda path: path.stem,
)
def test_the_plans_that_come_with_it_are_as_plain(path):
    plan, _ = read_plan(path)
    found = compared(plan, METHODS.names())
    assert len(found.arms) >= max(2, len(plan.arms))  # tables add arms
    assert found.impossible == ()
