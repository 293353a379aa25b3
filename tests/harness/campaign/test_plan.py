"""Plans of made-up grids, carried out by a runner that only writes records."""

import json
from dataclasses import replace

import pytest
from support.fake_runner import FakeRunner
from support.made_records import made, save

from backbones.base.errors import UserError
from harness.campaign.carry_out import carry_out
from harness.campaign.data_roots import DataRoots
from harness.campaign.estimate import estimate
from harness.campaign.plan import plan
from harness.campaign.planned import BEGUN, FINISHED, MISSING, Wanted
from harness.campaign.runner import ChildRunner
from harness.campaign.shared_settings import Base
from harness.config.recipe.pretraining import pretrainings
from harness.config.recipe.recipe_of import recipe_of
from harness.config.resolve import resolve
from harness.record.failures import failures, note
from harness.record.folder import all_runs
from methods.catalogue import METHODS
from results.records import load_records

BASE = Base("tiny")
# Three tables over four configurations: "both" asks for what the other two ask for, and so does "again".
GRID = {
    "first": [("mbd", ()), ("two_stream", ())],
    "second": [("mbd", ("method.final=false",)), ("mbd", ("method.temperature=4",))],
    "both": [("mbd", ()), ("mbd", ("method.final=false",))],
    "again": [("mbd", ()), ("mbd", ("method.final=true", "method.temperature=1"))],
}
CONFIGURATIONS = 4 + 1  # and the pre-training that all of a seed start from


def cells(seeds=2, grid=GRID):
    return [
        Wanted(table, f"row {number}", method, pairs, "", "", seed)
        for table, rows in grid.items()
        for number, (method, pairs) in enumerate(rows)
        for seed in range(seeds)
    ]


def planned(out, wanted=None):
    return plan(wanted or cells(), BASE, load_records([out]).records, all_runs(out))


def test_each_configuration_once_however_many_tables_ask(tmp_path):
    made_plan, runner = planned(tmp_path), FakeRunner(tmp_path)
    ended = carry_out(made_plan, runner, tmp_path, lambda line: None)
    assert len(runner.calls) == len(set(runner.calls)) == len(ended.done) == 2 * CONFIGURATIONS
    assert made_plan.rows == 8
    assert len(made_plan.shared) == 2 * 3
    assert {want.table for run in ended.done for want in run.wanted} == set(GRID)
    again = planned(tmp_path)
    assert len(again.of(FINISHED)) == 2 * (CONFIGURATIONS - 1)  # pre-trainings are needed no more
    assert not carry_out(again, runner, tmp_path, lambda line: None).done


@pytest.mark.parametrize("stops_at", [1, 4, 8])
def test_it_goes_on_where_it_was_stopped(tmp_path, stops_at):
    runner = FakeRunner(tmp_path, stops_at=stops_at)
    first = carry_out(planned(tmp_path), runner, tmp_path, lambda line: None)
    assert first.stopped
    assert len(first.done) == stops_at - 1
    second = carry_out(planned(tmp_path), runner, tmp_path, lambda line: None)
    assert not second.stopped
    assert len(first.done) + len(second.done) == 2 * CONFIGURATIONS
    assert len(runner.calls) == 2 * CONFIGURATIONS + 1  # the stopped one a second time, no other


def test_a_run_that_fails_costs_only_its_own_cells(tmp_path):
    lines = []
    runner = FakeRunner(tmp_path, {"mbd, final=false, seed 1": "out of memory"})
    ended = carry_out(planned(tmp_path), runner, tmp_path, lines.append)
    assert [run.label() for run in ended.failed] == ["mbd, final=false, seed 1"]
    assert len(ended.done) == 2 * CONFIGURATIONS - 1
    assert any("failed: out of memory" in line for line in lines)
    (noted,) = failures(tmp_path)
    assert noted.reason == "out of memory"
    assert noted.config["method"]["settings"] == {"final": False}
    runner.fails = {}
    assert len(carry_out(planned(tmp_path), runner, tmp_path, lines.append).done) == 1
    assert not failures(tmp_path)


def test_no_reason_is_left_of_runs_that_are_made_after_all(tmp_path):
    """They failed with the pre-training, before it was known by its id; one was made by another command."""
    runner = FakeRunner(tmp_path, {"pre-training of both streams, seed 0": "no space"})
    first = carry_out(planned(tmp_path), runner, tmp_path, lambda line: None)
    assert len(failures(tmp_path)) == len(first.failed) == CONFIGURATIONS
    runner.fails = {}
    carry_out(planned(tmp_path), runner, tmp_path, lambda line: None)
    assert not failures(tmp_path)
    by_hand = next(run for run in all_runs(tmp_path) if run.read_config()["method"]["name"] == "mbd")
    note(tmp_path, by_hand.read_config(), "out of memory")
    carry_out(planned(tmp_path), runner, tmp_path, lambda line: None)
    assert not failures(tmp_path)


