"""How many runs a paper's tables and studies would train, counted by hand, and how long."""

import pytest
from support.made_records import itself, made, save
from support.paper_folder import folder  # noqa: F401

from harness.campaign.plan import plan
from harness.campaign.shared_settings import Base
from methods.catalogue import METHODS
from results.paper_check.check import checked
from results.tables.wanted import Request, asked

STUDY = """paper: ours
arms: [two_stream, mutual, {mutual: {temperature: 4}}]
dataset: localglobal
preset: tiny
pairs: 6
seeds: {1: all, 2: 2}
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def note(found, begins):
    return next(line for line in found.notes if line.startswith(begins))


def test_the_runs_of_all_tables(folder):  # noqa: F811
    """Five seeds of two rows, two of temperatures 2 and 4 (1 is the default), a pre-training of each seed."""
    found = checked(folder.path)
    assert note(found, "tables: ") == f"tables: {2 * 5 + 2 * 2 + 5} runs under ours/tiny"


def test_hours_where_there_are_runs_like_all_of_them(folder, tmp_path):  # noqa: F811
    checked(folder.path)
    wanted, _ = asked(Request(("ours/main",), tuple(METHODS.names()), seeds=1), ())
    for number, run in enumerate(plan(wanted, Base("tiny"), ()).runs):
        record = made({"average": 60.0}, seed=number)
        timings = record.timings.model_copy(update={"train_s": 1700.0, "test_s": 100.0})
        kind = {"config": run.config.plain(), "timings": timings}
        save([itself(record.model_copy(update=kind))], tmp_path / "here" / "runs")
    # 19 runs of half an hour.
    assert note(checked(folder.path), "tables: ") == (
        "tables: 19 runs under ours/tiny, about 9 h 30 min, by finished runs of the same streams and data"
    )


def test_the_runs_of_a_study(folder):  # noqa: F811
    found = checked(folder.add("study.yaml", STUDY).path)
    assert found.problems == []
    assert note(found, "study.yaml: ") == f"study.yaml: {3 * (6 + 2)} runs of 3 arms after 6 pre-trainings"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mutual, {", "mutal, {", "unknown method 'mutal'; did you mean 'mutual'"),
        ("temperature", "temprature", "did you mean 'temperature'"),
        ("paper: ours", "paper: urs", "no paper 'urs'; did you mean 'ours'"),
        ("arms:", "tables: [components, mainn]\narms:", "no table 'mainn'"),
        ("pairs: 6", "pairs: !!python/object/apply:os.system [exit]", "study.yaml"),
        ("preset: tiny", "preset: tinny", "unknown preset 'tinny'; did you mean 'tiny'"),
    ],
)
def test_a_study_that_cannot_be_run(old, new, words, folder):  # noqa: F811
    assert old in STUDY
    (line,) = checked(folder.add("study.yaml", STUDY.replace(old, new)).path).problems
    assert "study.yaml" in line
    assert words in line
