"""The checks of data sets find what they are for; the worked examples of all kinds keep their contracts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.numbered_videos import write_video
from support.plugin_files import EXAMPLES, loaded

from backbones.base.errors import UsageError
from harness.data import contract_rules as contract
from harness.data.index import VideoIndex
from harness.data.registry import DATASETS, DatasetEntry


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    """anna and ben, who wave and clap."""
    root = tmp_path_factory.mktemp("subjects")
    for name in ("anna_wave_1", "anna_clap_1", "ben_wave_1", "ben_clap_2"):
        write_video(root / f"{name}.mp4", frames=3, size=(32, 32))
    return root


def first(videos, **changes):
    return (replace(videos[0], **changes), *videos[1:])


def opens(change, root, split="anna"):
    """The example's index, changed."""
    import sys

    index = sys.modules["mbd_plugin_subjects"].index(root, split)
    return change(index, root)


BROKEN = {
    "it_opens": lambda i, root: replace(i, test=()),
    "ids_are_unique_and_relative": lambda i, root: replace(i, train=first(i.train, id=i.train[1].id)),
    "no_file_is_in_both_parts": lambda i, root: replace(i, train=first(i.train, path=i.test[0].path)),
    "no_group_is_in_both_parts": lambda i, root: replace(i, train=first(i.train, group="anna")),
    "labels_are_classes": lambda i, root: replace(i, train=first(i.train, label=2)),
    "files_are_there": lambda i, root: replace(i, train=first(i.train, path=Path("gone.mp4"))),
    "it_opens_the_same_again": lambda i, root: replace(i, train=i.train[:: next(TURN)]),
    "moving_the_folder_changes_nothing": lambda i, root: replace(
        i, train=first(i.train, id=f"{root.name}/{i.train[0].id}")
    ),
    "the_fingerprint_is_a_hash": lambda i, root: replace(i, fingerprint="v1"),
    "first_and_last_videos_decode": lambda i, root: replace(
        i, train=first(i.train, path=EXAMPLES / "tiny3d.py")
    ),
    "a_missing_folder_is_a_user_error": lambda i, root: i,
}
TURN = iter((1, -1) * 20)


@pytest.mark.parametrize("rule", list(BROKEN))
def test_each_rule_finds_its_fault(rule, subjects, monkeypatch):
    change = BROKEN[rule]
    with loaded(EXAMPLES / "subjects.py"):

        def index(root, split):
            missing_is_fine = rule == "a_missing_folder_is_a_user_error" and not root.is_dir()
            return opens(change, subjects if missing_is_fine else root, split)

        monkeypatch.setattr("mbd_plugin_subjects.broken", index, raising=False)
        entry = DatasetEntry("broken", "mbd_plugin_subjects:broken", "", "", ("anna",))
        monkeypatch.setitem(DATASETS._entries, "broken", entry)
        finding = contract.BOOK.examine(rule, contract.Subject("broken", subjects, None, {}))
    assert not finding.holds
    assert finding.detail


def test_every_rule_is_tried():
    assert set(BROKEN) == set(contract.RULES)


def test_a_builder_that_gives_something_else_is_said(monkeypatch):
    monkeypatch.setattr(contract, "open_index", lambda *arguments: ["a.mp4"])
    (finding,) = contract.check_dataset("any", None)
    assert finding.detail == "it gives list, not a VideoIndex"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_each_example_is_short_and_keeps_its_contract(example, subjects, capsys):
    from click.testing import CliRunner

    from harness.cli.main import cli

    assert len(example.read_text().splitlines()) < 40
    root = ["--data-root", str(subjects)] if example.stem == "subjects" else []
    with loaded(example) as plugin:
        shown = CliRunner().invoke(cli, ["check-plugin", str(example), "--json", *root])
        assert shown.exit_code == 0, shown.output
        (checked,) = json.loads(shown.output)
        assert (checked["name"], checked["holds"]) == (plugin.added[0][1], True)
        assert len(checked["rules"]) > 7


def test_a_data_set_is_not_called_right_untried():
    from harness.execution.check_entry import On, check_entry

    with loaded(EXAMPLES / "subjects.py"), pytest.raises(UsageError, match="--data-root DIR"):
        check_entry(DATASETS, "my_subjects", On({}))


def test_the_index_of_the_example_is_what_its_names_say(subjects):
    with loaded(EXAMPLES / "subjects.py"):
        index: VideoIndex = contract.open_index("my_subjects", subjects, "ben", {})
    assert index.classes == ("clap", "wave")
    assert [(v.id, v.label) for v in index.test] == [("ben_clap_2.mp4", 0), ("ben_wave_1.mp4", 1)]
    assert [v.group for v in index.train] == ["anna", "anna"]
