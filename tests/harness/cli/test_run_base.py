"""Which preset a run takes where none is named."""

import click
import pytest

from harness.cli.options import config_option, preset_option
from harness.cli.run_base import base_of_run

RUN = "3f2a5d0b9c71"


@pytest.fixture
def chosen(tmp_path):
    """The preset, and whether it is said why, of options."""
    (tmp_path / "runs" / RUN).mkdir(parents=True)
    (tmp_path / "runs" / RUN / "config.json").write_text("{}")

    def choose(*words, dataset="folder", local=None, glob=None):
        given = {"dataset": dataset, "weights_local": local, "weights_global": glob, "out": tmp_path / "runs"}
        found = []

        @click.command()
        @preset_option()
        @config_option()
        @click.pass_context
        def command(ctx, preset, config):
            found.append(base_of_run(ctx, preset, config, given))

        command.main(list(words), standalone_mode=False)
        base, why = found[0]
        return base.preset, bool(why)

    return choose


def test_trained_weights_for_real_videos_ask_for_finetune(chosen):
    assert chosen(glob="imagenet") == ("finetune", True)
    assert chosen(local="kinetics400", glob="3f2a") == ("finetune", True)
    assert chosen(glob="weights.safetensors", dataset="ut-interaction") == ("finetune", True)


def test_all_else_is_tiny(chosen):
    assert chosen() == ("tiny", False)
    assert chosen(dataset=None, glob="imagenet") == ("tiny", False)
    assert chosen(dataset="localglobal", glob="imagenet") == ("tiny", False)
    assert chosen(local="3f2a", glob=RUN) == ("tiny", False)  # runs that were trained under it


def test_a_preset_that_is_named_holds(chosen, tmp_path):
    assert chosen("--preset", "tiny", glob="imagenet") == ("tiny", False)
    assert chosen("--preset", "small", glob="imagenet") == ("small", False)
    (tmp_path / "my.yaml").write_text("extends: paper\n")
    assert chosen("--config", str(tmp_path / "my.yaml"), glob="imagenet") == ("paper", False)
