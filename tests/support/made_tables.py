"""Tables of made-up records, as tests of tables ask for them."""

from click.testing import CliRunner

from harness.cli.main import cli
from methods.catalogue import METHODS
from results.records import Loaded
from results.tables.build import build
from results.tables.catalogue import spec
from support.made_records import made

BASE = (70.0, 71.0, 69.5, 70.4, 70.1)


def five_seeds(gain=2.0, **more):
    return [
        made({"average": base, "adaptive": base + gain + (seed - 2) / 10}, seed=seed, **more)
        for seed, base in enumerate(BASE)
    ]


def table(name, records, **options):
    arguments = {"dataset": None, "seeds": None, "protocol": None} | options
    return build(spec(name, METHODS.names()), Loaded(tuple(records), ()), **arguments)


def row(made_table, label):
    cells = next(cells for cells in made_table.rows if cells[0].text == label)
    return dict(zip(made_table.columns, cells, strict=True))


def call(*arguments):
    return CliRunner().invoke(cli, ["table", *map(str, arguments)])
