"""Tables from made-up records whose cells are known."""

import pytest
from scipy import stats
from support.made_records import made
from support.made_tables import BASE, five_seeds, row, table

from backbones.base.errors import UserError
from harness.config.labels import NOT_USED
from harness.record.schema import Difference
from results import step_times as steps
from results.claims.ambiguities import ambiguities
from results.records import load_records
from results.step_times import StepTime
from results.tables.model import split_command

RULES = ("average", "weighted", "max", "concat", "svm", "conv3d", "bilinear", "adaptive")


def test_fusion_over_seeds_by_scipy():
    shown = table("fusion", five_seeds())
    assert [cells[0].text for cells in shown.rows] == list(RULES)
    cell = row(shown, "average")["top-1 measured ↑"]
    low, high = stats.t.interval(0.95, 4, loc=70.2, scale=stats.sem(BASE))
    assert (cell.value, cell.low, cell.high, cell.n) == pytest.approx((70.2, low, high, 5))
    assert cell.text == f"70.2 ± {(high - low) / 2:.1f} (n=5)"
    gap = row(shown, "adaptive")["Δ top-1"]
    assert gap.value == pytest.approx(2.0)
    assert gap.high - gap.value == pytest.approx(stats.sem([-0.2, -0.1, 0, 0.1, 0.2]) * 2.776, abs=1e-3)
    assert row(shown, "adaptive")["top-1 reported"].text == "83.53"
    assert len(cell.runs) == 5


def test_bold_is_only_what_is_significantly_best():
    assert row(table("fusion", five_seeds(2.0)), "adaptive")["top-1 measured ↑"].bold
    assert not row(table("fusion", five_seeds(0.01)), "adaptive")["top-1 measured ↑"].bold
    assert not row(table("fusion", five_seeds(2.0)[:4]), "adaptive")["top-1 measured ↑"].bold


def test_one_seed_has_its_interval_over_videos():
    shown = table("fusion", [made({"average": 60.0, "adaptive": 61.0})])
    assert row(shown, "average")["top-1 measured ↑"].text == "60.0 [59.0, 61.0]"
    assert any("one seed" in line for line in shown.footer)


def test_empty_cells_say_what_fills_them():
    shown = table("components", five_seeds())
    cell = row(shown, "two streams, no distillation")["top-1 measured ↑"]
    assert cell.text == "—"
    assert cell.footnote == (
        "harness run --method two_stream --backbone r2plus1d50 --preset tiny --dataset localglobal "
        "--precision fp32 --seeds 5 --from-scratch"
    )
    missing = row(table("fusion", five_seeds()), "svm")["top-1 measured ↑"]
    assert missing.footnote.startswith("not in these records")
    assert row(table("fusion", []), "average")["top-1 measured ↑"].footnote.startswith("harness run")


def test_protocols_are_not_mixed():
    records = [*five_seeds(), made({"average": 10.0, "adaptive": 10.0}, "train.lr=0.5", seed=7)]
    records += five_seeds(identity=2)[:1]
    shown = table("fusion", records)
    left_out = [line for line in shown.footer if "not included" in line]
    assert len(left_out) == 2
    key = left_out[0].split("--protocol ")[1].split()[0]
    assert row(table("fusion", records, protocol=key), "average")["top-1 measured ↑"].n == 1
    with pytest.raises(UserError, match="no records of protocol 'nonsense'"):
        table("fusion", records, protocol="nonsense")


def test_fewer_seeds_and_another_data_set():
    records = five_seeds()
    assert row(table("fusion", records, seeds=3), "average")["top-1 measured ↑"].n == 3
    assert row(table("fusion", records, dataset="ssv2"), "average")["top-1 measured ↑"].text == "—"


