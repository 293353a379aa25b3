"""Folders of two machines that share nothing, merged by `harness runs merge`: what is where, by hand."""

import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.lock import locked
from harness.record import checkpoint
from harness.record.schema import Study
from results.records import load_records

ONE, TWO = {"device_name": "one"}, {"device_name": "two"}


def record(seed, top1=60.0, on=ONE):
    return made({"average": top1, "adaptive": 61.0}, seed=seed).model_copy(update={"environment": on})


def line(each):
    return each.model_dump_json() + "\n"


@pytest.fixture
def merge(tmp_path):
    """merge(folder, …): the exit code and what was said. All under tmp_path, into `all`."""

    def call(*folders):
        words = [str(tmp_path / folder) for folder in folders]
        done = CliRunner().invoke(cli, ["runs", "merge", *words, "--out", str(tmp_path / "all")])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    return call


def weights(folder):
    """A checkpoint of the run in that folder; its bytes."""
    checkpoint.save(folder / "checkpoint.pt", {"method": {"weight": torch.ones(2)}})
    return (folder / "checkpoint.pt").read_bytes()


def there(folder):
    """{file: its bytes} under a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_runs_of_two_machines_come_side_by_side(tmp_path, merge):
    first, second = record(0), record(1)
    save([first], tmp_path / "a")
    weights(tmp_path / "a" / first.id)
    save([second], tmp_path / "b")
    for name in ("lock", "maker.json"):
        (tmp_path / "b" / second.id / name).write_text("{}")
    code, said = merge("a", "b")
    assert code == 0
    assert f"1 of {tmp_path}/a, 1 of {tmp_path}/b; 0 were there" in said
    files = [f"{each.id}/{name}" for each in (first, second) for name in ("config.json", "record.json")]
    assert sorted(there(tmp_path / "all")) == sorted([*files, f"{first.id}/checkpoint.pt"])
    before = there(tmp_path / "all")
    assert merge("a", "b") == (
        0,
        f"{tmp_path}/all: nothing new; 2 were there already or twice, with the same result\n",
    )
    assert there(tmp_path / "all") == before


def test_the_same_result_is_kept_once_with_most_of_its_files(tmp_path, merge):
    run = record(0)
    save([run], tmp_path / "a")
    save([run.model_copy(update={"environment": TWO})], tmp_path / "b")
    kept = weights(tmp_path / "b" / run.id)
    code, said = merge("a", "b")
    assert (code, "1 were there already or twice" in said) == (0, True)
    assert (tmp_path / "all" / run.id / "checkpoint.pt").read_bytes() == kept


def of_another_run(folder):
    """In the place of the run's own checkpoint."""
    other = folder.parent.parent / "other" / ("f" * 12)
    other.mkdir(parents=True)
    (folder / "checkpoint.pt").write_bytes(weights(other))
    return f"is the checkpoint of run {'f' * 12}, not of {folder.name}"


def cut_off(folder):
    (folder / "checkpoint.pt").write_bytes(b"x" * 100)
    return "is cut off or damaged"


@pytest.mark.parametrize("harm", [of_another_run, cut_off])
def test_weights_that_are_not_the_runs_own_are_not_taken(tmp_path, merge, harm):
    """Who deletes the sources after merging would have none."""
    run = record(0)
    for name in ("a", "b"):
        save([run], tmp_path / name)
    (tmp_path / "a" / run.id / "more files").write_text("than the other one has")
    (tmp_path / "a" / run.id / "still more").write_text("")
    why = harm(tmp_path / "a" / run.id)
    code, said = merge("a")
    assert code == 1
    assert f"not merged: weights of run {run.id}: {tmp_path}/a/{run.id}/checkpoint.pt {why}" in said
    files = {path.name for path in (tmp_path / "all" / run.id).iterdir()}
    assert files == {"config.json", "record.json", "more files", "still more"}
    shutil.rmtree(tmp_path / "all")
    kept = weights(tmp_path / "b" / run.id)
    assert merge("a", "b")[0] == 0
    assert (tmp_path / "all" / run.id / "checkpoint.pt").read_bytes() == kept


def test_another_result_of_another_machine_is_a_replication(tmp_path, merge):
    """Both are read side by side, and tables say that they differ."""
    save([record(0)], tmp_path / "a")
    save([record(0, 62.0, TWO)], tmp_path / "b")
    code, said = merge("a", "b")
    place = tmp_path / "all" / "replications" / f"{tmp_path.name}-b"
    assert code == 0
    assert f"a replication, which differs: {place / record(0).id}" in said
    assert load_records([tmp_path / "all"]).records[0].metrics.fusion["average"].top1.percent == 60.0
    assert load_records([place]).records[0].metrics.fusion["average"].top1.percent == 62.0
    (problem,) = load_records([tmp_path / "all", place]).problems
    assert "a replication of" in problem


