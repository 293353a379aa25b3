"""`trials.csv` is opened by spreadsheets: no cell is a formula or commands a terminal."""

import csv
import io

from harness.campaign.sweep.carry_out import State
from harness.campaign.sweep.kept import table
from harness.campaign.sweep.trial import Trial


def test_no_cell_is_a_formula():
    failed = Trial("mbd", 1, {"data.note": "=1+1", "train.lr": -0.5}, why="@SUM(A1)\x1b[31m of\nthis")
    (row,) = csv.DictReader(io.StringIO(table(State([failed]))))
    assert row["data.note"] == "'=1+1"
    assert row["train.lr"] == "-0.5"  # a number stays one
    assert row["why"] == "'@SUM(A1) of this"
