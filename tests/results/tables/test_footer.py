"""What stands under a table: on what it was measured, what is not in it, how to read it."""

from support.made_records import made
from support.made_studies import gains, plan, runs
from support.made_tables import five_seeds, table

from harness.config.labels import NOT_USED
from harness.record.schema import Pair, Start


def of_intervals(records):
    (line,) = [line for line in table("fusion", records).footer if line.startswith("a ± b (n)")]
    return line.partition("(Student t)")[2]


def started(record, **update):
    return record.model_copy(update={"starts_from": record.starts_from.model_copy(update=update)})


def test_the_footer_names_lost_videos_and_thin_rows():
    record = made({"average": 60.0, "adaptive": 61.0})
    record.data.failed["test"] = {f"v{n}.mp4": "cut" for n in range(5)}
    text = " ".join(table("components", [record]).footer)
    assert "5 that a run could not read, counted as wrong there (v0.mp4, v1.mp4, v2.mp4 and 2 more)" in text
    assert "fewer than 5 pre-trainings, too few to rank: all: MBD" in text
    assert "too few" not in " ".join(table("fusion", five_seeds()).footer)


def test_what_is_not_mixed_in_says_what_differs():
    records = [*five_seeds(), made({"average": 10.0, "adaptive": 10.0}, "train.lr=0.5", seed=7)]
    (line,) = [line for line in table("fusion", records).footer if line.startswith("not included")]
    assert "1 record of another protocol (train.lr 0.5, here 0.01; --protocol " in line


def test_the_footer_names_both_networks_though_the_first_run_has_one():
    one, both = made({"average": 40.0}, method="single"), made({"adaptive": 61.0})
    one.labels["global"] = NOT_USED
    (line,) = [line for line in table("methods", (one, both)).footer if line.startswith("measured on")]
    assert "r2plus1d50 + vtn_vitb" in line
    assert NOT_USED not in line


def test_many_other_protocols_are_one_line():
    other = [made({"adaptive": 60.0}, f"train.lr=0.0{digit}") for digit in (2, 3, 4, 5, 6)]
    twice = made({"adaptive": 60.0}, "train.lr=0.06", seed=1)
    lines = [
        line for line in table("fusion", [*five_seeds(), *other, twice]).footer if "not included" in line
    ]
    assert len(lines) == 4
    assert lines[0].startswith("not included: 2 records of another protocol (train.lr 0.06, here 0.01; ")
    assert lines[3].startswith("not included: 2 more, of 2 other protocols (")


def test_without_a_difference_none_is_explained():
    assert not [line for line in table("alignment", five_seeds()).footer if line.startswith("Δ")]


def test_what_a_column_is_of_and_what_top5_is_stand_below():
    """Of 416 test videos a family of 104 stands apart; 16 classes in families of four have no top-5."""
    records = five_seeds()
    for record in records:
        record.data.found["test"] = 416
        for scores in (record.metrics.local, record.metrics.glob, *record.metrics.fusion.values()):
            scores.top1.of, scores.top5.of, scores.k = 312, 312, 2
    shown = table("fusion", records).footer
    assert "columns over fewer test videos: every column: 312" in shown
    assert "top5 is top-2 here: top-5 could hardly fail" in shown
    assert not [line for line in table("fusion", five_seeds()).footer if "top5 is" in line]


def test_commands_beside_a_studys_runs_are_no_part_of_it():
    """What they make starts from pre-trainings of its own: nothing pairs it with these."""
    study = plan(arms=["mbd"])
    shown = table("components", runs(study, gains({})))
    assert shown.of_study
    assert [line for line in shown.footer if line.startswith("runs of the study made: each pre-training")]
    alone = table("components", [made({"average": 60.0, "adaptive": 61.0})])
    assert not alone.of_study
    assert not [line for line in alone.footer if "the study" in line]


def test_runs_with_settings_that_no_row_has_are_named():
    """A known harm of a study: the row of its method is empty, though runs of it are there."""
    others = [
        made({"average": 50.0}, "method.kl_weight=2.0", method="shuffled_teachers", seed=n) for n in (0, 1)
    ]
    shown = table("methods", [*five_seeds(), *others]).footer
    said = "not shown, since no row has these settings: 2 records of shuffled_teachers (kl_weight=2.0)"
    assert said in shown
    usual = made({"average": 50.0}, method="shuffled_teachers")
    assert not [line for line in table("methods", [*five_seeds(), usual]).footer if "not shown" in line]


def test_from_scratch_is_said_only_of_runs_that_were():
    """Of what each stream of each run starts from."""
    scratch = five_seeds()
    pair = [started(each, pair=Pair(id=f"p{n}", seed=n)) for n, each in enumerate(scratch)]
    published = Start(kind="zoo", name="imagenet", sha256="0" * 64)
    zoo = [started(each, glob=published) for each in scratch]
    videos = "and the order, crops and flips of the training videos"
    assert of_intervals(pair) == ""
    assert of_intervals(scratch) == (
        f"; trained from scratch, each seed is one: it sets the initial weights {videos}"
    )
    assert of_intervals(zoo) == (
        f"; without a pre-trained pair, each seed is one: it sets the weights that are not loaded {videos}"
    )
    unused = [each.model_copy(update={"labels": {**each.labels, "global": NOT_USED}}) for each in zoo]
    assert of_intervals(unused).startswith("; trained from scratch")
