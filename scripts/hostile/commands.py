"""Random options and arguments of every command, in a folder with runs, lists, plans and none of these."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
from hostile.configurations import CHARACTERS, SCALARS, value

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "tests" / "fixtures" / "schema1" / "run" / "6848278f33b7"
RECORDS = ROOT / "tests" / "fixtures" / "schema1" / "records"
TEXT = "not what was expected \x1b[31m\n"
# What makes networks or reads videos for minutes: here only asked for what is refused, or what is quick.
ALWAYS = {
    "run": ["--dry-run"],
    "profile": ["--no-latency"],
    "data preview": ["--dataset", "folder"],
    "study run": ["--code", "nowhere"],
}
NEVER = {"--run": ("table",), "--all": ("profile",), "--restart": ("profile",)}
TRIES = 4


def workplace(folder: Path) -> Path:
    """A folder in which commands are tried: all that they may be pointed at, and nothing outside."""
    runs = folder / "runs"
    shutil.copytree(RECORDS, runs, dirs_exist_ok=True)
    shutil.copytree(RUN, runs / RUN.name, dirs_exist_ok=True)
    (folder / "videos" / "run").mkdir(parents=True, exist_ok=True)
    for name in (
        "videos/run/a.mp4",
        "list.csv",
        "plugin.py",
        "plan.yaml",
        "text.json",
        "weights.pt",
        "w.safetensors",
    ):
        (folder / name).write_text(TEXT)
    (folder / "deep.yaml").write_text("[" * 5000)
    (folder / "code.yaml").write_text("!!python/object/apply:os.system ['touch executed']")
    (folder / "empty").mkdir(exist_ok=True)
    if not (folder / "pipe").exists():
        os.mkfifo(folder / "pipe")
        (folder / "loop").symlink_to("loop")
        (folder / "nowhere").symlink_to("gone")
    return folder


def paths() -> tuple[str, ...]:
    """Only below the folder, which is the working folder: commands write."""
    here = (
        "runs",
        "videos",
        "list.csv",
        "plugin.py",
        "plan.yaml",
        "deep.yaml",
        "code.yaml",
        "text.json",
        "empty",
    )
    there = (
        "weights.pt",
        "w.safetensors",
        "pipe",
        "loop",
        "nowhere",
        "gone",
        "gone/deeper",
        "list.csv/x",
        "x.csv",
    )
    odd = (
        "",
        ".",
        "é",
        "a b",
        "\x00",
        "x\x00y",
        "x" * 300,
        "a\nb",
        "\x1b[31m",
        "-",
        "new.html",
        "new.png",
        "[red]",
    )
    return (*here, *there, *odd, f"runs/{RUN.name}", f"runs/{RUN.name}/record.json", "\udce9", "y/" * 3000)


def commands() -> dict[str, click.Command]:
    """All commands, those of groups too, by what is typed."""
    from harness.cli.main import COMMANDS, cli

    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": each for sub, each in command.commands.items()}
        if command and (not isinstance(command, click.Group) or command.invoke_without_command):
            found[name] = command
    return found


def lines(draw: random.Random, count: int) -> Iterator[list[str]]:
    """Command lines, each command as often as every other."""
    known = sorted(commands().items())
    for number in range(count):
        name, command = known[number % len(known)]
        typed = [*name.split(), *ALWAYS.get(name, [])]
        for parameter in command.params:
            typed += _given(draw, name, parameter)
        if draw.random() < 0.03:
            typed += [draw.choice(["--unknown", "-", "--", "extra", "--set", "\x00", "--jsno"])]
        yield typed


def _given(draw: random.Random, name: str, parameter: click.Parameter) -> list[str]:
    option = isinstance(parameter, click.Option)
    flag = max(parameter.opts, key=len)
    if name in NEVER.get(flag, ()) or (flag == "--plugin" and draw.random() < 0.9):
        return []
    if option and draw.random() > (0.15 if getattr(parameter, "is_flag", False) else 0.25):
        return []
    if getattr(parameter, "is_flag", False):
        return [flag]
    if not option and draw.random() < 0.05:
        return []
    many = draw.randint(1, 2) if parameter.multiple or parameter.nargs == -1 else max(parameter.nargs, 1)
    values = [_value(draw, parameter) for _ in range(many)]
    return [word for each in values for word in (flag, each)] if option else values


def _value(draw: random.Random, parameter: click.Parameter) -> str:
    kind, name = parameter.type, (parameter.name or "") + str(getattr(parameter, "metavar", "") or "")
    if isinstance(kind, click.Path) or any(
        word in name.lower() for word in ("path", "file", "dir", "plan", "root", "out")
    ):
        return draw.choice(paths())
    if isinstance(kind, click.Choice) and draw.random() < 0.7:
        return str(draw.choice(list(kind.choices)))
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return draw.choice([*map(str, range(-2, 8)), *SCALARS])
    if parameter.name in ("run", "runs", "a", "b", "run_ids") and draw.random() < 0.6:
        return draw.choice([RUN.name, RUN.name[:4], "0127d768975d", "0", *CHARACTERS[:12]])
    if draw.random() < 0.3:
        return draw.choice(
            ["mbd", "two_stream", "r2plus1d18", "average", "svm.C=1", "folder", "localglobal", "tiny"]
        )
    # Not what leads out of the folder.
    given = value(draw)
    return given if ".." not in given and not given.startswith(("/", "~")) else "x"
