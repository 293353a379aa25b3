"""GenKD's claims and table: its own protocol, the teacher's weights as part of the method."""

from support.made_records import made

from methods.catalogue import METHODS
from results.cell_commands import run_command
from results.claims.claims import by_id, claims
from results.judge import Evidence, judge
from results.matching import of_setting, protocol_differences
from results.records import Loaded, protocol_id
from results.tables.build import build
from results.tables.catalogue import spec
from results.verdict import NO_STUDY, NO_VERDICT, NOT_COMPARABLE, NOT_RUN

STUDENT = ("method.stream=global",)
TEACHER = ("local.weights=teacher.pt",)


def runs(seeds, gain):
    """The plain student and GenKD's with each seed."""
    plain = [
        made({"product": 50.0 + s}, *STUDENT, method="single", seed=s, preset="genkd-tiny") for s in seeds
    ]
    ours = [
        made({"global_only": 50.0 + s + gain}, *TEACHER, method="genkd", seed=s, preset="genkd-tiny")
        for s in seeds
    ]
    return [*plain, *ours]


def test_the_command_has_the_papers_protocol_and_trains_the_teacher_first():
    claim = by_id()["G01a"]
    command = run_command(claim.left, claim.dataset)
    root = "--data-root ucf101=DIR"
    assert command == f"harness table genkd --run --preset genkd --dataset ucf101 {root} --seeds 5"
    ours = runs([0], 1.0)[1]
    assert "--method genkd" in run_command(claim.left, claim.dataset, 1, ours)
    assert "--weights-local teacher.pt" in run_command(claim.left, claim.dataset, 1, ours)
    plain = run_command(by_id()["G01e"].left, "ucf101")
    assert "--method single" in plain
    assert "--weights" not in plain
    assert "--set global.backbone=i2d" in run_command(by_id()["G04"].left, "ucf101")


def test_a_run_under_the_papers_protocol_is_compared_and_another_is_not():
    records = [made({"global_only": 66.6}, *TEACHER, method="genkd", preset="genkd", dataset="ucf101")]
    assert protocol_differences(records[0], by_id()["G01a"].left, "ucf101") == []
    tiny = [made({"global_only": 66.6}, *TEACHER, method="genkd", preset="genkd-tiny")]
    verdict = judge([by_id()["G01a"]], Evidence(tiny, METHODS.names(), quoted=True))["G01a"]
    assert verdict.verdict == NOT_COMPARABLE
    assert "data set localglobal, not ucf101" in verdict.why


def test_the_student_and_its_baseline_are_of_one_protocol():
    plain, ours = runs([0], 2.5)
    assert protocol_id(plain) == protocol_id(ours)
    other = made({"global_only": 1.0}, *TEACHER, "train.lr=0.01", method="genkd", preset="genkd-tiny")
    assert protocol_id(other) != protocol_id(ours)


def test_the_order_is_measured_over_seeds():
    claim = by_id()["G01g"]
    assert of_setting(runs([0], 1.0), claim.right)
    found = judge([claim], Evidence(runs(range(5), 2.5), METHODS.names(), quoted=True))["G01g"]
    assert (found.verdict, found.measured, found.n) == (NO_STUDY, 2.5, 5)
    assert judge([claim], Evidence([], METHODS.names(), quoted=True))["G01g"].verdict == NOT_RUN


def test_numbers_of_a_third_partys_summary_are_quoted():
    """The paper's own tables were not seen: only what was counted here is derived by other means."""
    found = {claim.id: claim for claim in claims("genkd")}
    third = [claim for claim in found.values() if claim.source == "a third party's summary"]
    assert {claim.provenance for claim in third if claim.provenance != "derived"} == {"quoted"}
    assert not [claim for claim in found.values() if claim.provenance == "reported"]
    judged = judge(third, Evidence(runs(range(5), 2.5), METHODS.names()))
    assert {verdict.verdict for verdict in judged.values()} == {NO_VERDICT}


def test_the_table_has_reported_beside_measured():
    table = build(spec("genkd", []), Loaded(tuple(runs([0, 1], 2.5)), ()), None, None, None)
    rows = {cells[0].text: cells for cells in table.rows}
    assert [cell.text for cell in rows["GenKD"][1:4:2]] == ["66.6", "84.5"]
    assert rows["GenKD"][2].value == 53.0
    assert rows["plain student"][2].value == 50.5
    assert "quoted, as seen in a third party's summary: 66.6 (GenKD), 84.5 (GenKD)" in table.footer


def test_students_are_filled_by_the_plan_that_trains_their_teachers():
    table = build(spec("genkd", []), Loaded(tuple(runs([0], 2.5)[1:]), ()), None, None, None)
    footnotes = {cells[0].text: cells[2].footnote for cells in table.rows}
    plan = "harness table genkd --run --preset genkd-tiny --dataset localglobal"
    assert footnotes["logits KD"] == footnotes["SimKD"] == f"{plan} --set precision=fp32 --seeds 5"
    methods = build(spec("methods", METHODS.names()), Loaded((made({"average": 1.0}),), ()), None, None, None)
    assert next(cells[1].footnote for cells in methods.rows if cells[0].text == "kd").endswith(
        f"another protocol: {plan} --seeds 5"
    )
    assert "teacher.pt" not in footnotes["the teacher"]  # it is trained without one
    assert "teacher.pt" not in footnotes["plain student"]
