"""The first page of a report: the user's own runs and comparisons before papers that they say nothing of."""

import re

import pytest
from click.testing import CliRunner
from support.made_records import made, save

from harness.cli.main import cli
from methods.catalogue import METHODS
from results.report.own_runs import comparisons, not_compared, settings_of

OURS, THEIRS = (70.0, 71.0, 69.5), (68.0, 70.0, 67.0)


def compared(method="mutual", **more):
    """Two methods with gains of 2, 1 and 2.5 points: mean 1.83."""
    return [
        made({"average": top1, "adaptive": top1}, method=name, seed=seed, **more)
        for name, values in ((method, OURS), ("two_stream", THEIRS))
        for seed, top1 in enumerate(values)
    ]


def test_methods_are_compared_over_pre_trainings():
    """By hand: SD of 2, 1, 2.5 is 0.7638; t of 2 degrees of freedom 4.3027; 4.3027 * 0.7638 / √3 = 1.90."""
    table = comparisons(compared(), METHODS.names(), 1.0)
    ((name, gap, _, pairs, shown, *_),) = table.rows
    assert (name.text, gap.text, pairs.text, shown.text) == (
        "mutual − two_stream",
        "+1.83 ± 1.90",
        "3",
        "3 of 3",
    )


def test_runs_of_two_protocols_are_compared_apart():
    runs = compared() + compared(preset="finetune", dataset="folder")[:3]
    assert len(comparisons(runs, METHODS.names(), 1.0).rows) == 1
    assert comparisons(compared()[:3], METHODS.names(), 1.0) is None
    assert comparisons([], METHODS.names(), 1.0) is None


def test_methods_that_are_not_loaded_are_named():
    runs, loaded = compared("mutual"), ["two_stream", "mbd"]
    assert comparisons(runs, loaded, 1.0) is None
    said = "comparisons of mutual, whose plug-in is not loaded; give it: --plugin FILE"
    assert not_compared(runs, loaded) == [said]
    assert not_compared(runs, METHODS.names()) == []


def test_runs_that_look_alike_show_what_differs():
    alike = [made({"average": 60.0}, f"fit.rules={rules}", method="two_stream") for rules in ("all", "own")]
    other = made({"average": 60.0}, "method.temperature=2", method="mutual")
    assert settings_of([*alike, other]) == ["fit.rules=all", "fit.rules=own", "temperature=2.0"]


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    runs = save(compared(), folder / "runs")
    done = CliRunner().invoke(
        cli, ["report", "--runs", str(runs), "--out", str(folder / "r"), "--videos", "0"]
    )
    assert done.exit_code == 0, done.output
    return (folder / "r" / "index.html").read_text()


def test_own_comparisons_lead_where_no_claim_is_decided(front):
    assert "<h1>Runs and comparisons</h1>" in front
    assert front.index("mutual − two_stream") < front.index("claims that runs can decide are decided")


def test_papers_that_no_run_is_of_have_no_card(front):
    cards = re.findall(r"<li><h3>(\w+)", front)
    assert "mbd" in cards
    assert not {"mars", "genkd", "others"} & set(cards)


def test_what_papers_misquote_is_said_to_be_about_them_and_is_not_red(front):
    at = front.index("About the papers themselves")
    assert front.index("misquoted") > at
    assert 'class="bad"' not in front.partition("What the words mean")[0]
