"""The counter of what the configuration is passed to, on a made-up package counted by hand."""

from pathlib import Path

import pytest
from config_reach import reach
from support.places import ROOT

SCHEMA = """
class Train:
    lr: float
    steps: int

class Config:
    train: Train
    name: str

    def plain(self) -> dict:
        return vars(self)
"""
PARTS = """
from dataclasses import dataclass
from app.schema import Config, Train

@dataclass(frozen=True)
class Plan:
    lr: float

@dataclass(frozen=True)
class Job:
    config: Config
    plan: Plan

    def say(self) -> str:
        return self.config.name

class Registry:
    def get(self, name): ...

METHODS = Registry()

def plan_of(train: Train) -> Plan:
    return Plan(rate(train.lr))

def rate(lr: float) -> float: ...
def show(text): ...
def count(steps): ...
def train(plan: Plan): ...
def make(job: Job): ...
def one_of_many(section): ...
def never(config: Config): ...
"""
MAIN = """
from functools import partial
from app import parts
from app.parts import METHODS, Job, count, make, one_of_many, plan_of, show, train
from app.schema import Config

def run(config: Config):
    plan = plan_of(config.train)
    job = Job(config, plan)
    METHODS.get(config.name)
    count(config.train.steps * 2)
    train(plan)
    show(job.say())
    parts.show(config.plain())
    later = partial(make, job)
    for key, section in {"a": config.train}.items():
        show(key)
        one_of_many(section)
"""
ON_THE_WAY = {
    "main.run",
    "parts.plan_of",  # gets a section
    "parts.rate",  # gets a field, two calls further
    "parts.Registry.get",  # gets a field, by a global's method
    "parts.Job.say",  # a method of an object that holds the configuration
    "schema.Config.plain",  # the configuration's own method
    "parts.show",  # gets all of it as plain types
    "parts.make",  # gets an object that holds it, later
    "parts.one_of_many",  # gets a section, out of a dictionary
    # not: count, of something computed; train, of an object with single values; never, which is not called
}


@pytest.fixture
def package(tmp_path) -> Path:
    (tmp_path / "app").mkdir()
    for name, text in {"__init__": "", "schema": SCHEMA, "parts": PARTS, "main": MAIN}.items():
        (tmp_path / "app" / f"{name}.py").write_text(text)
    return tmp_path


def test_a_package_counted_by_hand(package):
    found = reach(package, "app.main:run:config")
    assert found == sorted(f"app.{name}" for name in ON_THE_WAY)


def test_the_way_may_begin_anywhere(package):
    assert reach(package, "app.parts:plan_of:train") == ["app.parts.plan_of", "app.parts.rate"]


def test_the_runs_configuration_is_passed_to_few_functions():
    assert len(reach(ROOT)) <= 60
