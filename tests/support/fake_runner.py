"""A runner that trains nothing: it writes the record that a run would leave, run after run."""

import signal
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.engines.task import Outcome, Task, outcome
from harness.config.difference import run_key
from harness.config.labels import labels
from harness.record.failures import short_name
from methods.fusion.catalogue import FUSIONS
from support.made_records import itself, made, save


class FakeRunner:
    """fails: {label: reason}. kills: labels of runs whose process is killed. stops_at: the number of
    the call that is stopped. calls: what was asked for.

    top1: of a run's configuration, in percent.
    """

    def __init__(self, out, fails=(), stops_at=None, top1=lambda config: 60.0):
        self.out, self.fails, self.stops_at, self.calls = out, dict(fails), stops_at, []
        self.kills = set()
        self.top1 = top1
        self.runs = {}

    def task(self, run):
        name = short_name(run.config.plain())
        self.runs[name] = run
        return Task(name, (), Path(name))

    def launch(self, ready, stop):
        begun = set()
        while not stop.asked and (waiting := [task for task in ready() if task.name not in begun]):
            begun.add(waiting[0].name)
            waiting[0].begin()
            yield self._made(waiting[0].name, stop)

    def _made(self, name, stop):
        if self.runs[name].label() in self.kills:
            return outcome(name, -signal.SIGKILL, "", asked=False)
        try:
            self(self.runs[name])
        except KeyboardInterrupt:
            stop.ask()
            return Outcome(name, "it was stopped", stopped=True)
        except UserError as error:
            return Outcome(name, str(error))
        return Outcome(name)

    def __call__(self, run):
        self.calls.append(run_key(run.config.plain()))
        if len(self.calls) == self.stops_at:
            raise KeyboardInterrupt
        if run.label() in self.fails:
            raise UserError(self.fails[run.label()])
        config = run.config.plain()
        data, everywhere = run.config.data, dict.fromkeys(FUSIONS.names(), self.top1(run.config))
        like = made(everywhere, dataset=data.dataset, split=data.split)
        told = {"config": config, "labels": labels(run.config.streams(), ())}
        told |= {"metrics": None} if run.config.test.part != "test" else {}
        told |= {"validation": like.metrics} if run.config.test.part == "validation" else {}
        record = itself(like.model_copy(update=told))
        save([record], self.out)
        (self.out / record.id / "checkpoint.pt").touch()
