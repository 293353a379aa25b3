"""`--data-root` of commands that read one data set: a folder, or NAME=DIR as runs take it."""

import click
import pytest
from click.testing import CliRunner

from harness.cli.options import data_root_option


@click.command()
@data_root_option()
def say(data_root):
    click.echo(data_root)


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("videos", "videos"),
        ("folder=videos", "videos"),
        ("ucf101=a=b", "a=b"),
        ("mine=videos", "mine=videos"),
    ],
)
def test_a_name_of_a_data_set_is_taken_off(given, folder):
    assert CliRunner().invoke(say, ["--data-root", given]).output.strip() == folder


def test_a_folder_of_that_name_is_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder=x").mkdir()
    assert CliRunner().invoke(say, ["--data-root", "folder=x"]).output.strip() == "folder=x"
