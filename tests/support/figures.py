"""Figures from made-up records and from a tiny run, and what is drawn in them."""

import json

from click.testing import CliRunner

from harness.cli.main import cli
from methods.catalogue import METHODS
from results.figures import catalogue
from results.figures.model import Source
from results.records import Loaded, load_records
from support.made_records import made, with_its_id

RULES = ("average", "weighted", "max", "concat", "svm", "conv3d", "bilinear", "adaptive")


def all_rules(base, **more):
    return made({rule: base + at / 10 for at, rule in enumerate(RULES)}, **more)


def source(records, **asked):
    return Source(Loaded(tuple(records), ()), methods=tuple(METHODS.names()), **asked)


def sheet(name, records, **asked):
    return catalogue.sheet(name, source(records, **asked))


def run_source(run, **asked):
    return Source(load_records([run.path.parent]), (run.path.parent,), tuple(METHODS.names()), **asked)


def beside_a_baseline(run):
    """The source of a run and a record that says the same of two_stream: what every figure needs."""
    tree = json.loads(run.record_path.read_text())
    tree["config"]["method"] = {"name": "two_stream", "fusion": "average", "settings": {}}
    tree["fusion"] = "average"
    tree = with_its_id(tree)
    other = run.path.parent / tree["id"]
    other.mkdir()
    (other / "record.json").write_text(json.dumps(tree))
    return run_source(run)


def by_gid(figure, gid):
    """The one artist of that name."""
    (artist,) = figure.findobj(lambda each: each.get_gid() == gid)
    return artist


def texts(figure):
    from matplotlib.text import Text

    return [each.get_text() for each in figure.findobj(Text)]


def call(*arguments):
    return CliRunner().invoke(cli, ["figure", *map(str, arguments)])