@pytest.mark.parametrize("made_before", [False, True])
def test_a_contradiction_is_named_and_nothing_of_it_is_taken(tmp_path, merge, made_before):
    """What was in the folder stays as it was."""
    save([record(0), record(1)], tmp_path / "a")
    save([record(0, 62.0)], tmp_path / "b")
    if made_before:
        save([record(0)], tmp_path / "all")
    code, said = merge("a", "b")
    assert code == 1
    assert f"not merged: run {record(0).id}: two records that were made alike disagree" in said
    assert f"{tmp_path}/b/{record(0).id}" in said
    assert (tmp_path / "all" / record(1).id).is_dir()
    assert (tmp_path / "all" / record(0).id).is_dir() is made_before


def test_what_can_be_gone_on_with_is_taken_and_nothing_is_replaced(tmp_path, merge):
    """An unfinished run, where no machine has finished it; one that is in the folder is not replaced."""
    for folder, number, text in (("a", 0, "a"), ("b", 0, "b"), ("b", 1, "b"), ("all", 1, "mine")):
        begun = tmp_path / folder / record(number).id
        begun.mkdir(parents=True)
        (begun / "config.json").write_text(json.dumps(record(number).config))
        (begun / "checkpoint.pt").write_text(text)
    save([record(1), record(2)], tmp_path / "a")
    code, said = merge("a", "b")
    kept = {path.parent.name: path.read_text() for path in (tmp_path / "all").glob("*/checkpoint.pt")}
    assert kept == {record(0).id: "a", record(1).id: "mine"}
    assert (code, "is there and not finished; delete it to take" in said) == (1, True)
    assert (tmp_path / "all" / record(2).id / "record.json").exists()


def test_a_run_that_is_being_made_and_one_that_cannot_be_read_are_named(tmp_path, merge):
    save([record(1), record(2)], tmp_path / "a")
    (tmp_path / "a" / record(2).id / "record.json").write_text("{")
    making = tmp_path / "a" / record(0).id
    making.mkdir()
    (making / "config.json").write_text("{}")
    with locked(making / "lock", wait=False):
        code, said = merge("a")
    assert code == 1
    assert "is still being made" in said
    assert "is not a readable record" in said
    assert [path.parent.name for path in (tmp_path / "all").glob("*/config.json")] == [record(1).id]


def test_pairs_of_a_study_are_merged_line_by_line(tmp_path, merge):
    """Pair 0 was made in part on each of two machines; the plan and how it began come along."""
    runs = [record(seed) for seed in range(4)]
    ensemble = '{"members":[["x","average"]],"scores":{}}\n'
    for folder, kept in {"a": {0: runs[:2], 1: runs[2:3]}, "b": {0: runs[1:2] + runs[3:]}}.items():
        (tmp_path / folder / "records").mkdir(parents=True)
        (tmp_path / folder / "records" / "study.json").write_text('{"plan_sha256": "ab", "commit": ""}')
        (tmp_path / folder / "records" / "mine.yaml").write_text("pairs: 2")
        (tmp_path / folder / "records" / "ensembles-000.jsonl").write_text(ensemble)
        for pair, records in kept.items():
            path = tmp_path / folder / "records" / f"pair-{pair:03d}.jsonl"
            path.write_text("".join(map(line, records)))
    assert merge("a", "b")[0] == 0
    assert {name: bytes.decode() for name, bytes in there(tmp_path / "all" / "records").items()} == {
        "pair-000.jsonl": "".join(map(line, [runs[0], runs[1], runs[3]])),
        "pair-001.jsonl": line(runs[2]),
        "study.json": '{"plan_sha256": "ab", "commit": ""}',
        "mine.yaml": "pairs: 2",
        "ensembles-000.jsonl": ensemble,
    }


