"""The folder of MARS: its data are sound, its run needs nothing else, its commands are those of any paper."""

import json

import pytest
from click.testing import CliRunner

from harness.campaign.study.plan import read_plan
from harness.cli.main import cli
from harness.config.resolve import method_settings, resolve
from harness.papers.registry import PAPERS
from harness.record.checkpoint import read
from harness.record.events import read as read_events
from harness.record.folder import RunFolder
from methods.catalogue import METHODS
from results.claims.claims import claims
from results.paper_check.check import checked
from results.studies.arms import arms
from results.tables.catalogue import spec

FOLDER = PAPERS.get("mars").folder
# Eight frames of 32 px, one clip of each class, two epochs in all.
SMALL = (
    *("data.train_per_class=1", "data.test_per_class=1", "data.fit_per_class=1", "test.local_clips=1"),
    *("test.global_clips=1", "train.epochs=1", "pretraining.both.train.epochs=1", "fit.rules=own"),
    *(f"{stream}.{key}" for stream in ("local", "global") for key in ("frames=4", "crop=32")),
    *(f"{stream}.{key}" for stream in ("local", "global") for key in ("short_side=[36,36]",)),
    *(f"{stream}.test_short_side=36" for stream in ("local", "global")),
)


def test_it_has_no_problem():
    assert checked(FOLDER).problems == []


def test_numbers_that_only_the_readme_has_are_quoted():
    """Of the paper itself the abstract alone was read: 72.7, 72.0 and 65.6, and orders of these."""
    found = claims("mars")
    stated = {claim.value for claim in found if claim.provenance == "reported" and claim.value}
    assert stated == {"72.7", "72.0", "65.6"}
    assert {claim.where for claim in found if claim.provenance != "quoted"} == {"abstract"}
    assert all(claim.source for claim in found)


def test_the_protocol_is_that_of_the_authors_code():
    """opts.py, README and preprocess_data.py, as the folder's sources say."""
    config = resolve("mars/paper", {}, [])
    train = config.train
    assert (train.lr, train.momentum, train.dampening, train.weight_decay) == (0.1, 0.9, 0.9, 1e-3)
    for stream in config.streams().values():
        assert (stream.backbone, stream.frames, stream.stride, stream.crop) == ("resnext3d101", 64, 1, 112)
        assert stream.short_side == (112, 224)
    assert (config.local.modality, config.glob.modality) == ("flow", "rgb")
    assert method_settings(config).alpha == 50


@pytest.mark.parametrize("name", ["mars", "mars-alpha", "mars-ucf101"])
def test_every_row_of_its_tables_can_be_run(name):
    rows = spec(name, METHODS.discover().names()).rows
    assert not [row.label for row in rows if row.lacking]


def test_the_study_asks_what_the_student_learns_and_whether_the_weight_matters():
    plan, _ = read_plan(FOLDER / "study.yaml")
    names = arms(plan, METHODS.discover().names()).names()
    assert names[0] == "mars, alpha=0"
    wanted = {f"mars, alpha={alpha}" for alpha in (0, 0.5, 5, 500)}
    assert wanted | {"mars", "mars, variant=mers", "two_stream"} <= set(names)
    assert "mars, shuffled=true" in names


@pytest.fixture(scope="module")
def runs(clips_root, tmp_path_factory):
    """`harness run --method mars --preset mars/tiny`, small: the pre-training's folder and the student's."""
    from harness.cost.estimate import Estimate
    from harness.record.schema import Cost

    out = tmp_path_factory.mktemp("mars")
    words = [word for pair in SMALL for word in ("--set", pair)]
    words += ["--device", "cpu", "--workers", "0", "--out", str(out), "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(clips_root))
        patch.setattr("harness.execution.dry_run.estimate", lambda *_: Estimate(1.0, 1.0))
        patch.setattr("harness.execution.build_record.costs", lambda *_: Cost(run={}, full={}))
        command = ["run", "--method", "mars", "--preset", "mars/tiny", *words]
        done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    student = RunFolder(out / json.loads(done.stdout)["id"])
    (first,) = {path.parent for path in out.glob("*/record.json")} - {student.path}
    return RunFolder(first), student


def test_one_command_trains_the_teacher_and_then_the_student(runs):
    first, student = runs
    record = student.record()
    assert first.run_record().config["method"]["name"] == "two_stream"
    assert record.config["local"]["weights"] == record.config["global"]["weights"] == f"run:{first.id}"
    assert record.config["local"]["modality"] == "flow"
    assert record.resolved["clip_places"] == "common"
    assert [(plugin.name, plugin.adds) for plugin in record.plugins] == [("mars/method.py", ["method mars"])]
    assert {"global/ce", "global/mse"} == set(read_events(student.events)[-1]["losses"])


def test_the_teacher_stays_as_it_was(runs):
    before, after = (read(run.checkpoint)["method"] for run in runs)
    same = {key: bool((before[key] == after[key]).all()) for key in before if key.startswith("streams.")}
    assert all(equal for key, equal in same.items() if key.startswith("streams.local."))
    assert not all(equal for key, equal in same.items() if key.startswith("streams.global."))
