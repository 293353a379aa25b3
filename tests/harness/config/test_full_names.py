"""A setting's short name means the same on the command line, in a file, in a preset and in a recipe."""

import pytest

from harness.config.base.config_file import read_config
from harness.config.recipe.recipe_of import recipe_of
from harness.config.typed.full_names import full_key

SHORT = ("data.train_per_class=4", "pretraining.both.data.train_per_class=2", "method.temperature=3")
FULL = (
    "data.settings.train_per_class=4",
    "pretraining.both.data.settings.train_per_class=2",
    "method.settings.temperature=3",
)
FILE = """extends: tiny
method: {name: mbd, temperature: 3}
data: {train_per_class: 4}
pretraining: {both: {data: {train_per_class: 2}}}
"""


@pytest.mark.parametrize(("short", "full"), list(zip(SHORT, FULL, strict=True)))
def test_a_short_name_in_full(short, full):
    assert full_key(short.partition("=")[0]) == full.partition("=")[0]
    assert full_key(full.partition("=")[0]) == full.partition("=")[0]


def test_command_line_and_file_are_the_same_run(tmp_path):
    (tmp_path / "mine.yaml").write_text(FILE)
    flags = {"method": {"name": "mbd"}}
    found = [recipe_of("tiny", flags, pairs) for pairs in (SHORT, FULL)]
    found.append(recipe_of(read_config(tmp_path / "mine.yaml"), {}, ()))
    assert found[0].joint == found[1].joint == found[2].joint
    assert [each.before[0].config for each in found] == [found[0].before[0].config] * 3
    assert found[0].joint.data.settings["train_per_class"] == 4
    assert found[0].before[0].config.data.settings["train_per_class"] == 2


@pytest.mark.parametrize("key", ["pretraining", "pretraining.both", "train.lr", "data.seed.x", "nosuch.x"])
def test_other_names_stay(key):
    assert full_key(key) == key
