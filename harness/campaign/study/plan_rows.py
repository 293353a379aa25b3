"""Where in a plan's file the thing stands that an error names. No torch."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from backbones.base.errors import UsageError, UserError
from harness.files import read_regular

# "arms[1]: …", "controls.gain: …", "unknown setting 'pears'…", "setting 'controls.gain' is needed …"
SAID = re.compile(r"(unknown setting '|setting ')?(?P<name>[a-z_]+(\.[a-z_]+|\[[0-9]+\])*)['\]:]")


def refused(path: Path, text: str, said: str) -> UsageError:
    """Of a plan's file: "plan my.yaml:3: arms[1]: …"; without a row where the error names no part of it."""
    return UsageError(f"plan {path}{_row(text, said)}: {said}")


def in_its_file(path: Path, error: UserError) -> UsageError:
    """The error of a plan that was read, with its file and row; the file may be gone or changed."""
    try:
        text = read_regular(path)
    except (OSError, ValueError):
        text = ""
    return refused(path, text, str(error))


def _row(text: str, said: str) -> str:
    found = SAID.match(said)
    try:
        node = yaml.compose(text, yaml.SafeLoader) if found else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return ""
    row = None
    for part in re.findall(r"[a-z_]+|[0-9]+", found["name"]) if found else ():
        inside = _inside(node, part)
        if inside is None:
            break
        row, node = inside
    return "" if row is None else f":{row}"


def _inside(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    """(row, value) of a mapping's key, or of an element of a list."""
    if isinstance(node, yaml.MappingNode):
        pairs = ((key.start_mark.line + 1, value) for key, value in node.value if key.value == part)
        return next(pairs, None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        value = node.value[int(part)]
        return value.start_mark.line + 1, value
    return None
