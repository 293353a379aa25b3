"""The whole life of a run where little is allowed: few open files, decoding in processes of its own."""

import json
import os
import resource

import pytest

FEW = 48  # further open files at a time; of all, 1024 are usual


def open_files():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture
def few_files():
    """This process's own limit, which those that it starts inherit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() + FEW, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_training_testing_and_fitting_with_few_descriptors(tiny_run, no_costs, few_files):
    """32 test clips and 16 to fit on, one at a time: once two descriptors of every batch stayed open."""
    run = tiny_run("data.test_per_class=2", "train.epochs=1", "fit.rules=all", workers=2, views_at_once=1)
    record = json.loads(run.record_path.read_text())
    assert record["data"]["found"]["test"] == 32
    assert record["data"]["failed"]["test"] == {}
