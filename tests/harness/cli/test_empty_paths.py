"""A path that is empty, or a URL, is one line, for every option and argument that takes a path."""

import click
import pytest
from support.workplace import call

from harness.cli.main import cli


def taking_paths(group, names=()):
    """(the words of a command, an option or "" for an argument) of each that is a path."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from taking_paths(command, (*names, name))
            continue
        for each in command.params:
            if isinstance(each.type, click.Path):
                yield (*names, name), each.opts[0] if isinstance(each, click.Option) else ""


PLACES = list(taking_paths(cli))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "it is empty; expected a path  ("),
        (" ", "it is empty; expected a path  ("),
        ("s3://bucket/x", "'s3://bucket/x' is a URL; expected a path of this machine  ("),
    ],
)
@pytest.mark.parametrize(
    ("words", "option"), PLACES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else value
)
def test_what_is_no_path_is_said(words, option, path, why, capsys, monkeypatch, tmp_path):
    """An unset variable of a shell was the current folder, and a URL the folder `s3:` in it."""
    monkeypatch.chdir(tmp_path)
    code = call([*words, *filter(None, [option]), path])
    said = capsys.readouterr().err.splitlines()
    assert code == 2
    if option:  # of an argument another one may be missing
        assert option in said[-1]
        assert why in said[-1]
    assert not list(tmp_path.iterdir())
