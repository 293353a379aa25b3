"""A study's report in each format: what is said, and that every interval is named."""

import csv
import io
import json

import pytest
from support.made_studies import CONTROLS, NOISE, SHA, analysed, gains, plan, runs

from methods.catalogue import METHODS
from results.studies.analysis import analyse
from results.studies.measure import Matrix
from results.studies.report.cells import OVER, THESE
from results.studies.report.whole import FORMATS, report
from results.tables.render import markdown

TRUTH = {"mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0, "mbd": 2.0}
STUDY = plan(paper="mbd", tables=["components"], controls=CONTROLS)


@pytest.fixture(scope="module")
def analysis():
    pilot = Matrix.of(runs(plan(arms=["mbd", "two_stream"]), gains({"mbd": 1.0})))
    return analyse(STUDY, SHA, runs(STUDY, gains(TRUTH)), METHODS.names(), pilot)


def cells(table, label):
    (row,) = (row for row in table.rows if row[0].text == label)
    return dict(zip(table.columns, (cell.text for cell in row), strict=True))


def titled(found, start):
    return next(table for table in found.tables if table.title.startswith(start))


def test_the_head_says_what_was_planned_and_whether_it_is_complete(analysis):
    head = report(analysis).head
    assert "SHA-256 ffffffffffff: 6 arms on localglobal, preset tiny, fp32, 8 pre-trainings" in head[0]
    assert head[1] == "complete: verdicts are those of the planned number of pre-trainings"
    assert head[4].startswith("13 of 19 distinct orders decided")
    interim = report(analysed(STUDY, gains(TRUTH), pairs=3)).head
    assert interim[1] == "INTERIM LOOK at 18 of 48 runs: it gives no verdict"
    validation = report(analysed(STUDY.model_copy(update={"part": "validation"}), gains(TRUTH))).head
    assert "gives no verdict" in validation[1]


def test_the_head_says_which_code_made_the_runs():
    """Of eight pairs one was made after an edit, as with --here."""
    made = runs(STUDY, gains(TRUTH))
    for record in made:
        changed = record.study.pair == 7
        record.code = type(record.code)(commit="ab" * 20, dirty=changed)
    said = report(analyse(STUDY, SHA, made, METHODS.names())).head[3]
    one = "the code at commit abababababab"
    assert said == f"made with {one} and {one}, changed since and not committed"


def test_half_widths_by_hand():
    """Differences of one question each: 0, and the spread 0.245 with 7 df: 2.3646 · 0.24495 / √8 = 0.205."""
    found = report(analysed(plan(arms=["two_stream", "mbd", "mutual"]), gains({"mbd": 2.0}))).head
    said = "half widths over pre-trainings: median 0.10, 80 % at most 0.20 points"
    assert found[4] == f"1 of 2 distinct orders decided; {said}"


def test_one_pre_training_has_no_interval_and_no_components():
    """Of three pairs one is made: nothing is infinite, and no table is empty."""
    study = plan(arms=["two_stream", "mbd"], pairs=3)
    found = report(analysed(study, gains({"mbd": 2.0}), pairs=1))
    said = "half widths over pre-trainings: 1 order without an interval, which takes two pre-trainings"
    assert f"0 of 1 distinct orders decided; {said}" in found.head
    assert "inf" not in FORMATS["text"](analysed(study, gains({"mbd": 2.0}), pairs=1))
    assert all(table.rows for table in found.tables)
    assert not [table for table in found.tables if table.title.startswith("Variance")]


def test_an_interval_that_one_video_sets_is_said():
    """Equal differences in all eight pairs, of 10000 videos."""

    def truth(arm, pair, seed):
        value = 70.0 + 2 * (arm.name == "mbd")
        return {"average": value, "adaptive": value}

    found = report(analysed(plan(arms=["two_stream", "mbd"]), truth))
    said = "no interval is narrower than steps of one video allow, which sets that over pre-trainings of "
    (line,) = [line for line in found.head if line.startswith(said)]
    assert line.removeprefix(said) == "mbd own.top1 − two_stream own.top1 (0.01 points)"
    spread = report(analysed(plan(arms=["two_stream", "mbd"]), gains({"mbd": 2.0})))
    assert not [line for line in spread.head if line.startswith(said)]


def test_an_order_with_both_intervals_power_and_what_one_run_shows(analysis):
    shown = cells(titled(report(analysis), "Orders of Table 1"), "C03e, C04e")
    assert shown["verdict"] == "holds"
    assert shown["difference, ± over pre-trainings"] == "+2.00 ± 0.20"
    assert "± for these pre-trained streams" not in shown  # one seed per pair: it has nothing to say
    assert shown["p, different"] == "< 0.0001"
    assert shown["level"] == "0.0063"  # 0.05 / 8
    assert shown["power: differs by margin"] == "> 99 %"
    assert shown["one run shows it"] == "8 of 8"
    assert shown["SD of differences between pairs"] == "0.24"
    assert "SD of differences within a pair" not in shown


def test_of_one_pair_there_is_no_p_where_there_is_no_interval():
    study = plan(paper="mbd", tables=["components"], pairs=1)
    found = analysed(study, gains(TRUTH))
    shown = cells(titled(report(found), "Orders of Table 1"), "C03e, C04e")
    assert shown["difference, ± over pre-trainings"] == "+1.65 (no interval)"
    assert not {"p, different", "p, equal"} & shown.keys()  # no row has one: no column
    assert "p =" not in found.answers[0].contrasts[0].summary()
    first = json.loads(FORMATS["json"](found))["rows"][0]
    assert (first["p_direction"], first["p_equivalent"]) == (None, None)


def test_controls_arms_and_differences(analysis):
    found = report(analysis)
    harm = cells(titled(found, "Controls"), "known harm")
    assert (harm["found"], harm["difference, ± over pre-trainings"]) == ("yes", "−4.00 ± 0.20")
    assert cells(titled(found, "Arms"), "mbd")["fused by its own rule"] == "72.0 ± 0.8"
    gap = cells(titled(found, "Differences to two_stream, ± over pre-trainings"), "mbd")
    assert gap["local stream"] == "0.00 ± 0.00"


def test_the_spread_of_these_streams_is_shown_where_pairs_have_two_seeds():
    def truth(arm, pair, seed):
        value = 70 + NOISE[pair] + (seed - 1) * NOISE[pair] * (arm.name == "mbd")
        return {"average": value, "adaptive": value}

    found = report(analysed(plan(arms=["two_stream", "mbd"], seeds={1: "all", 2: 4}), truth))
    shown = cells(titled(found, "Differences to two_stream, ± for these"), "mbd")["fused by its own rule"]
    squares = sum(value**2 / 2 for value in NOISE[:4])
    assert shown.endswith(f"± {2.776445 * (squares / 4 * (4 * 0.5 + 4)) ** 0.5 / 8:.2f}")


def test_parts_have_columns_of_their_own():
    study = plan(arms=["two_stream", "mbd"], margin={"headline": 1.0, "conflict": 5.0})
    columns = titled(report(analysed(study, gains({}))), "Arms").columns
    assert "fused by its own rule, conflict alone" in columns


def test_a_study_without_controls_says_so():
    found = report(analysed(plan(arms=["two_stream", "mbd"]), gains({})))
    assert "the plan has no controls: 'no difference' is not said" in found.head
    assert not [table for table in found.tables if table.title.startswith("Controls")]
    with_them = report(analysed(STUDY, gains({})))
    assert titled(with_them, "Controls")
    assert not [line for line in with_them.head if "no controls" in line]


def test_controls_are_no_part_of_the_variance_components():
    """A control that is far off in every second pair says nothing of how arms differ between pairs.

    Without it two_stream and mbd differ by 2 + noise: half the variance of that difference is the residual.
    """

    def truth(arm, pair, seed):
        found = gains({"mbd": 2.0})(arm, pair, seed)
        wild = 40.0 * (-1) ** pair * (arm.name == "mbd, kl_weight=0.1")
        return {rule: value + wild - 20 * (wild != 0) for rule, value in found.items()}

    study = plan(arms=["two_stream", "mbd"], controls=CONTROLS)
    found = titled(report(analysed(study, truth)), "Variance components")
    shown = cells(found, "fused by its own rule")
    assert shown["SD of arm x pre-training"] == f"{(sum(v * v for v in NOISE) / 7 / 2) ** 0.5:.2f}" == "0.17"
    assert found.footer[0].startswith("over all arms but the controls")


def test_every_format_has_the_verdict(analysis):
    for name in FORMATS:
        assert "holds" in FORMATS[name](analysis)
    assert FORMATS["html"](analysis).count("<table") == FORMATS["html"](analysis).count("</table>") > 5


def test_json_and_csv_have_numbers_as_numbers(analysis):
    tree = json.loads(FORMATS["json"](analysis))
    assert (tree["complete"], tree["verdicts"], tree["missing"]) == (True, True, [])
    first = tree["rows"][0]
    assert first["claims"] == "C03e C04e"
    assert first["difference"] == pytest.approx(2.0)
    assert first["over_pretrainings_high"] - first["over_pretrainings_low"] == pytest.approx(
        0.409565, abs=1e-4
    )
    assert first["these_streams_low"] is None
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](analysis))))
    assert len(rows) == len(tree["rows"])
    assert [row["word"] for row in rows if row["kind"] == "control: known gain"] == ["found"]


def test_an_interim_look_gives_no_verdict_in_json():
    tree = json.loads(FORMATS["json"](analysed(STUDY, gains(TRUTH), pairs=7)))
    assert (tree["verdicts"], len(tree["missing"])) == (False, 6)
    assert tree["missing"][0] == ["two_stream", 7, 1]


def test_what_no_row_has_is_no_column():
    """Arms of one's own answer no claim, and one seed a pair has no spread within."""
    found = report(analysed(plan(arms=["mbd", "mutual"], controls=CONTROLS), gains({"mutual": 2.0})))
    orders = next(table for table in found.tables if table.name == "orders")
    assert orders.columns[:3] == ["order", "verdict", f"difference, ± {OVER}"]
    assert (orders.keys, len(orders.rows[0])) == (2, len(orders.columns))
    assert markdown(orders, False).splitlines()[3].startswith("| :--- | :--- | ---: |")
    controls = next(table for table in found.tables if table.name == "controls")
    assert f"± {THESE}" not in controls.columns
    assert f"difference, ± {OVER}" in controls.columns
