"""Which folders of runs are read, and what is said of those that are not there."""

from pathlib import Path

from results.records import load_records


def test_a_folder_of_runs_that_is_not_there_is_named(tmp_path):
    loaded = load_records([tmp_path / "nope", Path("runs")])
    assert [problem for problem in loaded.problems if "runs" in problem] == [
        f"{tmp_path / 'nope'}: there is no such folder of runs"
    ]
