"""A paper's own experiments: the runs that its orders need, their work, and which to make first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from harness.campaign.plan import Plan, plan
from harness.campaign.planned import Planned, Wanted
from harness.campaign.shared_settings import Base
from harness.config.difference import run_key
from results.claims.claims import Claim, of_paper, protocol_of
from results.claims.protocols import protocols
from results.grid.rates import VIDEOS
from results.grid.work import Work, work

ORDERS = "<>~"


@dataclass(frozen=True)
class Order:
    """A stated order that runs can decide. runs: keys of those that it needs, pre-trainings among them."""

    claim: Claim
    runs: frozenset[str]


@dataclass(frozen=True)
class Grid:
    """runs: by key, each once. impossible: (claim, why) of orders that no run can decide."""

    runs: dict[str, Planned]
    works: dict[str, Work]
    orders: tuple[Order, ...]
    impossible: tuple[tuple[str, str], ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Networks and data sets of which nobody knows the cost."""
        return tuple(dict.fromkeys(what for each in self.works.values() for what in each.unknown))

    def is_counted(self, keys: Iterable[str]) -> bool:
        return not any(self.works[key].unknown for key in keys)

    def flops(self, keys: Iterable[str]) -> float:
        return sum(self.works[key].flops for key in keys)


@dataclass(frozen=True)
class Step:
    """The next order to decide: flops of the runs that it needs and that are not made before."""

    order: Order
    flops: float
    runs: int


@dataclass
class _Building:
    runs: dict[str, Planned] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    impossible: list[tuple[str, str]] = field(default_factory=list)


def grid(paper: str, pairs: int, datasets: Sequence[str] = ()) -> Grid:
    """Every order between runs that the paper states, on the data sets that it names (of these: `datasets`).

    pairs: independent pre-trainings, each followed by one joint run of every arm (seed 0 of it). Under the
    paper's own preset. Raises UsageError where there is no such paper.
    """
    base, made = Base(protocol(paper)), _Building()
    for claim in stated_orders(paper, datasets):
        _add(made, claim, plan(wanted(claim, pairs), base, ()))
    works = {key: work(run.config) for key, run in made.runs.items()}
    return Grid(made.runs, works, tuple(made.orders), tuple(made.impossible))


def whole_plan(paper: str, pairs: int, datasets: Sequence[str] = ()) -> Plan:
    """The runs of all these orders, each once, after what it starts from."""
    orders = stated_orders(paper, datasets)
    return plan([want for claim in orders for want in wanted(claim, pairs)], Base(protocol(paper)), ())


def stated_orders(paper: str, datasets: Sequence[str]) -> list[Claim]:
    return [
        claim
        for claim in of_paper(paper)
        if claim.relation in ORDERS and claim.left.is_run and claim.dataset in (datasets or VIDEOS)
    ]


def wanted(claim: Claim, pairs: int) -> list[Wanted]:
    right = claim.right
    sides = [claim.left, *([right] if right and right.is_run else [])]
    return [
        Wanted(claim.id, claim.where, part.name, part.settings(), claim.dataset, split, seed)
        for side in sides
        for part in side.parts
        if not part.is_grid
        for split in splits(claim.dataset)
        for seed in range(pairs)
    ]


def _add(made: _Building, claim: Claim, planned: Plan) -> None:
    if planned.impossible or not planned.runs:
        why = planned.impossible[0][1] if planned.impossible else "it names no run of its own"
        made.impossible.append((claim.id, why))
        return
    keys = {run_key(run.config.plain()): run for run in planned.runs}
    made.runs |= {key: run for key, run in keys.items() if key not in made.runs}
    made.orders.append(Order(claim, frozenset(keys)))


def protocol(paper: str) -> str:
    """The preset of the paper's own protocol."""
    tiny = {small: whole for whole, small in protocols().items()}
    found = protocol_of(paper)
    return tiny.get(found, found)


def splits(dataset: str) -> list[str]:
    count = VIDEOS[dataset].splits
    return [str(number + 1) for number in range(count)] if count > 1 else [""]


def in_order(found: Grid, value: Callable[[Order], float] = lambda order: 1.0) -> list[Step]:
    """The orders by what each next one adds for the work that is still missing: runs that another order has
    paid for are free. Greedy, so that whoever stops early has decided most for the money, or nearly."""
    paid: set[str] = set()
    left, steps = list(found.orders), []
    while left:
        missing = {id(order): found.flops(order.runs - paid) for order in left}
        best = max(left, key=lambda order: value(order) / max(missing[id(order)], 1.0))
        steps.append(Step(best, missing[id(best)], len(best.runs - paid)))
        paid |= best.runs
        left.remove(best)
    return steps
