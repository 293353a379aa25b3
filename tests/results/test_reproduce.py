"""The command that makes a run again gives its configuration, and says what its machine and files were."""

import shlex

import pytest
from support.made_records import made
from support.places import ROOT

from harness.config.resolve import resolve
from harness.record.schema import PluginFacts
from results.records import load_records
from results.reproduce import command

MEASURED = ROOT / "results" / "measured"


def resolved(words):
    """(the configuration that the command resolves to, its options)."""
    options = list(zip(words[::2], words[1::2], strict=True))
    said = dict(pair for pair in options if pair[0] != "--set")
    over = {"method": {"name": said["--method"], "fusion": said["--fusion"]}, "seed": int(said["--seed"])}
    over["data"] = {"dataset": said["--dataset"], "split": said["--split"]}
    pairs = [value for name, value in options if name == "--set"]
    return resolve(said["--preset"], over, pairs).plain(), options


@pytest.mark.parametrize(
    "pairs", [(), ("method.kl_weight=0.2", "local.short_side=[160,170]", "train.micro_batch=8")]
)
def test_it_resolves_to_the_runs_configuration(pairs):
    record = made({"adaptive": 60.0}, *pairs, seed=3)
    again, options = resolved(shlex.split(command(record))[2:])
    assert again == record.config
    assert ("--precision", "fp32") in options  # where "auto" is something else, it would be another run
    assert len(options) == 7 + len(pairs)  # nothing is said that the preset says


def test_it_resolves_to_the_configuration_of_every_committed_run_of_the_generated_clips():
    records = load_records([MEASURED / "localglobal"]).records
    assert records
    for record in records:
        again, options = resolved(shlex.split(command(record))[2:])
        assert ("--precision", record.resolved["precision"]) in options
        assert again | {"precision": ""} == record.config | {"precision": ""}, record.id


def test_it_says_what_its_machine_and_its_files_were():
    facts = {"name": "net", "source": "my net.py", "sha256": "0" * 64, "adds": []}
    of_package = {**facts, "source": "nets 1.2"}
    record = made({"adaptive": 60.0})
    plain = command(record)
    record = record.model_copy(
        update={
            "resolved": {**record.resolved, "compile": True},
            "environment": {**record.environment, "processes": 2},
            "plugins": [PluginFacts(**facts), PluginFacts(**of_package)],
        }
    )
    assert command(record) == f"torchrun --nproc-per-node 2 -m {plain} --compile --plugin 'my net.py'"