def test_what_is_made_the_record_says_and_not_the_process(tmp_path):
    """One process ends well and leaves nothing, one leaves half a record, one fails after its record."""

    class Runner(FakeRunner):
        def __call__(self, run):
            if run.label() == "mbd, seed 0":
                return
            super().__call__(run)
            newest = all_runs(tmp_path)[-1]
            if run.label() == "two_stream, seed 0":
                newest.record_path.write_text("{")
            if run.label() == "mbd, temperature=4, seed 0":
                raise UserError("ended by SIGSEGV")

    ended = carry_out(planned(tmp_path, cells(seeds=1)), Runner(tmp_path), tmp_path, lambda line: None)
    why = {run.label(): run.why for run in ended.failed}
    assert why.pop("mbd, seed 0") == "it ended and left no record"
    assert "is not a readable record" in why.pop("two_stream, seed 0")
    assert not why
    assert "mbd, temperature=4, seed 0" in [run.label() for run in ended.done]


def test_what_was_begun_comes_first_and_seeds_evenly(tmp_path):
    (first,) = pretrainings(resolve("tiny", {"method": {"name": "mbd"}, "seed": 1}, []))
    begun = first.config
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "config.json").write_text(json.dumps(begun.plain()))
    runs = planned(tmp_path).runs
    assert (runs[0].state, runs[0].label()) == (BEGUN, "pre-training of both streams, seed 1")
    assert [run.config.seed for run in runs[1:]] == [0] * 5 + [1] * 4
    assert {run.state for run in runs[1:]} == {MISSING}


def test_a_pretraining_is_the_one_that_the_runs_command_makes():
    """With what is set for it: else it would be made twice, and no run would start from the planned one."""
    base = Base("tiny", ("pretraining.both.train.epochs=1", "train.epochs=3"))
    first, joint = plan([Wanted("t", "r", "mbd", (), "", "", 2)], base, ()).runs
    (expected,) = recipe_of("tiny", {"method": {"name": "mbd"}, "seed": 2}, base.pairs).before
    assert first.config == expected.config
    assert (first.config.train.epochs, joint.config.train.epochs) == (1, 3)


def test_what_cannot_be_configured_is_said_and_the_rest_is_planned(tmp_path):
    grid = {"good": [("mbd", ())], "bad": [("mbd", ("method.tempreture=4",)), ("mbdd", ())]}
    made_plan = planned(tmp_path, cells(1, grid))
    assert [run.label() for run in made_plan.runs] == ["pre-training of both streams, seed 0", "mbd, seed 0"]
    reasons = dict.fromkeys(table for table, _ in made_plan.impossible)
    assert list(reasons) == ["bad"]
    assert any("did you mean 'temperature'" in reason for _, reason in made_plan.impossible)


STUDENTS = {"t": [("kd", ()), ("genkd", ()), ("genkd_teacher", ()), ("kd", ("method.kind=simkd",))]}


def taught(out, seeds=1, grid=STUDENTS):
    return plan(cells(seeds, grid), Base("genkd-tiny"), load_records([out]).records, all_runs(out))


def test_a_teacher_is_planned_once_and_before_its_students(tmp_path):
    labels = [run.label() for run in taught(tmp_path, seeds=2).runs]
    assert labels == [
        f"{run}, seed {seed}" for seed in (0, 1) for run in ("genkd_teacher", "kd", "genkd", "kd, kind=simkd")
    ]


def test_a_teacher_has_the_rows_settings_of_the_streams_that_it_trains(tmp_path):
    """Another width of the teacher is another teacher; one of the student alone is not."""
    grid = {"t": [("kd", ()), ("kd", ("local.width=0.5",)), ("kd", ("global.width=0.5", "method.weight=2"))]}
    runs = taught(tmp_path, grid=grid).runs
    assert [run.label() for run in runs if not run.before] == [
        "genkd_teacher, seed 0",
        "genkd_teacher, local.width=0.5, seed 0",
    ]
    teachers = [run.before[0].run.config.local.width for run in runs if run.before]
    assert teachers == [0.25, 0.5, 0.25]


def test_a_teacher_that_the_recipe_trains_needs_no_run_of_its_own(tmp_path, monkeypatch):
    """As every joint run of the pair, the student begins with what the pre-training of both streams gives."""
    entry = replace(METHODS.get("kd"), taught_by="two_stream")
    monkeypatch.setitem(METHODS._entries, "kd", entry)
    same = ("global.frames=8", "global.stride=1", "global.short_side=[72,72]", "global.crop=64")
    base = Base("tiny", (*same, "global.test_short_side=72"))
    runs = plan(cells(1, {"t": [("kd", ()), ("mbd", ())]}), base, ()).runs
    assert [run.label() for run in runs] == [
        "pre-training of both streams, seed 0",
        "kd, seed 0",
        "mbd, seed 0",
    ]
    assert [before.streams for run in runs[1:] for before in run.before] == [("local", "global")] * 2


