"""Printed commands, parsed by the command line's own parser up to the configurations that would be run."""

import re
import shlex
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from backbones.base.plugins import PLUGINS
from harness.campaign import plan as planning
from harness.cli.main import cli
from harness.execution.execute import Outcome
from harness.record.folder import RunFolder


def lines(text):
    """Each command of a printed line: parts joined by &&, and a loop over splits as one command per split."""
    found = []
    for part in text.split(" && "):
        loop = re.fullmatch(r"for split in ([\d ]+); do (.*); done", part)
        splits = loop[1].split() if loop else [""]
        found += [(loop[2] if loop else part).replace('"$split"', split) for split in splits]
    return found


def configurations(text):
    """Those of the runs that the printed commands are about, in order: not of what is trained before them."""
    found = []
    for line in lines(text):
        words = shlex.split(line)
        words = words[4:] if words[0] == "torchrun" else words
        assert words[0] == "harness"
        found += {"run": _of_run, "table": _of_table}[words[1]](words[1:])
    return found


def _of_run(words):
    found = []

    def execute(config, recipe, *_):
        if all(config is not before.config for before in recipe.before):
            found.append(recipe.with_weights() if recipe.before else config)
        return Outcome(RunFolder(Path("not-made")))

    with _plugins_unloaded(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.cli.run._execute", execute)
        patch.setattr("harness.cli.run._check_joint", lambda *_: None)  # DIR and RUN are no places
        _call([*words, "--dry-run"])
    return found


def _of_table(words):
    """Of the plan's runs; without any record, so that all of them are made."""
    found = []
    with _plugins_unloaded(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.cli.table_run._timed", lambda *_: lambda run: 1.0)
        patch.setattr(
            "harness.cli.table_run.plan", lambda *given: found.append(planning.plan(*given)) or found[0]
        )
        with tempfile.TemporaryDirectory() as empty:
            _call([*words, "--dry-run", "--runs", empty])
    return [run.config for run in found[0].runs if not run.label().startswith("pre-training")]


def _call(words):
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, (words, done.output, done.exception)


@contextmanager
def _plugins_unloaded():
    """Files that a command loads are taken out again."""
    before = set(PLUGINS.files)
    try:
        yield
    finally:
        for path in set(PLUGINS.files) - before:
            PLUGINS.unload_file(PLUGINS.load_file(path))  # what is loaded is given, not loaded again
