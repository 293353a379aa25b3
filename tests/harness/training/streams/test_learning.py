"""A stream that begins far from a guess, or stays at one, is named; one that learns is not."""

from math import log

import pytest

from harness.config.resolve import resolve
from harness.training.progress import Progress
from harness.training.streams.learning import LearningWatch, reasons

CLASSES, BATCH = 6, 8  # a guess: a loss of ln 6 = 1.79, 16.7 % right


def progress(step, losses, accuracy):
    return Progress(step, 1000, 1, 0.1, losses, accuracy, {}, 1.0, 0.0, 0.0)


def said(each, steps=range(10, 310, 10)):
    """each(step): (losses, accuracies)."""
    lines = []
    watch = LearningWatch(
        CLASSES, BATCH, {"local": ("high", "none"), "global": ("high", "none")}, lines.append
    )
    for step in steps:
        watch.see(progress(step, *each(step)))
    return lines


def test_a_first_loss_far_above_a_guess_is_named_once():
    # 8.1 on six classes: measured with clips of 32 pixels for a network made for 224.
    (line,) = said(lambda step: ({"global/ce": 8.1 if step == 10 else 1.0}, {"global": 0.9}))
    begins = "warning: the global stream begins with a loss of 8.1, far above the 1.8 of a guess among"
    assert line == f"{begins} 6 classes: high"
    assert said(lambda step: ({"global/ce": log(6) + 1.9 if step == 10 else 1.0}, {"global": 0.9})) == []


def test_a_run_that_goes_on_has_left_its_first_steps_behind():
    assert said(lambda _: ({"global/ce": 8.1}, {"global": 0.9}), range(110, 150, 10)) == []


def test_a_hundred_steps_at_chance_are_named_once():
    # Over 800 videos chance of 1/6 reaches 0.167 + 2 * 0.0132 = 0.193.
    (line,) = said(lambda _: ({"local/ce": log(6), "global/ce": 1.0}, {"local": 0.18, "global": 0.18}))
    assert line == (
        "warning: the local stream has learned nothing in 100 steps up to step 110 (18.0% right, chance is "
        "16.7%): none"
    )
    assert said(lambda _: ({"local/ce": log(6)}, {"local": 0.2})) == []


def test_a_loss_that_falls_is_learning_though_nothing_is_right_yet():
    assert said(lambda _: ({"local/ce": 0.95 * log(6), "local/kl": 9.0}, {"local": 0.16})) == []


def test_less_than_a_hundred_steps_say_nothing():
    assert said(lambda _: ({"local/ce": log(6)}, {"local": 0.1}), range(10, 110, 10)) == []


@pytest.mark.parametrize(
    ("pairs", "stream", "high", "nothing"),
    [
        (
            ["local.crop=32"],
            "local",
            "its clips are 32 pixels wide, and r2plus1d50 was made for 112",
            "rate is 0.05",
        ),
        (["local.crop=64"], "local", "smaller rates: local.lr_factor", "rate is 0.05"),
        (["global.width=1"], "global", "32 pixels wide", "random weights at full width (--weights-global"),
        (
            ["global.width=1", "global.weights=imagenet", "global.frozen_layers=3"],
            "global",
            "",
            "3 of its layers",
        ),
    ],
)
def test_the_reason_is_the_likely_one(pairs, stream, high, nothing):
    found = reasons(resolve("tiny", {"method": {"name": "mbd"}}, pairs))[stream]
    assert high in found[0]
    assert nothing in found[1]