def test_differing_lines_of_a_study_are_as_runs_are(tmp_path, merge):
    """One is a replication, one a contradiction, one agrees."""
    ours = [record(0), record(1), record(2)]
    theirs = [record(0, 62.0, TWO), record(1, 62.0), record(2, on=TWO)]
    for folder, records in (("a", ours), ("b", theirs)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pair-000.jsonl").write_text("".join(map(line, records)))
    code, said = merge("a", "b")
    assert (code, said.count("not merged")) == (1, 1)
    assert "harness diff" not in said, "it takes runs, not lines"
    assert "none is taken, compare the lines with its id" in said
    assert (tmp_path / "all" / "pair-000.jsonl").read_text() == line(ours[0]) + line(ours[2])
    other = tmp_path / "all" / "replications" / f"{tmp_path.name}-b" / "pair-000.jsonl"
    assert other.read_text() == line(theirs[0])


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_run_that_two_plans_have_counts_for_neither(tmp_path, merge, order):
    """The folder that was named first won, without a word."""
    for folder, sha256 in (("a", "a" * 64), ("b", "b" * 64)):
        facts = Study(name="mine", plan_sha256=sha256, arm="mbd", pair=0, seed=1)
        (tmp_path / folder).mkdir()
        text = line(record(0).model_copy(update={"study": facts})) + line(record(1))
        (tmp_path / folder / "pair-000.jsonl").write_text(text)
    code, said = merge(*order)
    assert code == 1
    assert f"run {record(0).id}: its records in " in said
    assert "are of different studies, plans, arms or pairs; none is taken" in said
    assert (tmp_path / "all" / "pair-000.jsonl").read_text() == line(record(1))


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("in_both", [False, True])
def test_the_folder_of_a_run_that_is_refused_is_not_taken(tmp_path, merge, order, in_both):
    """Whether one machine or both kept it: by the lines of the study's files, the two disagree."""
    for folder, sha256 in (("a", "a" * 64), ("b", "b" * 64)):
        facts = Study(name="mine", plan_sha256=sha256, arm="mbd", pair=0, seed=1)
        run = record(0).model_copy(update={"study": facts})
        (tmp_path / folder / "records").mkdir(parents=True)
        (tmp_path / folder / "records" / "pair-000.jsonl").write_text(line(run))
        if in_both or folder == "a":
            save([run], tmp_path / folder / "runs")
    code, said = merge(*order)
    assert (code, said.count("none is taken")) == (1, 1)
    assert not list((tmp_path / "all").rglob("record.json"))


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_folders_of_one_run_of_two_studies_are_refused(tmp_path, merge, order):
    for folder in "ab":
        facts = Study(name=folder, plan_sha256="a" * 64, arm="mbd", pair=0, seed=1)
        save([record(0).model_copy(update={"study": facts}), record(1)], tmp_path / folder)
    code, said = merge(*order)
    assert (code, "are of different studies" in said) == (1, True)
    assert [path.parent.name for path in (tmp_path / "all").glob("*/record.json")] == [record(1).id]


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_of_three_records_two_that_disagree_are_found_in_every_order(tmp_path, merge, order):
    """b and c were made alike and differ; c agrees with a, which was made elsewhere."""
    for folder, run in {"a": record(0), "b": record(0, 62.0, TWO), "c": record(0, on=TWO)}.items():
        save([run], tmp_path / folder)
    code, said = merge(*order)
    assert (code, "two records that were made alike disagree" in said) == (1, True)
    assert there(tmp_path / "all") == {}


def test_records_of_two_studies_are_not_merged(tmp_path, merge):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pair-000.jsonl").write_text(line(record(0)))
        (tmp_path / folder / "study.json").write_text(json.dumps({"plan_sha256": folder, "commit": ""}))
    with pytest.raises(UserError, match="began with different plans or code"):
        merge("a", "b")
    assert there(tmp_path / "all").keys() <= {".merging.lock"}


def test_what_a_stopped_merging_left_is_no_run(tmp_path, merge):
    save([record(0)], tmp_path / "a")
    half = tmp_path / "all" / ".merging" / "run"
    half.mkdir(parents=True)
    (half / "record.json").write_text("{")
    assert merge("a")[0] == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == [record(0).id]


@pytest.mark.parametrize(
    ("folder", "said"), [("nowhere", "there is no such folder"), ("", "contains no runs")]
)
def test_mistakes_are_one_line(tmp_path, merge, folder, said):
    code, output = merge(folder)
    assert code == 2
    assert said in output


def test_another_merging_is_not_disturbed(tmp_path, merge):
    save([record(0)], tmp_path / "a")
    (tmp_path / "all").mkdir()
    with locked(tmp_path / "all" / ".merging.lock", wait=False):
        with pytest.raises(UserError, match="another process merges into"):
            merge("a")
        assert (tmp_path / "all" / ".merging.lock").exists()
