"""Runs on a user's own data beside those of a paper's protocol: which of them a table takes."""

import pytest
from support.made_records import made, save
from support.made_tables import row, table
from support.paper_folder import folder  # noqa: F401

from harness.papers.registry import PAPERS
from results.tables.wanted import Request, base_for

OWN = {"preset": "finetune", "dataset": "folder", "split": "1"}


def stray(**more):
    return made({"average": 40.0}, method="two_stream", **(OWN | more))


def notes(made_table):
    return " ".join(made_table.footer)


@pytest.fixture
def paper(folder):  # noqa: F811
    PAPERS.load(folder.path)
    return folder


def test_a_run_on_own_data_is_not_taken_for_the_papers(paper):
    shown = table("ours/main", [stray()])
    cell = row(shown, "two streams")["top-1 measured ↑"]
    assert cell.value is None
    assert "--preset ours/tiny" in cell.footnote
    said = "not included: 1 record on folder; this paper names no such data; --dataset folder shows them"
    assert said in notes(shown)


@pytest.mark.parametrize("how", ["dataset", "protocol", "prefer"])
def test_it_is_shown_where_it_is_asked_for(how, paper):
    from results.records import protocol_id

    run = stray()
    asked = {"dataset": "folder", "protocol": protocol_id(run), "prefer": [run.id]}
    shown = table("ours/main", [run], **{how: asked[how]})
    assert row(shown, "two streams")["top-1 measured ↑"].value == 40.0
    command = row(shown, "mutual learning")["top-1 measured ↑"].footnote
    assert "--preset finetune --dataset folder" in command
    assert f"--paper {paper.path}" in command


def test_runs_under_the_papers_own_preset_are_its_runs_on_any_data(paper):
    shown = table("ours/main", [stray(preset="ours/tiny")])
    assert row(shown, "two streams")["top-1 measured ↑"].value == 40.0
    both = [stray(preset="ours/tiny"), made({"average": 50.0}, method="two_stream", preset="ours/tiny")]
    assert row(table("ours/main", both), "two streams")["top-1 measured ↑"].value == 50.0


def test_the_harness_own_tables_show_them_where_there_are_no_others():
    runs = [made({"average": 40.0, "adaptive": 41.0}, seed=seed, **OWN) for seed in range(3)]
    assert row(table("fusion", runs), "adaptive")["top-1 measured ↑"].value == pytest.approx(41.0)
    shown = table("fusion", [*runs, made({"average": 50.0, "adaptive": 51.0})])
    assert row(shown, "adaptive")["top-1 measured ↑"].value == pytest.approx(51.0)
    assert "not included: 3 records of another protocol (data.dataset folder" in notes(shown)


@pytest.mark.parametrize(("name", "preset", "tiny"), [("ours/main", "ours/paper", "ours/tiny"),
                                                      ("fusion", "paper", "tiny")])  # fmt: skip
def test_they_do_not_decide_how_missing_runs_are_made(name, preset, tiny, paper):
    base, why = base_for(preset, Request((name,), ()), [stray()])
    assert (base.preset, base.pairs) == (tiny, ())
    assert why == "the default (--dataset folder takes those of its runs)"
    base, why = base_for(preset, Request((name,), (), dataset="folder"), [stray()])
    assert (base.preset, why) == ("finetune", "as 1 of the runs that are there")
    here = made({"average": 50.0}, "train.epochs=2", method="two_stream")
    base, _ = base_for(preset, Request((name,), ()), [stray(seed=1), stray(), here])
    assert (base.preset, "train.epochs=2" in base.pairs) == ("tiny", True)


def test_every_command_of_a_users_table_or_claim_names_its_paper(paper):
    from results.cell_commands import run_command, table_command
    from results.claims.side import Side

    side = Side.parse("mutual @ average.top1")  # of a paper whose folder has no presets
    assert f"--paper {paper.path}" in run_command(side, "", of="ours/P01")
    assert f"--paper {paper.path}" in table_command("ours/main", [side], "", 1, made({"average": 50.0}))
    assert "--paper" not in run_command(side, "", of="fusion")


def test_the_plan_of_a_table_is_on_the_data_that_need_no_folder(paper, tmp_path):
    from support.made_tables import call

    save([stray()], tmp_path / "runs")
    said = call("ours/main", "--run", "--dry-run", "--runs", tmp_path / "runs").output
    assert "settings the default (--dataset folder takes those of its runs): --preset ours/tiny" in said
    assert "left out" not in said
