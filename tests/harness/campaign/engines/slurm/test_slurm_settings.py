"""What jobs ask SLURM for."""

import pytest

pytest.importorskip("submitit", reason="submitit is not installed (an extra)")

from backbones.base.errors import UsageError
from harness.campaign.engines.slots import Share
from harness.campaign.engines.slurm.settings import parameters


def minutes(text):
    return parameters({"time": text}, Share(), "cpu")["time"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90:01", 91), ("2:30:00", 150), ("1-00:00", 1440), ("1-02:03:04", 1564)],
)
def test_time_limits_as_slurm_writes_them(text, expected):
    """ "man sbatch": minutes, minutes:seconds, hours:minutes:seconds, days-hours:minutes[:seconds]."""
    assert minutes(text) == expected


@pytest.mark.parametrize("text", ["10", "0:30", "9:59"])
def test_a_limit_at_which_each_signal_reads_as_a_time_out_is_refused(text):
    with pytest.raises(UsageError, match="give 11 or more"):
        minutes(text)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"time": "a day"}, "expected minutes"),
        ({"signal_delay_s": "5"}, "expected 10 to 3600 seconds"),
        ({"cpus_per_task": "none"}, "expected a number of cores"),
    ],
)
def test_mistakes_are_one_line(settings, words):
    with pytest.raises(UsageError, match=words):
        parameters(settings, Share(), "cpu")


def test_a_gpu_is_asked_for_unless_something_else_is():
    assert parameters({}, Share(), "auto")["gpus_per_node"] == 1
    assert "gpus_per_node" not in parameters({}, Share(), "cpu")
    assert "gpus_per_node" not in parameters({"gres": "gpu:a100:1"}, Share(), "cuda")
    with pytest.raises(UsageError, match="gres=shard:1"):
        parameters({}, Share(per_gpu=2), "cuda")


def test_cores_follow_the_threads():
    """The plan's threads, and one that decodes."""
    found = [parameters({}, share, "cpu")["cpus_per_task"] for share in (Share(threads=2), Share())]
    assert found == [3, 4]
