"""The records of a study: a line for each run, kept as they come; what is missing of the plan."""

import json
import re
from types import SimpleNamespace

import pytest
from support.made_records import made
from support.made_studies import SHA, gains, plan, run
from support.made_studies import runs as made_runs

from backbones.base.errors import UserError
from harness.campaign.store.folders import Mirror
from harness.campaign.store.place import at
from harness.campaign.study.launching import drop_weights, keeper
from harness.campaign.study.records import cells, keep, kept, missing, pair_file
from methods.catalogue import METHODS
from results.studies.arms import arms
from results.study_files import unusable, usable


@pytest.fixture
def study():
    return plan(arms=["two_stream", "mbd"], seeds={1: "all", 2: 1}, pairs=2)


def saved(records, folder):
    """Each as the record of a run's folder."""
    found = []
    for record in records:
        path = folder / record.id / "record.json"
        path.parent.mkdir(parents=True)
        path.write_text(record.model_dump_json(indent=1))
        found.append(SimpleNamespace(record_path=path))
    return found


def test_a_line_for_each_run_and_what_is_kept_stays(study, tmp_path):
    folders = saved(made_runs(study, gains({})), tmp_path / "runs")
    keep(tmp_path / "records", 0, folders[:2])
    first = pair_file(tmp_path / "records", 0).read_text().splitlines()
    assert pair_file(tmp_path / "records", 0).name == "pair-000.jsonl"
    as_they_are = [json.loads(folder.record_path.read_text()) for folder in folders]
    assert [json.loads(line) for line in first] == as_they_are[:2]
    keep(tmp_path / "records", 0, folders[1:3])
    assert pair_file(tmp_path / "records", 0).read_text().splitlines()[:2] == first
    assert len(list(kept(tmp_path / "records", 0))) == 3
    assert list(kept(tmp_path / "records", 1)) == []


def test_of_a_pair_that_came_through_a_store_records_and_ensembles_are_kept(study, tmp_path):
    folders = saved(made_runs(study, gains({})), tmp_path / "runs")
    there, store, records = tmp_path / "there", at(f"file://{tmp_path}/store"), tmp_path / "records"
    there.mkdir()
    for name in ("pair-000.jsonl", "ensembles-000.jsonl", "ensembles-001.jsonl"):
        (there / name).write_text(f"{name}\n")
    Mirror(store, "records/pair-000", there).push()
    keep(records, 0, folders[:1])
    keeper(records, store)("pair-000", folders[1:3])
    assert [tree["id"] for tree in kept(records, 0)] == [each.record_path.parent.name for each in folders[:3]]
    assert sorted(path.name for path in records.iterdir()) == ["ensembles-000.jsonl", "pair-000.jsonl"]
    keeper(records, store)("pair-001", [])
    assert sorted(path.name for path in records.iterdir()) == ["ensembles-000.jsonl", "pair-000.jsonl"]


def test_weights_that_a_killed_process_left_of_a_whole_pair_are_deleted(study, tmp_path):
    """Those of a pair that is not whole, of another plan, and of a run without a record that reads, stay."""
    mine, other = made_runs(study, gains({})), made_runs(study, gains({}), "a" * 64)
    foreign = made({"average": 60.0}, seed=99).model_copy(update={"study": other[0].study})
    unread = made({"average": 60.0}, seed=98)
    folders = saved([*mine, foreign, unread], tmp_path / "runs")
    for folder in folders:
        folder.record_path.with_name("checkpoint.pt").write_bytes(b"weights")
    folders[-1].record_path.write_text("{")
    drop_weights(tmp_path / "runs", SHA, lambda pair: pair == 0)
    left = {path.parent.name for path in (tmp_path / "runs").glob("*/checkpoint.pt")}
    assert left == {foreign.id, unread.id, *(each.id for each in mine if each.study.pair == 1)}


