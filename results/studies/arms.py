"""The arms of a study: the rows of its tables, the plan's own and its controls, each configuration once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backbones.base.errors import UsageError, UserError
from harness.campaign.plan import resolved
from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base
from harness.campaign.study.own_settings import gives
from harness.campaign.study.plan import ArmText, StudyPlan
from harness.config.base.base import SettingError
from harness.config.difference import as_yaml, run_key
from harness.config.schema import Config
from results.claims.side import Side
from results.tables.catalogue import parts, spec

OF_METHOD = "method."
BEFORE = "pretraining."
OWN = "own.top1"  # fused by the arm's own rule
HARM, GAIN, AGAINST = "known harm", "known gain", "reference"
ROLES = {AGAINST: "against", HARM: "harm", GAIN: "gain"}  # as a plan names them


@dataclass(frozen=True)
class Arm:
    """One method with its settings. pairs: as `--set` takes them, without what holds anyway. of: the tables
    and the controls that it serves.
    """

    method: str
    pairs: tuple[str, ...] = ()
    of: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`mbd, final=false`: as records of the study name it."""
        return arm_name(self.method, self.pairs)

    def side(self) -> Side:
        """As cells of tables name it."""
        split = (pair.partition("=") for pair in self.pairs)
        return Side("run", self.method, tuple((key, value) for key, _, value in split), OWN)

    def settings(self) -> dict[str, Any]:
        """{"method.final": False}: the values as a configuration has them."""
        return self.side().tree()


@dataclass(frozen=True)
class Arms:
    """arms: in the order of the plan. impossible: (table, reason) of rows that cannot be run."""

    arms: tuple[Arm, ...]
    impossible: tuple[tuple[str, str], ...]

    def names(self) -> list[str]:
        return [arm.name for arm in self.arms]


def arm_name(method: str, pairs: Collection[str]) -> str:
    """pairs: as `--set` takes them; a setting of the method is named without its group."""
    return ", ".join([method, *sorted(pair.removeprefix(OF_METHOD) for pair in pairs)])


def arm_of(text: ArmText) -> Arm:
    """As a plan writes it: "mbd", or {"mbd": {"final": False}}; a setting without a group is the method's.

    A `UsageError` for a mapping of any other size than one.
    """
    if isinstance(text, str):
        return Arm(text)
    if len(text) != 1:
        raise UsageError(f"arm {text}: expected one method with its settings")
    ((method, settings),) = text.items()
    return Arm(method, tuple(sorted(_pairs(settings))))


def typed(text: str) -> Arm:
    """As typed: "mbd:final=false,local.frames=8"; a `UsageError` where a setting is not key=value."""
    method, _, given = text.partition(":")
    pairs = [pair for pair in given.split(",") if pair]
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise UsageError(f"arm '{text}': '{wrong[0]}' is not key=value, as in mbd:final=false")
    return Arm(method, tuple(sorted(_with_group(pair) for pair in pairs)))


def _pairs(settings: Mapping[str, Any]) -> Iterator[str]:
    return (_with_group(f"{key}={as_yaml(value)}") for key, value in settings.items())


def _with_group(pair: str) -> str:
    return pair if "." in pair.partition("=")[0] else OF_METHOD + pair


def arms(plan: StudyPlan, methods: Collection[str]) -> Arms:
    """methods: names of those that can be run. A `UserError` where an arm of the plan's own cannot."""
    found: dict[str, Arm] = {}
    impossible: dict[tuple[str, str], None] = {}
    for where, arm in _asked(plan, methods):
        try:
            key = key_of(plan, arm)
        except UserError as error:
            check_of_all(plan, arm, error)
            if where:
                kind = UsageError if isinstance(error, UsageError) else UserError
                raise kind(f"{where}: {error}") from None
            impossible[arm.of[0], str(error)] = None
            continue
        known = found.get(key) or plainest(plan, arm)
        found[key] = Arm(known.method, known.pairs, tuple(dict.fromkeys((*known.of, *arm.of))))
    return Arms(tuple(found.values()), tuple(impossible))


def check_of_all(plan: StudyPlan, arm: Arm, error: UserError) -> None:
    """Raises UsageError where the arm is not what is wrong, but a setting that the plan gives to all.

    A setting of methods may fit some arms and not others.
    """
    name = error.setting if isinstance(error, SettingError) else OF_METHOD
    if not name.startswith(OF_METHOD) and gives(plan.settings, name) and not gives(arm.pairs, name):
        raise UsageError(f"settings: {error}") from None


def key_of(plan: StudyPlan, arm: Arm) -> str:
    """The same of arms that are one configuration, started from the same runs; a `UserError` for none."""
    before = [pair for pair in sorted(arm.pairs) if pair.startswith(BEFORE)]
    return "\n".join([run_key(configuration(plan, arm).plain()), *before])


def configuration(plan: StudyPlan, arm: Arm) -> Config:
    """Of the arm's runs, up to seeds and first weights; a `UserError` where there is none."""
    wanted = Wanted("", "", arm.method, arm.pairs, plan.dataset, plan.split, 0)
    return resolved(wanted, Base(plan.preset, plan.settings))


def plainest(plan: StudyPlan, arm: Arm) -> Arm:
    """The same configuration by the fewest settings: those that change something."""
    pairs = arm.pairs
    whole = run_key(configuration(plan, arm).plain())
    for pair in arm.pairs:
        if pair.startswith(BEFORE):  # of the run that it starts from: its own configuration does not tell
            continue
        fewer = tuple(other for other in pairs if other != pair)
        try:
            same = run_key(configuration(plan, Arm(arm.method, fewer)).plain()) == whole
        except UserError:
            continue
        pairs = fewer if same else pairs
    return Arm(arm.method, tuple(sorted(pairs)), arm.of)


def _asked(plan: StudyPlan, methods: Collection[str]) -> Iterator[tuple[str, Arm]]:
    """(where in the plan, arm) of its own arms; ("", arm) of a table's."""
    if plan.controls:  # first: what they are compared with is everybody's reference
        named = {AGAINST: plan.controls.against, HARM: plan.controls.harm, GAIN: plan.controls.gain}
        for role, text in named.items():
            arm = arm_of(text)
            yield f"controls.{ROLES[role]}", Arm(arm.method, arm.pairs, (role,))
    for number, text in enumerate(plan.arms):
        yield f"arms[{number}]", arm_of(text)
    for table in plan.tables:
        yield from (("", arm) for arm in _of_table(table, plan, methods))


def _of_table(table: str, plan: StudyPlan, methods: Collection[str]) -> Iterator[Arm]:
    for part in parts(table).values():
        made = spec(part, methods)
        if made.fixed and made.fixed != plan.dataset:
            raise UsageError(f"table '{part}' is of {made.fixed}; the study is on {plan.dataset}")
        sides = (row.side(metric) for row in made.rows for metric in made.metrics)
        runs = [part for each in sides if isinstance(each, Side) for part in each.parts]
        for name, pairs in dict.fromkeys((each.name, each.settings()) for each in runs):
            yield Arm(name, pairs, (table,))
