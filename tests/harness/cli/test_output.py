"""Every command prints where the terminal knows few characters, and ends in order where nobody reads it."""

import io
import json
import os
import pty
import shlex
import subprocess
import sys
import termios
from contextlib import suppress

import click
import pytest
from bench_startup import RUNS
from support.places import ROOT
from support.workplace import call, pairs

from harness.cli.main import cli
from harness.output import outlive_readers

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
    assert (code, capsys.readouterr().err.count("error")) == (0, 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_stdout_is_closed(command, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)  # as Python has it then
        code = call(words(command))
    assert (code, capsys.readouterr().err.count("error")) == (0, 0)


@pytest.mark.parametrize(("end", "code", "said"), [
    ("| head -c 0; exit ${PIPESTATUS[0]}", 0, ""),
    ("2>&1 | head -c 0; exit ${PIPESTATUS[0]}", 0, ""),
    ("x 2>&1 | head -c 0; exit ${PIPESTATUS[0]}", 2, ""),
    (">&-", 0, ""),
    ("> /dev/full", 1, "error: the output cannot be written: No space left on device\n"),
])  # fmt: skip
def test_a_process_whose_output_goes_nowhere(end, code, said):
    command = f"set -o pipefail; '{sys.executable}' -P -m harness list backbones {end}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"}
    )
    assert (done.returncode, done.stderr) == (code, said)


def widest(**process):
    """Columns of the longest line of a wide table. Without COLUMNS, which would say how wide lines are."""
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-P", "-m", "harness", "list", "backbones"]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True, **process
    )
    return max(len(line.rstrip()) for line in done.stdout.splitlines())


def test_lines_are_as_wide_as_the_terminal_and_wide_where_there_is_none():
    """As in `harness runs | less`, where only what is read from is a terminal, and in a script."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 100))
    try:
        assert 80 < widest(stdin=slave, stderr=subprocess.PIPE) <= 100
    finally:
        os.close(slave)
        os.close(master)
    assert 160 < widest(stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) <= 200


def test_a_terminal_that_is_closed_ends_nothing(monkeypatch):
    """As of a command that was left running in the background."""
    master, slave = pty.openpty()
    with monkeypatch.context() as patch, os.fdopen(slave, "w", encoding="utf-8") as terminal:
        patch.setattr(sys, "stdout", terminal)
        outlive_readers()
        os.close(master)
        print("unread", flush=True)
        print("unread, too", flush=True)
        assert not terminal.isatty()


@pytest.mark.parametrize("end", ["| head -1", "2>&1 | head -c 0"])
def test_a_run_that_nobody_reads_is_made(end, clips_root, tiny_pairs, tmp_path):
    """Its progress is printed as it goes: it outlives its reader at the first line and at every later one."""
    few = shlex.join(pairs((*tiny_pairs, "method.stream=local", "train.epochs=1")))
    command = f"'{sys.executable}' -P -m harness run --method single --from-scratch --device cpu {few}"
    command += f" --workers 0 --out '{tmp_path}' {end} >/dev/null; exit ${{PIPESTATUS[0]}}"
    env = {**os.environ, "XDG_CACHE_HOME": str(clips_root), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=env)
    assert (done.returncode, len(list(tmp_path.glob("*/record.json")))) == (0, 1), done.stderr
