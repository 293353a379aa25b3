"""A sweep carried out: trials on validation videos, the choice, and one test of each arm's choice. No torch.

A trial's value is read from its run's record. What was proposed, and which trials failed, is kept in the
sweep's own file, so that the same command goes on after a stop and a choice stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backbones.base.errors import UsageError, UserError
from harness.campaign.carry_out import Runner, carry_out
from harness.campaign.plan import Plan, plan
from harness.campaign.planned import Planned, Wanted
from harness.campaign.sweep.choice import choose
from harness.campaign.sweep.plan import Sweep, by_arm
from harness.campaign.sweep.trial import FAILED, MISSING, Trial
from harness.config.difference import run_key
from harness.record.folder import RunFolder, all_runs
from harness.record.reading import on_validation, read_run_record, record_files, records_in, tested
from harness.record.schema import Record, Share

Say = Callable[[str], None]
Measure = Callable[[Record], Share]  # the metric of a record


@dataclass
class State:
    """trials: those that were proposed, by arm and number. tests: of each arm's choice; those of choices
    that a repeated trial has overturned stay, since the test videos were looked at."""

    trials: list[Trial] = field(default_factory=list)
    tests: list[Trial] = field(default_factory=list)

    def of(self, arm: str) -> list[Trial]:
        return by_arm(self.trials).get(arm, [])

    def trial(self, arm: str, number: int) -> Trial | None:
        return next((each for each in self.of(arm) if each.number == number), None)

    @property
    def missing(self) -> list[Trial]:
        """Trials without a result that did not fail; where there are none, such tests of what is chosen."""
        found = [trial for trial in self.trials if trial.state == MISSING]
        choices = [choose(trials) for trials in by_arm(self.trials).values()]
        tests = [self.test(choice.trial) for choice in choices if choice]
        return found or [test for test in tests if test and test.state == MISSING]

    def test(self, trial: Trial) -> Trial | None:
        """Of the trial's settings on test videos."""
        return next((t for t in self.tests if (t.arm, t.number) == (trial.arm, trial.number)), None)


@dataclass(frozen=True)
class Carrier:
    """out: folder of runs. measure: of a record. keep: writes the state down. retry: failed trials, too."""

    sweep: Sweep
    state: State
    out: Path
    runner: Runner
    measure: Measure
    keep: Callable[[State], None]
    say: Say
    retry: bool = False

    def run(self) -> None:
        """All that is missing. KeyboardInterrupt where it was stopped; what there is by then is kept. While
        trials that did not fail lack a result, no further ones are drawn, and nothing is chosen."""
        if self.retry:
            for trial in (*self.state.trials, *self.state.tests):
                trial.why = ""
        for numbers in self.sweep.proposals.rounds():
            trials = [self._proposed(arm.name, n) for n in numbers for arm in self.sweep.arms]
            self._make(trials, self._trial)
            if any(trial.state == MISSING for trial in trials):
                return
        self._test()

    def _trial(self, trial: Trial) -> Wanted:
        return self.sweep.wanted(trial)

    def _proposed(self, arm: str, number: int) -> Trial:
        return proposed(self.sweep, self.state, arm, number)

    def _test(self) -> None:
        """Once for each arm, after all its trials."""
        chosen = [choice.trial for arm in self.sweep.arms if (choice := choose(self.state.of(arm.name)))]
        tests = [self._test_of(trial) for trial in chosen]
        self._make(tests, self.sweep.wanted_test)

    def _test_of(self, trial: Trial) -> Trial:
        if test := self.state.test(trial):
            return test
        if before := [test for test in self.state.tests if test.arm == trial.arm]:
            self.say(
                f"warning: {trial.arm}: trial {trial.number} is now the best, and trial {before[-1].number} "
                "was tested before it: the test videos were looked at twice"
            )
        test = Trial(trial.arm, trial.number, trial.settings)
        self.state.tests.append(test)
        return test

    def _make(self, trials: Sequence[Trial], wanted: Callable[[Trial], Wanted]) -> None:
        asked = {trial.label: trial for trial in trials if trial.state != FAILED}
        wants = {label: wanted(trial) for label, trial in asked.items()}
        planned = planned_runs([*wants.values()], self.sweep, self.out)
        runs = {want.table: run for run in planned.runs for want in run.wanted}
        for table, reason in planned.impossible:
            next(asked[label] for label, want in wants.items() if want.table == table).why = reason
        self.keep(self.state)
        ended = carry_out(planned, self.runner, self.out, self.say)
        by_key = {run_key(tree): folder for folder in all_runs(self.out) if (tree := folder.read_config())}
        for label, want in wants.items():
            if want.table in runs:
                self._read(asked[label], runs[want.table], by_key)
        self.keep(self.state)
        if ended.stopped:
            raise KeyboardInterrupt

    def _read(self, trial: Trial, run: Planned, folders: dict[str, RunFolder]) -> None:
        """What came of the trial's run."""
        folder = folders.get(run_key(run.config.plain()))
        trial.found, trial.why = None, "" if run.lost else run.why
        if folder and folder.finished:
            record = read_run_record(folder.record_path)
            if run_key(record.config) != run_key(run.config.plain()):
                raise UserError(f"{folder.config} is not what {folder.record_path} has; put the old one back")
            if seen := on_validation(record) or tested(record):
                trial.run, trial.found = folder.id, self.measure(seen)


def proposed(sweep: Sweep, state: State, arm: str, number: int) -> Trial:
    """The trial as it was proposed, or as it is proposed now, after the arm's earlier ones."""
    if found := state.trial(arm, number):
        return found
    earlier = [each for each in state.of(arm) if each.number < number and each.state != MISSING]
    trial = Trial(arm, number, sweep.proposals.propose(arm, number, earlier))
    state.trials.append(trial)
    return trial


def planned_runs(wanted: Sequence[Wanted], sweep: Sweep, out: Path) -> Plan:
    """Each configuration once, with what it starts from."""
    return plan(wanted, sweep.base, records_of(out), all_runs(out))


def check_possible(sweep: Sweep, out: Path) -> None:
    """A `UsageError` with the first reason why a trial cannot be run, before any is."""
    first = sweep.proposals.rounds()[0]
    state = State()
    trials = [proposed(sweep, state, arm.name, number) for number in first for arm in sweep.arms]
    for label, reason in planned_runs([sweep.wanted(trial) for trial in trials], sweep, out).impossible:
        raise UsageError(f"{label}: {reason}")


def records_of(out: Path) -> list[Record]:
    """Of the finished runs, on whichever videos they were tested."""
    every = [record for file in record_files(out) for record in records_in(file)]
    seen = [tested(each) or on_validation(each) for each in every if not isinstance(each, str)]
    return [record for record in seen if record is not None]
