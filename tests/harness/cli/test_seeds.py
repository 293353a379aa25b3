"""What `harness run --seeds` shows of its runs is what a table's cell shows of them."""

from math import sqrt

import pytest
from rich.console import Console
from scipy import stats
from support.made_records import made
from support.made_tables import row, table

from harness.cli.seeds import show_seeds
from harness.record.schema import Pair


def shown(records):
    console = Console(width=160, highlight=False)
    with console.capture() as captured:
        show_seeds(console, records)
    return " ".join(captured.get().split())


def runs(top1, pairs=None):
    found = [made({"average": value, "adaptive": value}, seed=seed) for seed, value in enumerate(top1)]
    return found if pairs is None else [started(*each) for each in zip(found, pairs, strict=True)]


def started(record, pair):
    begun = record.starts_from.model_copy(update={"pair": Pair(id=f"run{pair}", seed=pair)})
    return record.model_copy(update={"starts_from": begun})


def cell(records):
    return row(table("fusion", records), "average")["top-1 measured ↑"].text.partition(" (n=")[0]


@pytest.mark.parametrize(
    ("top1", "pairs"),
    [((70.0, 71.0, 69.5), None), ((60.0, 60.0), None), ((70.0, 71.0, 64.0, 66.0), (0, 0, 1, 1))],
)
def test_the_interval_is_that_of_the_table(top1, pairs):
    assert f" {cell(runs(top1, pairs))} " in shown(runs(top1, pairs))


def test_from_scratch_it_is_students_by_scipy():
    half = stats.t.interval(0.95, 2, scale=stats.sem((70.0, 71.0, 69.5)))[1]
    text = shown(runs((70.0, 71.0, 69.5)))
    assert f"70.2 ± {half:.1f} " in text
    assert "over 3 seeds, measured: mean ± 95 % interval of the mean (Student t)" in text


def test_equal_values_of_few_videos_vary_by_their_rounding():
    """Of 12 videos a value is known to 100 / 12 points: uniform over a step, the SD is step / √12."""
    records = [few(record) for record in runs((50.0, 50.0))]
    half = stats.t.ppf(0.975, 1) * 100 / 12 / sqrt(12) / sqrt(2)
    assert f" 50.0 ± {half:.1f} " in shown(records)
    assert cell(records) == f"50.0 ± {half:.1f}"


def few(record):
    tree = record.model_dump(by_alias=True)
    for scores in tree["metrics"]["fusion"].values():
        scores["top1"] |= {"correct": 6, "of": 12}
    return type(record).model_validate(tree)


def test_of_one_pre_training_there_is_no_interval():
    text = shown(runs((70.0, 71.0), (5, 5)))
    assert "over 2 seeds of 1 pre-training, measured: mean; one pre-training: no interval" in text
    assert "70.5 " in text
    assert "±" not in text
