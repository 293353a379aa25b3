"""Processes on this machine: what a campaign hears of them, and how they end."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest
from support.stopping_scripts import DEAF

from harness.campaign.engines import local
from harness.campaign.engines.local import Local, Slot
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Task

MIB = 2**20


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Logs are looked at as often as the processor allows."""
    monkeypatch.setattr(local, "TICK", 0.01)


def python(script):
    return [sys.executable, "-S", "-c", script]


@pytest.fixture
def task(tmp_path):
    """task(name, script, tell): a process whose log is `name`.log."""
    return lambda name, script, tell=lambda line: None: Task(
        name, python(script), tmp_path / f"{name}.log", tell=tell
    )


def run(tasks, slots=1, stop=None):
    """{task: its outcome}, in the order of the ends."""
    stop = stop or Stop()
    with stop.listening(), closing(Local([Slot()] * slots).launch(lambda: tasks, stop)) as outcomes:
        return {each.name: each for each in outcomes}


def reasons(tasks, slots=1):
    return {name: each.reason for name, each in run(tasks, slots).items()}


def waiting(folder, name):
    """Says that it is there, and leaves a file when it is asked to stop."""
    return (
        "import pathlib, signal, sys\n"
        "def stop(*_):\n"
        f"    pathlib.Path({str(folder / name)!r}).write_text('whole'); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, stop); print('there', flush=True); signal.pause()\n"
    )


def test_what_it_prints_is_told_and_kept(tmp_path, task):
    heard = []
    run([task("x", "print('one'); print(); print('two', end='')", heard.append)])
    run([task("x", "print('three')", heard.append)])
    assert heard == ["one", "one", "two", "three"]
    kept = (tmp_path / "x.log").read_text()
    assert [kept.count(line) for line in ("\none\n\ntwo", "\nthree\n", "$ ")] == [1, 1, 2]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("pass", ""),
        ("import sys; print('busy'); sys.exit('error: no such folder')", "no such folder"),
        ("raise SystemExit(3)", "exit code 3"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})", "ended by SIGSEGV"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})", "ended by SIGKILL (out of memory?)"),
    ],
)
def test_a_failure_has_its_reason(task, script, reason):
    assert reasons([task("x", script)]) == {"x": reason}


