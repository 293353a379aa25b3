"""A figure's numbers as a table: the same numbers, in rows."""

import csv
import io

import numpy as np
import pytest
from support.figures import beside_a_baseline, call, sheet
from support.made_records import made, save

from results.figures import catalogue
from results.figures.as_table import as_table
from results.figures.model import Sheet
from results.tables.render import rendered


def rows(table, tmp_path):
    return list(csv.DictReader(io.StringIO(rendered(table, "csv", False, tmp_path))))


def test_confusion_by_numpy(tmp_path):
    counts = np.array([[3, 1], [0, 2]])
    data = {"classes": ["jump", "run"], "counts": {"local": counts.tolist()}}
    found = rows(as_table(Sheet("confusion", "c", data)), tmp_path)
    assert [(row["true class"], row["predicted class"], int(row["videos"])) for row in found] == [
        ("jump", "jump", 3),
        ("jump", "run", 1),
        ("run", "run", 2),
    ]


def test_curves_have_a_row_for_each_value(tmp_path):
    points = [{"step": step, "values": {"ce": {"local": 2.0 / step, "global": 1.0}}} for step in (1, 2)]
    data = {"runs": [{"run": "a" * 12, "seed": 4, "points": points}]}
    found = rows(as_table(Sheet("curves", "c", data)), tmp_path)
    local = [row for row in found if row["of"] == "local"]
    assert [(row["step"], row["curve"], float(row["value"])) for row in local] == [
        ("1", "ce", 2.0),
        ("2", "ce", 1.0),
    ]
    assert len(found) == 4


def test_rows_of_a_table_keep_reported_and_measured(tmp_path):
    records = [made({"average": 70.0, "adaptive": 72.0 + seed}, seed=seed) for seed in range(3)]
    (adaptive,) = [
        row for row in rows(as_table(sheet("fusion", records)), tmp_path) if row["label"] == "adaptive"
    ]
    assert float(adaptive["reported low"]) == 83.53  # Figure 6 of the paper
    assert float(adaptive["measured value"]) == pytest.approx(73.0)
    assert (adaptive["measured n"], "reported" in adaptive) == ("3", False)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_figure_is_also_a_table(name, whole, tmp_path):
    source = beside_a_baseline(whole)
    for shape in catalogue.TABLES:
        catalogue.write(catalogue.sheet(name, source), tmp_path / f"x.{shape}", shape)
        assert len((tmp_path / f"x.{shape}").read_text().splitlines()) > 1


def test_the_command_takes_the_ending(tmp_path):
    save([made({"average": 70.0})], tmp_path / "runs")
    out = tmp_path / "fusion.csv"
    done = call("fusion", "--runs", tmp_path / "runs", "--out", out)
    assert done.exit_code == 0, done.output
    assert out.read_text().startswith("label,")
