"""What a figure compares, leaves out and lacks, and the lines under it that say so."""

import json

import numpy as np
import pytest
from support.figures import all_rules, by_gid, call, sheet, texts
from support.made_records import made, save

from results.figures import catalogue


def test_a_map_compares_equally_many_seeds():
    """One seed beside a mean of three: all on the seed that both have, and the SD of the three by NumPy."""
    tops = (50.0, 53.0, 57.0)
    several = [made({}, local=top, glob=60.0, seed=seed) for seed, top in enumerate(tops)]
    one = made({}, "method.kl_weight=0.2", local=51.0, glob=61.0)
    made_sheet = sheet("loss-weights", [*several, one])
    with catalogue.drawn(made_sheet) as figure:
        local = np.ma.filled(by_gid(figure, "measured-local").get_array(), np.nan)
    assert (local[1, 2], local[1, 0]) == (50.0, 51.0)
    (note,) = [note for note in made_sheet.notes if "every cell on seed 0" in note]
    assert f"local stream alone, {np.std(tops, ddof=1):.1f}" in note
    assert "global stream alone, 0.0" in note
    alike = sheet("loss-weights", several)
    assert not [note for note in alike.notes if "every cell" in note]
    assert {each["measured"]["n"] for each in alike.data["points"] if each["measured"]} == {3}


def test_one_line_says_how_many_records_a_figure_leaves_out():
    others = [made({}, "local.frames=12", seed=seed) for seed in range(2)]
    notes = sheet(
        "fusion", [all_rules(70.0), all_rules(71.0, seed=1), all_rules(72.0, seed=2), *others]
    ).notes
    assert [note for note in notes if note.startswith("not included")] == [
        "not included: 2 records of other protocols; the footer of table 'fusion' names them"
    ]


@pytest.mark.parametrize("name", ["fusion", "teachers", "networks", "loss-weights"])
def test_what_was_not_measured_is_a_line_and_no_empty_panel(name):
    made_sheet = sheet(name, [])
    with catalogue.drawn(made_sheet) as figure:
        assert all(axes.has_data() for axes in figure.axes if axes.get_visible())
        (below,) = [text for text in texts(figure) if "not measured yet: " in text]
        # A line is broken where it is long.
        assert " ".join(made_sheet.fills[0].split()) in " ".join(below.split())


def test_a_run_may_be_named_by_its_folder(tmp_path):
    record = made({"adaptive": 60.0})
    save([record, made({}, method="two_stream")], tmp_path)
    done = call("per-class", "--runs", tmp_path, "--run", tmp_path / record.id, "--json")
    assert done.exit_code == 0, done.output
    assert record.id in json.loads(done.output)["notes"][0]