def test_students_begin_with_what_their_own_teacher_learned(tmp_path):
    runner = FakeRunner(tmp_path)
    ended = carry_out(taught(tmp_path, seeds=2), runner, tmp_path, lambda line: None)
    assert not ended.failed
    teachers = {
        r.config["seed"]: r.id for r in load_records([tmp_path]).records if not r.config["local"]["weights"]
    }
    students = [run for run in ended.done if run.before]
    assert len(students) == 2 * 3
    for run in students:
        weights = f"run:{teachers[run.config.seed]}"
        assert run.config.local.weights == weights
        assert run.command().words().count(weights) == 1
        made = ChildRunner(None, tmp_path, DataRoots({}), "cpu", None, print, tmp_path).task(run)
        assert made.needs == [teachers[run.config.seed]]
    assert {run.state for run in taught(tmp_path, seeds=2).runs} == {FINISHED}


def test_a_student_is_found_by_a_teacher_that_is_there(tmp_path):
    """Stopped after the teacher, the plan goes on with it; where its weights are gone, it is made again."""
    carry_out(
        taught(tmp_path, grid={"t": [("genkd_teacher", ())]}),
        FakeRunner(tmp_path),
        tmp_path,
        lambda line: None,
    )
    states = {run.label(): run.state for run in taught(tmp_path).runs}
    assert states.pop("genkd_teacher, seed 0") == FINISHED
    assert set(states.values()) == {MISSING}
    (run,) = [run for run in taught(tmp_path).runs if run.label() == "genkd, seed 0"]
    assert not run.before
    assert run.config.local.weights == f"run:{load_records([tmp_path]).records[0].id}"
    next(tmp_path.glob("*/checkpoint.pt")).unlink()
    runs = taught(tmp_path).runs
    assert (runs[0].label(), runs[0].state) == ("genkd_teacher, seed 0", MISSING)


def test_students_of_a_teacher_that_failed_fail_with_it(tmp_path):
    runner = FakeRunner(tmp_path, {"genkd_teacher, seed 0": "out of memory"})
    ended = carry_out(taught(tmp_path), runner, tmp_path, lambda line: None)
    assert {run.label(): run.why for run in ended.failed} == {
        "genkd_teacher, seed 0": "out of memory",
        **dict.fromkeys(
            ("kd, seed 0", "genkd, seed 0", "kd, kind=simkd, seed 0"),
            "what it starts from (genkd_teacher, seed 0) was not made: out of memory",
        ),
    }


def test_a_student_on_other_clips_than_its_teacher_is_not_planned(tmp_path):
    grid = {"t": [("kd", ()), ("kd", ("local.weights=teacher.pt",)), ("mbd", ())]}
    made_plan = planned(tmp_path, cells(1, grid))
    assert [run.label() for run in made_plan.runs] == [
        "kd, local.weights=teacher.pt, seed 0",
        "pre-training of both streams, seed 0",
        "mbd, seed 0",
    ]
    ((table, why),) = made_plan.impossible
    assert table == "t"
    assert "method 'kd' shows both streams the same clip, but local.stride is 1" in why


def test_records_of_another_identity_fill_nothing(tmp_path):
    save([made({"average": 60.0}, identity=2)], tmp_path)
    assert not planned(tmp_path, cells(1, {"t": [("mbd", ())]})).of(FINISHED)


def test_the_time_is_that_of_finished_runs_or_of_a_timed_step(tmp_path):
    runs = [run for run in planned(tmp_path).runs if run.before]
    started = [f"{stream}.weights=run:0123456789ab" for stream in ("local", "global")]
    record = made({"average": 60.0}, *started, seed=5)
    record = record.model_copy(
        update={"timings": record.timings.model_copy(update={"train_s": 90.0, "test_s": 10.0})}
    )
    seconds, how = estimate(runs, [record], lambda run: pytest.fail("nothing has to be timed"))
    assert seconds == pytest.approx(100.0 * len(runs))
    assert "finished runs" in how
    timed = []
    seconds, how = estimate(runs, [], lambda run: timed.append(run) or 7.0)
    assert seconds == pytest.approx(7.0 * len(runs))
    assert len(timed) == 1  # all of them have the same networks, clips and steps

    def too_few(run):
        raise UserError("batch of 16 from 2 training videos")

    assert estimate(runs, [], too_few)[1].endswith("could not be timed: batch of 16 from 2 training videos")