def test_rows_that_vary_the_networks_are_one_protocol():
    pairs = ("local.backbone=r2plus1d34", "global.backbone=vtn_resnet50")
    records = [made({"adaptive": 50.0}), made({"adaptive": 40.0}, *pairs)]
    shown = table("networks", records)
    assert row(shown, "r2plus1d50 + vtn_vitb")["top-1 measured ↑"].value == 50.0
    assert row(shown, "r2plus1d34 + vtn_resnet50")["top-1 measured ↑"].value == 40.0
    assert row(shown, "r2plus1d34 + vtn_resnet50")["Δ top-1"].value == -10.0
    (line,) = [line for line in shown.footer if line.startswith("measured on")]
    assert "2 pairs of networks, of which each row names its own" in line
    (line,) = [line for line in table("networks", records[:1]).footer if line.startswith("measured on")]
    assert "pairs of networks" not in line


def test_a_rule_of_ones_own_is_shown_after_the_papers():
    shown = table("fusion", [made({"average": 60.0, "mine": 61.0})])
    assert shown.rows[-1][0].text == "mine"


def test_rules_on_the_same_streams_are_compared_over_videos():
    """One seed: the record's own paired interval; several: over pre-trainings alone, as claims have it."""
    gap = Difference(
        points=2.0, low=-1.0, high=5.0, gained=5, lost=3, method="paired bootstrap over 9 groups"
    )
    records = five_seeds()
    for record in records:
        record.metrics.fusion["adaptive"].to_average = gap
    one = row(table("fusion", records[:1]), "adaptive")["Δ top-1"]
    assert (one.low, one.high, one.n) == (-1.0, 5.0, 1)
    assert one.text == "+1.8 [−1.0, +5.0]"
    five = row(table("fusion", records), "adaptive")["Δ top-1"]
    # Gains of 1.8, 1.9 … 2.2: t(4) 2.776 · 0.158114 / √5.
    assert (five.high - five.low) / 2 == pytest.approx(2.776445 * 0.158114 / 5**0.5, rel=1e-4)
    other = row(table("components", records), "all: MBD")["Δ top-1"]
    assert other.text == ""  # another method's streams: no baseline was run


def test_methods_show_streams_dominance_and_the_time_of_a_step(monkeypatch):
    monkeypatch.setattr(steps, "step_times", lambda: {"mbd": StepTime(1.35, 1.3, 1.4)})
    monkeypatch.setattr(steps, "networks", lambda: ("r2plus1d50", "vtn_vitb"))
    records = [made({"average": 60.0}, method="two_stream")]
    for seed, (local, glob) in enumerate([(50.0, 55.0), (52.0, 58.0)]):
        records.append(made({"adaptive": 61.0}, seed=seed, local=local, glob=glob))
    one = made({"product": 40.0}, method="single", seed=0)
    one.labels["global"] = NOT_USED
    shown = table("methods", (*records, one))
    mbd = row(shown, "mbd")
    assert mbd["local stream ↑"].value == pytest.approx(51.0)
    assert mbd["global stream ↑"].value == pytest.approx(56.5)
    assert mbd["step time ↓"].text == "1.35 [1.30, 1.40]"
    assert row(shown, "two_stream")["step time ↓"].text == "—"
    other = row(table("methods", [made({"adaptive": 61.0}, "local.backbone=r2plus1d18")]), "mbd")
    assert other["step time ↓"].text == "—"  # they were timed on other networks
    assert "not timed on these networks" in other["step time ↓"].footnote
    single = row(shown, "single: local stream")
    assert single["global stream ↑"].text == ""  # it was neither trained nor heard
    assert single["dominant stream correct ↑"].text == ""
    assert single["local stream ↑"].n == 1


def test_families_are_what_the_records_say_of_each(whole):
    cells = row(table("families", load_records([whole.path.parent]).records), "mbd")
    metrics = whole.record().metrics
    for heading, found in (
        ("local on shared ↑", metrics.local.per_family["shared"]),
        ("global on conflict ↑", metrics.glob.per_family["conflict"]),
        ("fused on global ↑", metrics.fusion["adaptive"].per_family["global"]),
    ):
        assert cells[heading].value == pytest.approx(100 * found.correct / found.of)
        assert (cells[heading].low, cells[heading].high) == (found.low, found.high)


