"""A linear probe of given weights: which part, which features, and what scikit-learn makes of them."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from backbones.building import build
from harness.evaluation.linear_probe import Probe, TooLong, _Clock, _right, flat, given_parts, last_output


def loaded_but(network, *prefixes):
    return {name for name, _ in network.named_parameters() if not name.startswith(prefixes)}


def test_the_last_part_that_was_given_whole_is_probed():
    network = build("r2plus1d18", classes=5, frames=4, size=32, width=0.125).eval()
    clips = torch.randn(2, 3, 4, 32, 32)
    names = [name for name, _ in network.named_children()]
    parts = given_parts(network, loaded_but(network, "head", "fc", "classifier"))
    assert set(parts) < set(names)
    name, features = last_output(network, clips, parts)
    state = clips
    for stage in network.stages.values():
        state = stage(state)
    assert name == parts[-1]
    # The last stage's map, its mean over height and width, each time step by itself.
    assert torch.allclose(features, state.mean(dim=(3, 4)).flatten(1), atol=1e-6)


def test_frames_of_an_image_network_stay_in_order():
    network = build(
        "vtn:efficientnet_lite0", classes=5, frames=3, size=32, hidden=16, layers=1, heads=2
    ).eval()
    parts = given_parts(network, loaded_but(network, "temporal", "adapter", "classifier", "frame_norm"))
    assert parts == ["spatial"]
    clips = torch.randn(2, 3, 3, 32, 32)
    _, features = last_output(network, clips, parts)
    with torch.no_grad():
        each = [torch.cat([network.spatial(clip[:, t][None]) for t in range(3)], dim=1) for clip in clips]
    assert torch.allclose(features, torch.cat(each), atol=1e-5)


def test_a_part_of_which_one_tensor_is_missing_is_looked_into():
    network = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))})
    assert given_parts(network, {"a.weight", "a.bias", "b.0.weight", "b.0.bias", "b.1.weight"}) == [
        "a",
        "b.0",
    ]
    assert given_parts(network, set()) == []


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((2, 3, 4, 5, 5), 12), ((6, 7), 21), ((6, 7, 5, 5), 21), ((2, 9, 7), 7), ((2, 7), 7)],
)
def test_outputs_become_one_row_for_each_clip(shape, expected):
    assert flat(torch.randn(shape), clips=2).shape == (2, expected)


def test_right_ones_are_those_of_logistic_regression_and_a_broken_video_is_wrong():
    drawn = np.random.default_rng(0)
    labels = [0, 1, 2] * 14
    rows = [drawn.normal(label, 1.0, 5).astype(np.float32) for label in labels]
    train, tested = np.stack(rows[:30]), np.stack(rows[30:])
    mean, std = train.mean(0), train.std(0)
    model = LogisticRegression(max_iter=1000).fit((train - mean) / std, labels[:30])
    expected = int((model.predict((tested - mean) / std) == np.array(labels[30:])).sum())
    assert 0 < expected < 12
    assert _right(rows, labels, 30) == expected
    right = [
        row for row in range(30, 42) if model.predict(((rows[row] - mean) / std)[None])[0] == labels[row]
    ]
    rows[right[0]] = None
    assert _right(rows, labels, 30) == expected - 1


def test_what_would_take_longer_is_not_made(monkeypatch):
    now = iter([0.0, 5.0, 6.0, 8.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    clock = _Clock(100)
    clock.check(4)  # 5 s, most of which started the processes
    clock.check(4)  # 1 s for 4 videos: 5 + 96 / 4 = 29 s in all
    with pytest.raises(TooLong) as caught:
        clock.check(4)  # 3 s for 8 videos: 5 + 96 * 3 / 8 = 41 s
    assert caught.value.seconds == pytest.approx(41.0)


def test_the_line_says_what_was_probed_on_how_many_videos():
    line = Probe("global", "spatial", 10240, 48, 42, 60).line("test")
    assert "global stream's given weights (logistic regression on 10240 outputs of 'spatial'" in line
    assert line.endswith("70.0 % of 60 test videos, trained on 48")
