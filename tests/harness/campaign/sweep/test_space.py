"""Spaces: a YAML file that is read strictly."""

import pytest

from backbones.base.errors import UsageError
from harness.campaign.sweep.space import read_space


@pytest.fixture
def read(tmp_path):
    def read(text, arms=("mbd",)):
        path = tmp_path / "space.yaml"
        path.write_text(text)
        return read_space(path, arms)

    return read


def test_ranges_and_choices_are_read(read):
    own = read("train.lr: {float: [0.001, 0.1], log: true}\ntrain.warmup_steps: {int: [0, 9]}").of["mbd"]
    assert own["train.lr"].ends == (0.001, 0.1)
    assert own["train.lr"].log
    assert own["train.warmup_steps"].ends == (0, 9)
    kept = read("local.short_side: {choice: [[36, 40], [48, 50]]}").of["mbd"]["local.short_side"]
    assert kept.setting(1) == [48, 50]
    assert kept.drawn([48, 50]) == 1


def test_an_arm_may_have_settings_of_its_own(read):
    text = "train.lr: {float: [0.1, 1]}\narms: {mbd: {method.temperature: {choice: [1, 4]}}}"
    found = read(text, ("mbd", "two_stream")).of
    assert list(found["mbd"]) == ["train.lr", "method.temperature"]
    assert list(found["two_stream"]) == ["train.lr"]


def test_a_drawn_number_is_rounded_and_stays_within_its_ends(read):
    lr = read("train.lr: {float: [0.00123446, 0.1]}").of["mbd"]["train.lr"]
    assert lr.setting(0.0123456789) == 0.01235
    assert lr.setting(0.00123446) == 0.00123446  # to four digits it would lie below the range


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "expected a mapping"),
        ("train.lr: {float: [1, 0.1]}", r"train.lr: \[1, 0.1\]: expected \[low, high\]"),
        ("train.lr: {float: [0, 1], log: true}", "with log: expected numbers above 0"),
        ("train.lr: {float: [0, .inf]}", "train.lr.float.1: "),
        ("train.lr: {float: [1]}", "train.lr.float.1: "),
        ("train.lr: {flot: [1, 2]}", "train.lr.flot: "),
        ("train.lr: {float: [1, 2], int: [1, 2]}", "expected one of"),
        ("train.lr: {}", "expected one of"),
        ("train.lr: 0.1", "train.lr: "),
        ("train.lr: {choice: [1]}", "two or more values"),
        ("train.lr: {choice: [1, 1]}", "two or more values, each once"),
        ("train.lr: {choice: [1, 2], log: true}", "log is of float and int"),
        ("train.epochs: {int: [1.5, 3]}", "train.epochs.int.0: "),
        ("seed: {int: [0, 9]}", "cannot be chosen by a sweep"),
        ("arms: {kd: {train.lr: {float: [1, 2]}}}", "no --method 'kd' is given"),
        ("arms: 3", "expected a mapping of settings"),
        ("{}", "there is no setting for mbd"),
        ("train.lr: [", "no YAML"),
    ],
)
def test_what_is_no_space_is_said_in_one_line(read, text, words):
    with pytest.raises(UsageError, match=words) as error:
        read(text)
    assert "\n" not in str(error.value)
