"""`harness table … --run` as a user types it, with a runner that only writes records."""

import json

import pytest
from support.fake_runner import FakeRunner
from support.made_records import made, save

from harness.campaign.runner import ChildRunner
from harness.cli import table_run
from harness.cli.main import main

QUICK = ("--seeds", "1", "--format", "json")


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Calls `harness table`; gives (exit code, stdout, stderr). Its runner is `typed.runner`."""

    class Typed:
        runner = FakeRunner(tmp_path)
        out = tmp_path

        def __call__(self, *arguments):
            with pytest.raises(SystemExit) as stopped:
                main(["table", *arguments, "--runs", str(tmp_path)])
            said = capsys.readouterr()
            return stopped.value.code, said.out, " ".join(said.err.split())

    typed = Typed()
    monkeypatch.setattr(table_run, "_runner", lambda *_: typed.runner)
    monkeypatch.setattr(table_run, "_timed", lambda *_: lambda run: 60.0)
    return typed


def cells(text, label):
    return next(row for row in json.loads(text)["rows"] if row[0]["text"] == label)


def test_it_plans_runs_and_shows_the_table(typed):
    code, out, err = typed("components", "--run", *QUICK)
    assert code == 0
    assert "5 rows need 5 runs, 2 of which serve several rows; 0 finished, 0 begun, 5 to train" in err
    assert "about 5 min 00 s, by a timed step on this machine" in err
    assert len(typed.runner.calls) == 5  # one of them the pre-training that all start from
    cell = cells(out, "two streams, no distillation")[2]
    assert (cell["value"], len(cell["runs"])) == (60.0, 1)
    code, _, err = typed("components", "--run", *QUICK)
    assert "no run is missing" in err
    assert len(typed.runner.calls) == 5  # one of them the pre-training that all start from


def test_several_tables_share_their_runs(typed):
    typed("components", "fusion", "alignment", "teachers", "--run", *QUICK)
    assert len(typed.runner.calls) == len(set(typed.runner.calls)) == 1 + 4 + 2 + 6


def test_runs_as_weights_are_named_as_the_runs_own_configurations_name_them(typed):
    save([made({"average": 60.0})], typed.out)
    (before,) = (path.parent.name for path in typed.out.glob("*/record.json"))
    given = [f"{stream}.weights={before[:6]}" for stream in ("local", "global")]
    assert typed("components", "--run", *QUICK, "--set", given[0], "--set", given[1])[0] == 0
    configs = list(map(json.loads, typed.runner.calls))
    assert {each[name]["weights"] for each in configs for name in ("local", "global")} == {f"run:{before}"}


def test_a_dry_run_only_plans(typed):
    code, out, _ = typed("components", "--run", "--dry-run", *QUICK)
    assert code == 0
    assert "5 to train" in " ".join(out.split())
    assert "dry run" in out
    assert not typed.runner.calls
    assert not list(typed.out.iterdir())


def test_a_failed_run_is_a_cell_that_says_so(typed):
    typed.runner.fails = {"mbd, final=false, seed 0": "loss is not finite at step 3"}
    code, out, err = typed("components", "--run", *QUICK)
    assert code == 1
    assert "1 failed" in err
    cell = cells(out, "middle-layer distillation")[2]
    assert cell["text"] == "failed"
    assert cell["footnote"] == "failed, seed 0: loss is not finite at step 3 (--run retries it)"
    assert cells(out, "final-layer distillation")[2]["value"] == 60.0
    typed.runner.fails = {}
    code, out, _ = typed("components", "--run", *QUICK)
    assert code == 0
    assert cells(out, "middle-layer distillation")[2]["footnote"] == ""


def test_a_stop_ends_it_and_it_goes_on(typed):
    typed.runner.stops_at = 3
    code, out, err = typed("components", "--run", *QUICK)
    assert code == 130
    assert "2 of 5 runs made; the same command goes on from there" in err
    assert not out
    typed.runner.stops_at = None
    assert typed("components", "--run", *QUICK)[0] == 0
    assert len(typed.runner.calls) == 5 + 1


def test_several_runs_at_a_time_share_the_machine(typed, monkeypatch):
    """Of 8 cores each of two has four threads, and three processes that decode; others' runs are waited for.

    The second joint run fails: what was made besides is in the table.
    """
    launched = []

    def launch(engine, ready, stop):
        begun = set()
        while tasks := [task for task in ready() if task.name not in begun]:
            launched.append((engine.slots, [" ".join(task.command) for task in tasks], tasks[0].log.parent))
            for task in tasks:
                begun.add(task.name)
                task.begin()
                yield typed.runner._made(task.name, stop)

    class Runner(ChildRunner):
        def task(self, run):
            task = super().task(run)
            typed.runner.runs[task.name] = run
            return task

    monkeypatch.undo()
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr("harness.campaign.runner.ChildRunner", Runner)
    monkeypatch.setattr("harness.campaign.engines.local.Local.launch", launch)
    monkeypatch.setattr(table_run, "_timed", lambda *_: lambda run: 60.0)
    typed.runner.fails = {"mbd, final=false, seed 0": "no"}
    words = ("--jobs", "2", "--memory", "1.5", "--device", "cpu", "--set", "train.epochs=1")
    code, _, err = typed("components", "--run", *words, *QUICK)
    assert code == 1
    assert f"4 of 5 runs made, 1 failed; their output: {typed.out}/logs/" in err
    (slots, first, logs), (_, then, _) = launched
    assert [(slot.env, slot.memory) for slot in slots] == [({"OMP_NUM_THREADS": "4"}, 3 * 2**29)] * 2
    assert (len(first), len(then), logs) == (1, 4, typed.out / "logs")
    assert all(command.endswith(" --device cpu --wait --workers 3") for command in (*first, *then))


def test_missing_runs_are_made_as_the_runs_that_are_there(typed):
    save([made({"average": 60.0, "adaptive": 61.0}, "train.epochs=2")], typed.out)
    _, out, _ = typed("components", "--run", "--dry-run", *QUICK)
    text = " ".join(out.split())
    assert "as 1 of the runs that are there: --preset tiny --set train.epochs=2 --set precision=fp32" in text
    assert "0 finished, 0 begun, 5 to train" in text  # a run from scratch is none that the recipe asks for
    _, out, _ = typed("components", "--run", "--dry-run", "--preset", "tiny", *QUICK)
    assert "0 finished, 0 begun, 5 to train" in " ".join(out.split())


def test_data_sets_that_lie_nowhere_are_left_out(typed):
    _, out, _ = typed("kinetics400", "ucf101-hmdb51", "--run", "--dry-run", *QUICK)
    assert "left out: kinetics400: give --data-root kinetics400=DIR" in out
    _, out, _ = typed("ucf101-hmdb51", "--run", "--dry-run", "--data-root", "ucf101=x", *QUICK)
    assert "6 to train" in " ".join(out.split())  # on three official splits, each from its pre-training
    assert "left out: hmdb51" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give names of tables, or --all"),
        (("fusion", "--all"), "give names of tables, or --all"),
        (("fusion", "--dry-run"), "give --run too"),
        (("fusion", "--set", "train.lr=1"), "give --run too"),
        (("fusion", "--engine", "slurm"), "--engine is for missing runs: give --run too"),
        (("fusion", "--run", "--engine-set", "time=30"), "--engine local has no settings"),
        (("fuson", "--run"), "did you mean 'fusion'"),
        (("fusion", "--run", "--preset", "tinny"), "did you mean 'tiny'"),
    ],
)
def test_mistakes_are_one_line(typed, arguments, words):
    code, _, err = typed(*arguments)
    assert code == 2
    assert words in err


def test_a_real_run_from_scratch_is_not_what_the_recipe_asks_for(whole, tiny_pairs, typed, capsys):
    """Its configuration is that of the joint run, up to the weights that it starts from."""
    pairs = [word for pair in tiny_pairs for word in ("--set", pair)]
    with pytest.raises(SystemExit) as stopped:
        main(["table", "fusion", "--run", "--dry-run", *QUICK, *pairs, "--runs", str(whole.path.parent)])
    assert stopped.value.code == 0
    assert "0 finished, 0 begun, 2 to train" in " ".join(capsys.readouterr().out.split())
