"""What a task of Ray asks for. Ray itself is not needed."""

import pytest

from backbones.base.errors import UsageError
from harness.campaign.engines.ray.engine import Resources
from harness.campaign.engines.ray.settings import resources
from harness.campaign.engines.slots import GIB, Share


@pytest.mark.parametrize(
    ("settings", "share", "device", "expected"),
    [
        ({}, Share(), "cpu", Resources(4, 0, None)),
        ({}, Share(threads=2), "auto", Resources(3, None, None)),
        ({}, Share(per_gpu=4, memory=1.5), "cuda", Resources(4, 0.25, 3 * GIB // 2)),
        ({"cpus": "8", "gpus": "0.5"}, Share(), "cuda", Resources(8, 0.5, None)),
        ({}, Share(), "cuda", Resources(4, 1.0, None)),
    ],
)
def test_resources_follow_what_is_said(settings, share, device, expected):
    assert resources(settings, share, device) == expected


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cpu": "1"}, "did you mean 'cpus'"),
        ({"cpus": "1.5"}, "expected a whole number of CPUs"),
        ({"gpus": "-1"}, "gpus=-1: expected a number"),
        ({"gpus": "nan"}, "expected a number"),
    ],
)
def test_mistakes_are_one_line(settings, words):
    with pytest.raises(UsageError, match=words):
        resources(settings, Share(), "auto")
