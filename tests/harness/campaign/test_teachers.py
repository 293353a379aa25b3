"""A user's taught method in plans: each row's student has the teacher that fits, whichever stream it is."""

import shlex
from itertools import pairwise

import pytest
from support.fake_runner import FakeRunner
from support.places import ROOT
from support.plugin_files import loaded

from harness.campaign.carry_out import carry_out
from harness.campaign.plan import plan
from harness.campaign.planned import FINISHED, Wanted
from harness.campaign.shared_settings import Base
from harness.campaign.teachers import teacher_pairs
from harness.record.folder import all_runs
from methods.catalogue import METHODS
from results.cell_commands import run_command
from results.claims.side import Side
from results.records import load_records

HINT = ROOT / "tests" / "fixtures" / "plugins" / "hint.py"
# Taught by the trained global stream, where `single` trains the local one unless it is told.
CHANGES = {"my_hint": "my_back", "frozen = (LOCAL,)": "frozen = (GLOBAL,)", "teacher=LOCAL": "teacher=GLOBAL"}
LONGER = ("local.frames=6", "global.frames=6")
ROWS = (
    (),
    LONGER,
    ("local.backbone=r2plus1d18",),
    ("global.backbone=vtn:resnet10t", "global.weights=null", "method.weight=2"),
)


@pytest.fixture
def back(tmp_path):
    text = HINT.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "back.py").write_text(text, encoding="utf-8")
    with loaded(tmp_path / "back.py"):
        yield METHODS.get("my_back")


def planned(out):
    wanted = [Wanted("t", f"row {number}", "my_back", pairs, "", "", 0) for number, pairs in enumerate(ROWS)]
    return plan(wanted, Base("genkd-tiny"), load_records([out], new=True).records, all_runs(out))


def test_each_row_has_the_teacher_that_fits(back, tmp_path):
    """Frames and network of the taught stream alone make no other teacher; those of the teacher's do."""
    runs = planned(tmp_path / "runs").runs
    assert [run.label() for run in runs if not run.before] == [
        "single, stream=global, seed 0",
        "single, global.frames=6, stream=global, seed 0",
        "single, global.backbone=vtn:resnet10t, stream=global, seed 0",
    ]
    teachers = [run.before[0].run.config for run in runs if run.before]
    assert [(config.glob.frames, config.glob.backbone) for config in teachers] == [
        (config.glob.frames, config.glob.backbone) for config in (run.config for run in runs if run.before)
    ]
    assert {run.before[0].streams for run in runs if run.before} == {("global",)}


def test_students_begin_with_their_own_teachers(back, tmp_path):
    out = tmp_path / "runs"
    assert not carry_out(planned(out), FakeRunner(out), out, lambda line: None).failed
    records = {record.id: record for record in load_records([out]).records}
    students = [r for r in records.values() if r.config["method"]["name"] == "my_back"]
    assert len(students) == len(ROWS)
    for student in students:
        teacher = records[student.config["global"]["weights"].removeprefix("run:")].config
        assert teacher["method"] | {"fusion": ""} == {
            "name": "single",
            "settings": {"stream": "global"},
            "fusion": "",
        }
        for key in ("frames", "backbone"):
            assert teacher["global"][key] == student.config["global"][key]
    assert {run.state for run in planned(out).runs} == {FINISHED}


def test_a_method_that_trains_both_streams_has_the_settings_of_both(back):
    pairs = ("local.width=0.5", "global.frames=6", "local.weights=x.pt", "method.weight=2", "train.lr=1")
    both = METHODS.get("two_stream").name
    entry = type(back)(**{**vars(back), "taught_by": both})
    assert teacher_pairs(entry, pairs) == ("local.width=0.5", "global.frames=6")
    assert teacher_pairs(back, pairs) == ("global.frames=6", "method.stream=global")


def test_the_commands_of_a_cell_train_that_teacher_first(back):
    """No paper has a table that trains it: two runs."""
    side = Side.parse("my_back local.frames=6 global.frames=6 method.weight=2 @ own.top1")
    first, second = map(shlex.split, run_command(side, "localglobal").split(" && "))
    sets = [word for before, word in pairwise(first) if before == "--set"]
    assert first[:4] == ["harness", "run", "--method", "single"]
    assert sets == ["global.frames=6", "method.stream=global"]
    assert second[second.index("--weights-global") + 1] == "TEACHER"
    assert {"local.frames=6", "global.frames=6", "method.weight=2"} <= set(second)