def five_seeds_with(*pairs):
    return [made({"average": 60.0, "adaptive": 61.0}, *pairs, seed=seed) for seed in range(5)]


def test_commands_repeat_what_departs_from_the_preset():
    cell = row(table("components", five_seeds_with("train.epochs=3")), "two streams, no distillation")
    assert "--set train.epochs=3" in cell["top-1 measured ↑"].footnote


NOT_HERE = ("one-way-teacher", "middle-stage")


def test_every_reading_of_mbds_settings_has_a_row():
    """But those of one-way teaching, and of stages that not every backbone has."""
    labels = {cells[0].text for cells in table("ambiguities", []).rows}
    for entry in ambiguities():
        if entry.method == "mbd" and entry.setting.startswith("method.") and entry.name not in NOT_HERE:
            assert any(label.startswith(f"{entry.name}: ") for label in labels), entry.name


def test_of_two_protocols_that_fill_the_same_rows_the_one_with_more_runs_is_shown():
    """A later single run of other networks does not take the place of five seeds."""
    later = made({"average": 40.0, "adaptive": 41.0}, "local.backbone=r2plus1d18")
    later.finished = "2999-01-01T00:00:00"
    for records in ([*five_seeds(), later], [later, *five_seeds()]):
        assert row(table("fusion", records), "adaptive")["top-1 measured ↑"].n == 5
    assert row(table("fusion", [*five_seeds()[:1], later]), "adaptive")["top-1 measured ↑"].value == 41.0


def test_a_difference_is_of_the_runs_that_pair():
    """The baseline, MSE of the logits, has seeds 0, 1 and 7; KL has seeds 0 to 4: two pairs."""
    base = [made({"adaptive": 50.0}, "method.final_loss=mse", seed=seed) for seed in (0, 1, 7)]
    ours = five_seeds()
    shown = table("alignment", [*base, *ours])
    gap = row(shown, "KL")["Δ top-1"]
    assert (gap.value, gap.n) == (pytest.approx(22.35), 2)  # 70 + 1.8 and 71 + 1.9 less 50
    assert gap.text.endswith(" (n=2)")
    assert set(gap.runs) == {base[0].id, base[1].id, ours[0].id, ours[1].id}
    (few,) = [line for line in shown.footer if line.startswith("fewer than 5 pre-trainings")]
    assert few.endswith(": MSE of the logits, KL")


def test_one_seed_is_not_compared_with_a_mean():
    base = [made({"adaptive": 50.0}, "method.final_loss=mse")]
    assert row(table("alignment", [*base, *five_seeds()]), "KL")["Δ top-1"].text == ""
    assert row(table("alignment", [*base, *five_seeds()[:1]]), "KL")["Δ top-1"].text == "+21.8"


def test_equal_values_of_five_seeds_are_not_certain():
    """Of 10,000 videos: t(4) 2.776 · 0.01 / √12 / √5 = 0.0036 points, not 0."""
    records = [made({"average": 60.0, "adaptive": 62.0}, seed=seed) for seed in range(5)]
    gap = row(table("fusion", records), "adaptive")["Δ top-1"]
    assert (gap.high - gap.low) / 2 == pytest.approx(2.776445 * 0.01 / 12**0.5 / 5**0.5, rel=1e-4)


@pytest.mark.parametrize(
    ("footnote", "parts"),
    [
        ("harness run --method mbd", ("", "harness run --method mbd")),
        ("for split in 1 2; do harness run; done", ("", "for split in 1 2; do harness run; done")),
        ("not fitted: too few: harness run --seed 1", ("not fitted: too few:", "harness run --seed 1")),
        ("in a table: for split in 1; do x; done", ("in a table:", "for split in 1; do x; done")),
        ("the paper has no code", ("the paper has no code", "")),
    ],
)
def test_a_footnote_is_words_and_a_command(footnote, parts):
    assert split_command(footnote) == parts
