"""Every command prints where the terminal knows few characters, and ends in order where nobody reads it."""

import io
import json
import os
import subprocess
import sys
from contextlib import suppress

import click
import pytest
from bench_startup import RUNS
from support.places import ROOT
from support.workplace import call

from harness.cli.main import cli

RUN = next(RUNS.iterdir()).name
STORED, READ = (RUN, "--out", str(RUNS)), ("--runs", str(RUNS))
# What each command can print in a moment. All others are asked for their help.
QUICK = {
    "list": ("list", "methods"),
    "completion": ("completion", "bash"),
    "runs": ("runs", "--out", str(RUNS)),
    "show": ("show", *STORED),
    "export records": ("export", "records", *READ),
    "claims": ("claims", "mbd", *READ),
    "paper show": ("paper", "show", "mbd"),
    "table": ("table", "fusion", *READ),
    "compare": ("compare", "mbd", "two_stream", *READ),
    "diff": ("diff", RUN, RUN, "--out", str(RUNS)),
    "study plan": ("study", "plan", str(ROOT / "studies" / "mbd.yaml")),
}


def leaves(group, names=()):
    """The names of all commands: groups and what is in them."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*names, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join((*names, name))


COMMANDS = list(leaves(cli))


def words(command):
    return list(QUICK.get(command, (*command.split(), "--help")))


def printed(arguments, monkeypatch, encoding):
    """(exit code, the bytes)."""
    raw = io.BytesIO()
    text = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", text)
        code = call(arguments)
        text.flush()
    return code, raw.getvalue()


def test_what_is_printed_here_is_of_commands_that_there_are():
    assert set(QUICK) <= set(COMMANDS)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_few_characters(command, encoding, monkeypatch, capsys):
    code, _ = printed(words(command), monkeypatch, encoding)
    assert (code, capsys.readouterr().err.count("error")) == (0, 0)


def test_no_character_is_lost(monkeypatch):
    _, whole = printed(["claims", "mbd", *READ, "--json"], monkeypatch, "utf-8")
    _, latin = printed(["claims", "mbd", *READ, "--json"], monkeypatch, "latin-1")
    assert any(letter > 255 for letter in map(ord, whole.decode()))
    assert json.loads(latin.decode("latin-1")) == json.loads(whole.decode())


@pytest.fixture
def unread():
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    pipe = os.fdopen(writer, "w", encoding="utf-8")
    yield pipe
    with suppress(BrokenPipeError):
        pipe.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_reads(command, unread, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", unread)
        code = call(words(command))
    assert (code, capsys.readouterr().err.count("error")) == (1, 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_stdout_is_closed(command, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)  # as Python has it then
        code = call(words(command))
    assert (code, capsys.readouterr().err.count("error")) == (0, 0)


@pytest.mark.parametrize(("end", "code", "said"), [
    ("| head -c 0; exit ${PIPESTATUS[0]}", 1, ""),
    (">&-", 0, ""),
    ("> /dev/full", 1, "error: the output cannot be written: No space left on device\n"),
])  # fmt: skip
def test_a_process_whose_output_goes_nowhere(end, code, said):
    command = f"set -o pipefail; '{sys.executable}' -P -m harness list backbones {end}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"}
    )
    assert (done.returncode, done.stderr) == (code, said)
