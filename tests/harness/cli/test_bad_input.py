"""What a newcomer typed that went through without a word, or was answered unclearly: now one line each."""

import json
import re

import pytest
from support.places import refused

from harness.cli.main import main

RUN = ("run", "--method", "mbd", "--backbone", "r2plus1d18", "--dry-run")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--epochs", 2, "--set", "train.epochs=3"), "--set train.epochs=3: an option .* says 2; give one"),
        (("--seed", 1, "--set", "seed=2"), "--set seed=2: an option .* says 1; give one"),
        (("--lr", 0.1, "--set", "train.lr=0.2"), "says 0.1; give one of the two"),
        (("--seed", 10**22), "seed: got 10000000000000000000000; expected less than"),
        (("--set", "foo=1"), "unknown setting 'foo'; the configuration that .* prints has all settings"),
    ],
)
def test_wrong_settings_of_a_run(given, line, capsys):
    said = refused(capsys, *RUN, *given)
    assert len(said.strip().splitlines()) == 1
    assert re.search(line, said), said


def test_the_same_value_twice_is_no_mistake(capsys):
    """It gets as far as the missing data: nothing is wrong with the settings."""
    given = ("--epochs", 2, "--set", "train.epochs=2", "--dataset", "ucf101")
    assert "--data-root" in refused(capsys, *RUN, *given)


def test_a_flow_cache_that_is_a_file(tmp_path, capsys):
    file = tmp_path / "cache"
    file.write_text("")
    given = ("--set", "local.modality=flow", "--flow-cache", file, "--out", tmp_path / "runs")
    assert "a file is in its place; give a folder" in refused(capsys, *RUN, *given)


def test_a_folder_in_the_place_of_a_data_set(tmp_path, capsys):
    said = refused(capsys, *RUN, "--dataset", tmp_path)
    assert f"unknown data set '{tmp_path}'; for the videos in it give --dataset folder --data-root " in said


def test_a_setting_without_its_equals_sign(capsys, monkeypatch):
    words = [*RUN, "--set", "train.lr", "0.1"]
    monkeypatch.setattr("sys.argv", ["harness", *words])
    assert "extra argument (0.1); --set takes KEY=VALUE" in refused(capsys, *words)


def test_a_table_of_predictions_is_csv(tmp_path, capsys):
    said = refused(capsys, "predict", "3f2a", "a.mp4", "--table", tmp_path / "out.xlsx")
    assert "out.xlsx: expected a name that ends in .csv" in said


def test_a_plan_says_what_was_given(tmp_path, capsys):
    (tmp_path / "p.yaml").write_text(
        "pairs: two\narms: [mbd, two_stream]\ndataset: localglobal\npreset: tiny\n"
    )
    assert '; got "two"' in refused(capsys, "study", "plan", tmp_path / "p.yaml")


def test_the_help_of_tables_names_all(capsys):
    from results.tables.catalogue import all_names

    with pytest.raises(SystemExit):
        main(["table", "--help"])
    shown = re.sub(r"-\n +", "-", capsys.readouterr().out.partition("Options:")[0])
    words = set(re.findall(r"[\w-]+", shown))
    assert {name for name in all_names() if "/" not in name} <= words


def test_no_run_is_named(capsys):
    assert "no run is given; expected an id" in refused(capsys, "show", "")


def test_an_ending_that_is_no_format(tmp_path, capsys):
    said = refused(capsys, "export", "records", "--out", tmp_path / "x.odd")
    assert "expected a file that ends in .csv" in said
    assert not (tmp_path / "x.odd").exists()


def test_a_dry_run_of_a_finished_run_prints_its_plan(whole, tiny_pairs, clips_root, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    pairs = [word for pair in tiny_pairs for word in ("--set", pair)]
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "run",
                "--method",
                "mbd",
                "--from-scratch",
                "--dry-run",
                "--json",
                "--out",
                str(whole.path.parent),
                *pairs,
            ]
        )
    assert ended.value.code == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["run"], plan["finished"]) == (whole.id, True)


@pytest.mark.parametrize("words", [("table", "components"), ("claims", "mbd")])
def test_commands_beside_other_runs_say_where_they_write(words, tmp_path, capsys):
    (tmp_path / "my runs").mkdir()
    with pytest.raises(SystemExit):
        main([*words, "--runs", str(tmp_path / "my runs")])
    folder = f"'{tmp_path}/my runs'"
    assert (
        f"give 'harness run' --out {folder}, and 'harness table' --runs {folder}" in capsys.readouterr().err
    )
    with pytest.raises(SystemExit):
        main([*words, "--runs", "runs"])
    assert "--out" not in capsys.readouterr().err