def test_a_stopped_run_stops_the_campaign(task):
    stop = Stop()
    (ended,) = run([task("a", "raise SystemExit(130)"), task("b", "pass")], stop=stop).values()
    assert (ended.name, ended.stopped, stop.asked) == ("a", True, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_reaches_the_process_which_ends_in_its_own_time(tmp_path, task, number):
    before = signal.getsignal(number)
    stop = Stop()
    asked = task("x", waiting(tmp_path, "checkpoint"), lambda line: os.kill(os.getpid(), number))
    assert run([asked], stop=stop)["x"].stopped
    assert stop.asked == 1
    assert signal.getsignal(number) is before
    assert (tmp_path / "checkpoint").read_text() == "whole"


def test_where_the_caller_fails_the_process_is_asked_and_waited_for(tmp_path, task):
    def tell(line):
        raise KeyError(line)

    with pytest.raises(KeyError):
        run([task("x", waiting(tmp_path, "checkpoint"), tell)])
    assert (tmp_path / "checkpoint").read_text() == "whole"


def test_asked_twice_it_ends_at_once(task):
    stop = Stop()
    assert run([task("x", DEAF, lambda line: stop.ask())], stop=stop)["x"].stopped
    assert stop.asked == 2


def test_several_run_at_once_and_each_has_its_reason(tmp_path, task):
    """Two that wait for one another end only where both run at the same time."""
    ways = [str(tmp_path / "one"), str(tmp_path / "two")]
    for way in ways:
        os.mkfifo(way)
    meet = "import sys; {}; {}; sys.exit({!r})"
    first = meet.format(f"open({ways[0]!r}, 'w').close()", f"open({ways[1]!r}).close()", "error: a")
    second = meet.format(f"open({ways[0]!r}).close()", f"open({ways[1]!r}, 'w').close()", 0)
    tasks = [task("a", first), task("b", second), task("c", "raise SystemExit(3)")]
    assert reasons(tasks, slots=2) == {"a": "a", "b": "", "c": "exit code 3"}


def test_no_more_run_than_there_are_slots(tmp_path, task):
    """The first leaves a file at its end; the second is begun when it is there."""
    mark = tmp_path / "mark"
    first = f"import pathlib; pathlib.Path({str(mark)!r}).touch()"
    second = f"import pathlib, sys; sys.exit(not pathlib.Path({str(mark)!r}).exists())"
    assert reasons([task("a", first), task("b", second)]) == {"a": "", "b": ""}


def test_what_is_ready_is_asked_after_each_outcome(task):
    """b needs a; d comes before c where both are ready at the last."""
    tasks, seen = {name: task(name, "pass") for name in "abcd"}, []

    def ready():
        names = {0: "a", 1: "ab", 2: "abdc"}.get(len(seen), "abdc")
        return [tasks[name] for name in names]

    for outcome in Local().launch(ready, Stop()):
        seen.append(outcome.name)
    assert seen == ["a", "b", "d", "c"]


def test_a_stop_reaches_all_and_begins_no_other(tmp_path, task):
    there = []

    def tell(line):
        there.append(line)
        if len(there) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    ended = run([task(name, waiting(tmp_path, name), tell) for name in "abc"], slots=2)
    assert sorted(ended) == ["a", "b"]
    assert sorted(path.name for path in tmp_path.iterdir() if not path.suffix) == ["a", "b"]


def test_one_that_was_stopped_stops_the_others(tmp_path, task):
    """As by kill -TERM of one process: the campaign ends, whole."""
    # It goes on once the other is there.
    stopped = f"open({str(tmp_path / 'way')!r}).close(); raise SystemExit(130)"
    os.mkfifo(tmp_path / "way")

    def tell(line):
        if line == "there":
            (tmp_path / "way").write_text("")

    run([task("a", stopped), task("b", waiting(tmp_path, "whole"), tell)], slots=2)
    assert (tmp_path / "whole").read_text() == "whole"


def test_each_has_what_its_slot_gives(tmp_path, task):
    """Two at a time on two devices; a slot that is free again is given to the next."""
    script = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['COLUMNS'])"
    heard = []
    slots = [Slot({"CUDA_VISIBLE_DEVICES": name}) for name in "xy"]
    tasks = [task(str(number), script, heard.append) for number in range(4)]
    assert len([*Local(slots).launch(lambda: tasks, Stop())]) == 4
    assert {*heard} == {"x 200", "y 200"}


@pytest.mark.parametrize(("most", "reason"), [(1024, ""), (80, "MemoryError")])
def test_memory_is_limited(task, most, reason):
    """160 MiB of zeros fit into 1 GiB and not into 80 MiB."""
    tasks = [task("x", f"bytearray({160 * MIB})")]
    (ended,) = Local([Slot(memory=most * MIB)]).launch(lambda: tasks, Stop())
    assert ended.reason == reason


def test_a_process_outlives_who_started_it(tmp_path):
    """Its log goes on, too. The campaign that comes next waits for its run's lock."""
    ways = {name: str(tmp_path / name) for name in ("there", "go", "done")}
    for way in ways.values():
        os.mkfifo(way)
    script = (
        f"open({ways['there']!r}, 'w').close(); open({ways['go']!r}).close()\n"
        f"print('after', flush=True); open({ways['done']!r}, 'w').close()"
    )
    driver = (
        "import pathlib, sys\n"
        "from harness.campaign.engines.local import Local\n"
        "from harness.campaign.engines.stop import Stop\n"
        "from harness.campaign.engines.task import Task\n"
        f"command = [sys.executable, '-S', '-c', {script!r}]\n"
        f"task = Task('x', command, pathlib.Path({str(tmp_path / 'x.log')!r}))\n"
        "list(Local().launch(lambda: [task], Stop()))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", driver])
    with open(ways["there"]):  # noqa: PTH123
        process.kill()
        process.wait()
    for name in ("go", "done"):
        with open(ways[name], "w" if name == "go" else "r"):  # noqa: PTH123
            pass
    assert (tmp_path / "x.log").read_text().endswith("after\n")
