"""The whole life of a run where little is allowed: few open files, decoding in processes of its own."""

import json
import os
import resource

import pytest

FEW = 96  # open files at a time; 1024 is usual


@pytest.fixture
def few_files():
    """This process's own limit, which those that it starts inherit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_training_testing_and_fitting_with_few_descriptors(harness_cli, tiny_pairs, tmp_path, few_files):
    """112 test clips and 16 to fit on: once two descriptors of every batch stayed open."""
    pairs = [*tiny_pairs, "data.test_per_class=7", "train.epochs=1", "fit.rules=all"]
    given = [word for pair in pairs for word in ("--set", pair)]
    code, _, said = harness_cli(
        *("run", "--method", "mbd", "--preset", "tiny", "--workers", "2", "--out", tmp_path, *given)
    )
    assert code == 0, said[-2000:]
    records = [json.loads(path.read_text()) for path in tmp_path.glob("*/record.json")]
    # Streams are not tested after their pre-training.
    tested = {each["config"]["method"]["name"]: each["data"]["found"]["test"] for each in records}
    assert tested == {"two_stream": 0, "mbd": 112}
    assert len(os.listdir("/proc/self/fd")) < FEW  # noqa: PTH208
