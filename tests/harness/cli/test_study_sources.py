"""A study's pairs are given the papers and plug-ins that the study was given."""

import shlex
import shutil

import yaml
from support.paper_folder import Folder
from support.places import ROOT
from support.plugin_files import EXAMPLES


def test_pairs_are_given_papers_and_plugins(harness_cli, tmp_path):
    """The commands that are printed are the ones that are run; each works by itself, in any folder."""
    Folder(tmp_path / "ours")
    shutil.copy(EXAMPLES / "one_way.py", tmp_path / "own plugin.py")
    plan = {"arms": ["two_stream", "my_one_way"], "dataset": "localglobal", "preset": "tiny", "pairs": 1}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(plan))
    given = ("--paper", "ours", "--plugin", "own plugin.py")
    code, said, err = harness_cli(
        *("study", "run", "mine.yaml", "--here", "--print", *given), cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    assert code == 0, err
    (command,) = [line for line in said.splitlines() if not line.startswith("#")]
    words = shlex.split(command.partition(" >")[0].lstrip("("))
    assert words[words.index("--paper") + 1] == str(tmp_path / "ours")
    assert words[words.index("--plugin") + 1] == str(tmp_path / "own plugin.py")
    pair = words[words.index("study") :]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, said, err = harness_cli(*pair, "--device", "none", cwd=elsewhere, PYTHONPATH=str(ROOT))
    assert "unknown device 'none'" in err
