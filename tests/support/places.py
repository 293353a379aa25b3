"""Where the tests are, and the real clips beside the checkout."""

from pathlib import Path

import pytest

from harness.cli.main import main

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"

needs_real_clips = pytest.mark.skipif(
    not (SHARED / "ut-interaction").is_dir(), reason="the real clips of ../shared/data are not here"
)
needs_official_lists = pytest.mark.skipif(
    not (SHARED / "annotations").is_dir(), reason="the official lists of ../shared/data are not here"
)


def refused(capsys, *arguments):
    """What is said of wrong usage: exit code 2."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 2
    return capsys.readouterr().err