def test_what_is_missing_is_what_the_plan_has_and_the_folder_has_not(study, tmp_path):
    wanted = arms(study, METHODS.names()).arms
    pairs = [record for record in made_runs(study, gains({})) if record.study.pair == 0]
    assert len(pairs) == 4
    keep(tmp_path / "records", 0, saved(pairs[:3], tmp_path / "runs"))
    assert cells(tmp_path / "records", study, SHA, 0) == {("two_stream", 1), ("mbd", 1), ("two_stream", 2)}
    assert missing(tmp_path / "records", study, SHA, wanted, 0) == [("mbd", 2)]
    assert missing(tmp_path / "records", study, SHA, wanted, 1) == [("two_stream", 1), ("mbd", 1)]


def test_records_of_another_plan_are_none_of_this_one(study, tmp_path):
    wanted = arms(study, METHODS.names()).arms
    other = [run(study, arm, 0, 1, {}, "e" * 64) for arm in wanted]
    keep(tmp_path / "records", 0, saved(other, tmp_path / "runs"))
    assert len(missing(tmp_path / "records", study, SHA, wanted, 0)) == 4
    renamed = plan(name="renamed", arms=["two_stream", "mbd"])
    assert cells(tmp_path / "records", renamed, "e" * 64, 0) == set()


def test_a_line_that_was_cut_off_is_said(study, tmp_path):
    folders = saved(made_runs(study, gains({})), tmp_path / "runs")
    keep(tmp_path, 0, folders[:2])
    path = pair_file(tmp_path, 0)
    path.write_text(path.read_text()[:-50])
    with pytest.raises(UserError, match=r"pair-000\.jsonl, line 2, is no record; delete that line"):
        list(kept(tmp_path, 0))


def damaged(study, folder, change):
    """The records of pair 0, whose last one is there once more, changed."""
    records = [record for record in made_runs(study, gains({})) if record.study.pair == 0]
    keep(folder, 0, saved(records, folder / "runs"))
    path = pair_file(folder, 0)
    tree = json.loads(path.read_text().splitlines()[-1])
    change(tree)
    path.write_text(path.read_text() + json.dumps(tree) + "\n")
    return path, tree["id"]


def test_one_run_twice_with_two_results_is_refused_by_status_and_report(study, tmp_path):
    """The later line counted, without a word, and the study was complete."""

    def better(tree):
        found = tree["metrics"]["fusion"]["average"]
        found["top1"]["correct"] += 1
        found["per_class"]["a"]["correct"] += 1

    path, name = damaged(study, tmp_path, better)
    words = f"two records of run {name} in {path} disagree; keep one of these lines"
    for read in (lambda: list(kept(tmp_path, 0)), lambda: usable(study, [tmp_path])):
        with pytest.raises(UserError, match=re.escape(words)):
            read()


def test_one_run_twice_with_one_result_counts_once(study, tmp_path):
    damaged(study, tmp_path, lambda tree: tree["timings"].update(train_s=9.0))
    assert len(list(kept(tmp_path, 0))) == 5
    assert (len(usable(study, [tmp_path])), unusable([tmp_path])) == (4, [])


def test_a_record_in_the_file_of_another_pair_is_refused_by_status_and_report(study, tmp_path):
    path, _ = damaged(study, tmp_path, lambda tree: tree["study"].update(pair=1))
    words = f"{path}, line 5, is of pair 1, whose records are in pair-001.jsonl; move it there"
    with pytest.raises(UserError, match=re.escape(words)):
        list(kept(tmp_path, 0))
    assert unusable([tmp_path]) == [words]


def test_a_line_that_was_cut_off_says_what_to_do_in_status_and_report(study, tmp_path):
    path, _ = damaged(study, tmp_path, lambda tree: None)
    path.write_text(path.read_text()[:-100])
    end = "; delete that line, and 'harness study run' makes its run again"
    with pytest.raises(UserError, match=re.escape(f"{path}, line 5, is no record{end}")):
        list(kept(tmp_path, 0))
    (said,) = unusable([tmp_path])
    assert said.startswith(f"{path}, line 5, is not a readable record (")
    assert said.endswith(end)
