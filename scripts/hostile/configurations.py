"""Random configurations and command lines: whatever a user can type."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator
from dataclasses import fields

SCALARS = (
    *("0", "1", "-1", "2", "3", "7", "0.5", "-0.5", "1e-300", "1e308", "-1e308", "2147483648", "4294967296"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 5000, "1." + "0" * 5000),
    *("true", "false", "null", "~", "yes", "''", "", " ", "x", "rgb", "flow", "auto", "none", "test"),
    *(
        ".nan",
        ".inf",
        "-.inf",
        "1e999",
        "0x10",
        "0o17",
        "1_000",
        "12:30:45",
        "2020-01-01",
        "0b1",
        "1e5",
        "!!int x",
    ),
)
LISTS = ("[]", "[1]", "[1, 2]", "[2, 1]", "[1, 2, 3]", "[x, y]", "[[1]]", "[null]", "[72, 80]", "[1.5, 2.5]")
TREES = (
    "{}",
    "{a: 1}",
    "{1: 2}",
    "{a: {b: {c: 1}}}",
    "{name: mbd}",
    "{seed: 1}",
    "? [1, 2]\n: 3",
    "{[1]: 2}",
)
TAGS = (
    *("!!python/object/apply:os.system [true]", "!!python/name:os.system", "!!binary aGk=", "!!set {a, b}"),
    *(
        "!!omap [a: 1]",
        "!!timestamp 2020-01-01",
        "&a [*a]",
        "&a {b: *a}",
        "*missing",
        "!custom x",
        "!!float x",
    ),
    *("[" * 3000, "{a: " * 2000, "[" * 3000 + "]" * 3000, "- " * 5000, "%YAML 9.9\n--- x", "--- a\n--- b"),
)
LAUGHS = ", ".join(
    ["&a0 [x,x,x,x,x,x,x,x,x]", *(f"&a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
)
CHARACTERS = (
    *(
        "\x00",
        "a\x00b",
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\x7f",
        "\u202egnp",
        "\ud800",
        "é",
        "走る",
        "🏃",
        "\ufeff1",
    ),
    *(
        "a\nb",
        "a\rb",
        "\t",
        "\u2028",
        "%s%n",
        "{0}",
        "${HOME}",
        "$(true)",
        "`true`",
        "[red]x[/]",
        "[/]",
        "[bold",
    ),
    *(
        "../../etc/passwd",
        "/dev/zero",
        "/",
        ".",
        "~",
        "a/b",
        "x" * 300,
        "x" * 10_000,
        "-",
        "--",
        "-x",
        "<b>",
        '"',
        "'",
    ),
)
VALUES = (*SCALARS, *SCALARS, *LISTS, *TREES, *TAGS, f"[{LAUGHS}]", *CHARACTERS)


def names() -> list[str]:
    """All settings there are, of the schema and of each registry's entries, and some that there are not."""
    from backbones.registry import BACKBONES
    from harness.config.typed.validation_messages import setting_names
    from harness.data.registry import DATASETS, setting_defaults
    from methods.catalogue import METHODS
    from methods.defaults import settings_class
    from methods.fusion.catalogue import FUSIONS

    found = sorted(setting_names())
    found += [f"method.{each.name}" for name in METHODS.names() for each in fields(settings_class(name))]
    found += [f"data.{key}" for name in DATASETS.names() for key in setting_defaults(name)]
    found += [
        f"fusion.{name}.{key}" for name in FUSIONS.names() for key in ("C", "inputs", "epochs", "lr", "x", "")
    ]
    builders = {BACKBONES.get(name).builder for name in BACKBONES.names()}
    found += [f"local.{key}" for builder in sorted(builders) for key in _parameters(builder)]
    odd = [
        "",
        ".",
        "..",
        "local.",
        ".local",
        "local..width",
        "x",
        "local.x.y.z",
        "method.settings",
        "__class__",
    ]
    odd += [
        "local.settings",
        "data.settings.parts",
        "data.root",
        "global.__init__",
        "pretraining.local",
        "families",
    ]
    return [*dict.fromkeys(found), *odd * 3]


def _parameters(builder: str) -> list[str]:
    from backbones.base.registry import load

    return [name for name in inspect.signature(load(builder)).parameters if name not in ("args", "kwargs")]


def words(draw: random.Random) -> list[str]:
    """Names of registry entries: so that a value may be one of the wrong registry."""
    from backbones.registry import BACKBONES
    from harness.data.registry import DATASETS
    from methods.catalogue import METHODS
    from methods.fusion.catalogue import FUSIONS

    registry = draw.choice([BACKBONES, DATASETS, METHODS, FUSIONS])
    return list(registry.names())


def value(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.72:
        return draw.choice(VALUES)
    if kind < 0.80:
        return draw.choice(words(draw))
    if kind < 0.90:
        return str(draw.choice([draw.randint(-5, 70), round(draw.uniform(-2, 2), 3)]))
    return "".join(
        chr(draw.choice([draw.randrange(32, 127), draw.randrange(1, 0x3000)]))
        for _ in range(draw.randint(1, 30))
    )


def pairs(draw: random.Random, known: list[str]) -> list[str]:
    """One to four `--set` values; three in four concern one setting alone."""
    count = 1 if draw.random() < 0.6 else draw.randint(2, 4)
    found = []
    for _ in range(count):
        kind = draw.random()
        if kind < 0.04:
            found.append(draw.choice([value(draw), "=", "==", "=1", draw.choice(known)]))
        else:
            found.append(f"{draw.choice(known)}={value(draw)}")
    return found


def configurations(draw: random.Random, count: int) -> Iterator[list[str]]:
    """Arguments of `harness run --dry-run`, with random settings, some with random presets and methods."""
    from harness.config.preset_files import preset_names
    from methods.catalogue import METHODS

    known = names()
    for _ in range(count):
        method = "mbd" if draw.random() < 0.6 else draw.choice(list(METHODS.names()))
        given = ["run", "--dry-run", "--method", method, "--device", "cpu"]
        if draw.random() < 0.15:
            given += ["--preset", draw.choice(preset_names())]
        if draw.random() < 0.8:
            given += ["--from-scratch"]
        for pair in pairs(draw, known):
            given += ["--set", pair]
        yield given
