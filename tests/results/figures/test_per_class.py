"""Few classes as rows under their names, many as points."""

from dataclasses import replace

import pytest
from support.made_records import made, share
from support.made_studies import plan, runs

from backbones.base.errors import UserError
from results.figures import catalogue
from results.figures.model import Sheet, Source
from results.figures.per_class import MOST_ROWS
from results.records import Loaded


def sheet(count):
    classes = [
        {"class": f"class {n}", "videos": 9, "local": float(n), "global": -float(n), "local_half": 150.0,
         "global_half": 1.0}
        for n in range(count)
    ]  # fmt: skip
    return Sheet("per-class", "Gain", {"baseline": "two_stream", "pretrainings": 3, "classes": classes})


def test_rows_have_every_name_and_the_largest_gain_first():
    with catalogue.drawn(sheet(MOST_ROWS)) as figure:
        names = [each.get_text() for each in figure.axes[0].get_yticklabels()]
        (line,) = figure.findobj(lambda each: each.get_gid() == "gains-local")
        assert sorted(names) == sorted(f"class {n}" for n in range(MOST_ROWS))
        assert [f"class {x:.0f}" for x in line.get_xdata()] == names
        ends = [segment[:, 0] for segment in figure.axes[0].collections[0].get_segments()]
    assert min(end.min() for end in ends) == -100  # a gain cannot be more than all videos
    assert max(end.max() for end in ends) == 100


@pytest.mark.parametrize("count", [2, 3])
def test_many_are_points_and_the_furthest_are_named(count):
    made = sheet(MOST_ROWS + 1)
    with catalogue.drawn(replace(made, data={**made.data, "pretrainings": count})) as figure:
        (axes,) = figure.axes
        named = [each.get_text() for each in axes.texts]
        assert f"class {MOST_ROWS}" in named
        assert "class 1" not in named


def of(*records):
    return catalogue.sheet("per-class", Source(Loaded(tuple(records), ())))


def run(method, *pairs, seed=0, local=60.0, **more):
    return made({"average": 60.0, "adaptive": 61.0}, *pairs, method=method, seed=seed, local=local, **more)


def test_a_setting_that_can_be_paired_is_shown_before_one_that_cannot():
    """Of the paper's method and of another's; a run on other data, or of more seeds, hides neither."""
    paired = run("two_stream"), run("mbd", local=64.0)
    alone = [run("mbd", dataset="ucf101", split="1", seed=seed) for seed in range(3)]
    made_sheet = of(*paired, *alone)
    assert made_sheet.title.startswith("Gain per class over two_stream: mbd on localglobal, ")
    assert made_sheet.data["classes"][0]["local"] == pytest.approx(4.0)
    other = of(run("two_stream"), run("mutual", local=57.0), run("two_stream", seed=1))
    assert other.title.startswith("Gain per class over two_stream: mutual")
    assert other.data["classes"][0]["local"] == pytest.approx(-3.0)


def test_what_lacks_for_a_pair_is_said():
    with pytest.raises(UserError, match=r"no run of two_stream under .*--method two_stream .* makes one"):
        of(run("mbd"))
    with pytest.raises(UserError, match=r"no run of another method .* \(two_stream\); .*--method mbd "):
        of(run("two_stream"), run("two_stream", seed=1))


def test_a_class_without_test_videos_has_no_gain():
    """As in a folder of which one class has training videos alone."""
    records = []
    for record in (run("two_stream"), run("mbd", local=64.0)):
        tree = record.model_dump(by_alias=True)
        tree["data"]["classes"] = ["a", "b"]
        for stream in ("local", "global"):
            none = {**share(0.0), "of": 0, "low": 0.0, "high": 100.0}
            tree["metrics"][stream]["per_class"]["b"] = none
        records.append(type(record).model_validate(tree))
    made_sheet = of(*records)
    assert [each["class"] for each in made_sheet.data["classes"]] == ["a"]
    assert any(note.startswith("a class has 10000 test videos") for note in made_sheet.notes)


def test_joint_seeds_of_a_pre_training_count_once():
    """Three pairs gain 2, 4 and 6 points; the first has a second seed, which gains 4: means 3, 4, 6.

    Student's t with 2 degrees of freedom: 4.303 · 1.5275 / √3 = 3.795.
    """
    study = plan(arms=["two_stream", "mbd"], pairs=3, seeds={1: "all", 2: 1})
    gain = {(0, 1): 2.0, (1, 1): 4.0, (2, 1): 6.0, (0, 2): 4.0}

    def truth(arm, pair, seed):
        local = 50.0 + gain[pair, seed] * (arm.name == "mbd")
        return {"average": 60.0, "adaptive": 61.0, "local": local}

    made_sheet = of(*runs(study, truth))
    assert made_sheet.title.endswith("n = 3 pre-trainings")
    first = made_sheet.data["classes"][0]
    assert first["local"] == pytest.approx(13 / 3, abs=0.01)
    assert first["local_half"] == pytest.approx(3.795, abs=0.01)
    assert ", of the study made, preset" in made_sheet.notes[0]


def test_of_many_runs_the_first_are_named():
    records = [run(method, seed=seed) for method in ("two_stream", "mbd") for seed in range(7)]
    made_sheet = of(*records)
    assert "and 2 more (seeds 0, 1, 2, 3, 4 and 2 more), preset" in made_sheet.notes[0]
    assert "and 2 more; each stream tested alone" in made_sheet.notes[1]
