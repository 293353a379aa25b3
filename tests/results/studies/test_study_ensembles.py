"""A study whose claim compares the mean of two arms' outputs, against NumPy; kept without the outputs."""

import json
import re
import shutil

import numpy as np
import pytest
from support.made_studies import plan, run
from support.paper_folder import folder  # noqa: F401
from support.stored_scores import keep

from backbones.base.errors import UserError
from harness.campaign.study import records as study_records
from harness.campaign.study.records import pair_file
from harness.cli.study_ensembles import keep_ensembles, keep_missing
from harness.cli.study_options import Study
from harness.papers.registry import PAPERS
from harness.record.folder import RunFolder
from methods.catalogue import METHODS
from results.claims.claims import claims
from results.judge import Evidence, judge
from results.outputs.kept import read, write
from results.records import load_records
from results.studies.analysis import analyse
from results.studies.arms import arms
from results.studies.ensembles import of_plan, to_keep
from results.studies.measure import Matrix, Output
from results.study_files import places, usable

SHA = "a" * 64
LABELS = [0, 1, 2] * 20
ROW = 'P07,Table 3,ucf101,"[mutual @ global, two_stream @ local]",top1,>,,mutual @ global.top1,,reported,,\n'
ENSEMBLE = "[mutual @ global, two_stream @ local]"


@pytest.fixture
def study(folder):  # noqa: F811
    PAPERS.load(folder.add("claims.csv", ROW).path)
    return plan(paper="ours", arms=["two_stream", "mutual"], pairs=6)


def scores(rng):
    return rng.dirichlet(np.ones(3), size=len(LABELS))


def made_runs(study, out):
    """Their records, and by pair the difference that the claim is about, by NumPy."""
    rng, gaps = np.random.default_rng(0), []
    found = arms(study, METHODS.names()).arms
    for pair in range(study.pairs):
        local, glob = scores(rng), scores(rng)
        alone = 100 * np.mean(glob.argmax(axis=1) == LABELS)
        both = np.mean([np.float32(local), np.float32(glob)], axis=0).argmax(axis=1) == LABELS
        gaps.append(100 * both.mean() - alone)
        for arm in found:
            theirs = (scores(rng), glob) if arm.method == "mutual" else (local, scores(rng))
            record = run(study, arm, pair, 1, {"global": alone}, SHA)
            keep(record, out, *theirs, LABELS, families=["local"] * len(LABELS))
    return gaps


def test_the_difference_of_the_planned_order(study, tmp_path):
    gaps = made_runs(study, tmp_path / "runs")
    loaded = load_records([tmp_path / "runs"])
    found = analyse(study, SHA, loaded.records, METHODS.names(), paths=loaded.paths)
    (answer,) = [a for a in found.answers if a.question.left.members]
    assert answer.question.left == Output(
        ENSEMBLE, "average.top1", (Output("mutual", "global.top1"), Output("two_stream", "local.top1"))
    )
    assert answer.contrasts[0].differences.mean == pytest.approx(np.mean(gaps), abs=0.01)
    assert answer.contrasts[0].differences.pairs == 6
    assert not found.problems
    said = judge(claims("ours"), Evidence(loaded.records, METHODS.names(), studies=[found]))["ours/P07"]
    assert said.verdict == answer.word
    assert len(said.runs) == 12


def test_what_is_kept_is_enough(study, tmp_path):
    """A study's records go into a file for each pair, and the outputs stay behind."""
    gaps = made_runs(study, tmp_path / "runs")
    loaded = load_records([tmp_path / "runs"])
    kept, problems = to_keep(Matrix.of(loaded.records), of_plan(study, arms(study, METHODS.names()).arms),
                             loaded.paths)  # fmt: skip
    assert (len(kept), problems) == (6, [])
    records = tmp_path / "records"
    records.mkdir()
    for record in loaded.records:
        with pair_file(records, record.study.pair).open("a") as lines:
            lines.write(json.dumps(json.loads(loaded.paths[record.id].read_text())) + "\n")
    lost = analyse(study, SHA, usable(study, [records]), METHODS.names(), paths=places([records]))
    assert "ensembles-000.jsonl has no mean of run" in lost.problems[0]
    for pair in range(study.pairs):
        write(records / f"ensembles-{pair:03}.jsonl", kept)
    found = analyse(study, SHA, usable(study, [records]), METHODS.names(), paths=places([records]))
    (answer,) = [a for a in found.answers if a.question.left.members]
    assert answer.contrasts[0].differences.mean == pytest.approx(np.mean(gaps), abs=0.01)
    assert not found.problems
    assert read(records / "ensembles-000.jsonl") == kept


@pytest.fixture
def opened(study, tmp_path):
    made_runs(study, tmp_path / "runs")
    (tmp_path / "records").mkdir()
    found = arms(study, METHODS.names()).arms
    return Study(tmp_path / "p.yaml", SHA, study, found, (), tmp_path, tmp_path / "records")


def test_a_pair_keeps_them_beside_its_records(study, opened, tmp_path):
    folders = [RunFolder(path) for path in sorted((tmp_path / "runs").iterdir())]
    keep_ensembles(opened, 3, folders)
    kept = read(tmp_path / "records" / "ensembles-003.jsonl")
    assert len(kept) == study.pairs
    assert {tuple(output for _, output in key) for key in kept} == {("global", "local")}


def test_a_file_that_was_deleted_is_written_again_from_what_stays(opened, tmp_path, capsys):
    records = tmp_path / "records"
    for path in sorted((tmp_path / "runs").iterdir()):
        study_records.keep(records, RunFolder(path).run_record().study.pair, [RunFolder(path)])
    keep_missing(opened)
    first = {path.name: path.read_text() for path in records.glob("ensembles-*")}
    assert len(first) == opened.plan.pairs
    (records / "ensembles-002.jsonl").unlink()
    keep_missing(opened)
    assert {path.name: path.read_text() for path in records.glob("ensembles-*")} == first
    shutil.rmtree(tmp_path / "runs")
    assert capsys.readouterr().out == ""
    keep_missing(opened)
    assert capsys.readouterr().out == "", "what is kept needs no outputs"
    (records / "ensembles-002.jsonl").unlink()
    keep_missing(opened)
    assert "outputs of run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda tree: tree["scores"]["top1"].update(correct=12), "changed after the run"),
        (lambda tree: tree["members"].append(["a"]), "members.2"),
        (lambda tree: tree.pop("scores"), "scores"),
        (lambda tree: tree.update(scores=None), "scores"),
        (lambda tree: tree.update(members=3), "members"),
    ],
)
def test_what_was_changed_afterwards_is_not_believed(opened, tmp_path, change, why):
    keep_ensembles(opened, 0, [RunFolder(path) for path in sorted((tmp_path / "runs").iterdir())])
    path = tmp_path / "records" / "ensembles-000.jsonl"
    tree = json.loads(path.read_text().splitlines()[0])
    change(tree)
    path.write_text(json.dumps(tree) + "\n")
    with pytest.raises(
        UserError, match=rf"ensembles-000.jsonl, line 1, is no ensemble \(.*{why}.*delete"
    ) as said:
        read(path)
    assert not re.search("NoneType|KeyError|subscript", str(said.value))
