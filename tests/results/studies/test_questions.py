"""What a plan's arms can decide of a paper's claims."""

from support.made_studies import CONTROLS, plan

from methods.catalogue import METHODS
from results.claims.claims import claims
from results.studies.arms import arms
from results.studies.measure import Output
from results.studies.questions import questions


def asked(**given):
    study = plan(**{"paper": "mbd", **given})
    return questions(study, arms(study, METHODS.names()).arms, claims("mbd"))


def ids(found):
    return [tuple(claim.id for claim in question.claims) for question in found]


def by_claim(found, claim):
    return next(question for question in found if claim in {each.id for each in question.claims})


def test_claims_of_two_data_sets_are_one_question():
    found = asked(tables=["components"])
    table1 = [question for question in found if question.table == "Table 1, section 4.1.1"]
    assert {("C03e", "C04e"), ("C05c", "C06c"), ("C07c", "C08c"), ("C09c", "C10c")} <= set(ids(table1))
    assert all(len(names) == 2 for names in ids(table1))
    first = table1[0]
    assert (first.left, first.rights) == (
        Output("mbd", "adaptive.top1"),
        (Output("two_stream", "average.top1"),),
    )
    assert first.sign == 1


def test_what_no_arm_can_tell_is_not_asked():
    found = {name for names in ids(asked(tables=["components"])) for name in names}
    assert "C21c" not in found  # MSE of the logits is no arm
    assert "C11" not in found
    assert "C16a" not in found  # a number on Kinetics-400
    assert "C36a" not in found  # a class of another data set
    assert "D03" not in found  # derived
    assert "C35" not in found  # a share of the videos of Kinetics-400


def test_a_setting_that_the_other_side_varies_is_the_papers():
    found = asked(arms=["mbd", {"mbd": {"local.backbone": "r2plus1d34"}}])
    assert by_claim(found, "C11").rights == (Output("mbd, local.backbone=r2plus1d34", "adaptive.top1"),)
    frames = asked(arms=["mbd", {"mbd": {"local.frames": 8, "global.frames": 8}}])
    assert "C20c" not in {name for names in ids(frames) for name in names}  # the preset's are 8: one arm
    longer = {"local.frames": 16, "global.frames": 16}
    assert by_claim(asked(arms=["mbd", {"mbd": longer}]), "C20c").rights == (Output("mbd", "adaptive.top1"),)


def test_a_grid_is_every_other_point_of_it():
    points = [{"mbd": {"kl_weight": kl}} for kl in (0.2, 1.0)]
    sweep = by_claim(asked(arms=["mbd", *points, {"mbd": {"kl_weight": 0.2, "final": False}}]), "C26a")
    assert [right.arm for right in sweep.rights] == ["mbd, kl_weight=0.2", "mbd, kl_weight=1.0"]
    assert sweep.left == Output("mbd", "local.top1")


def test_signs_of_relations():
    found = asked(tables=["teachers", "alignment"])
    assert by_claim(found, "C16d").sign == -1
    assert by_claim(found, "C21d").sign == 0
    own = plan(paper="mbd", arms=["mbd"], preset="paper", dataset="kinetics400")
    found = questions(own, arms(own, METHODS.names()).arms, claims("mbd"))
    assert (by_claim(found, "C35").sign, by_claim(found, "C35").rights) == (-1, (50.0,))
    assert by_claim(found, "C32e").rights == (92.0,)  # Two-Stream I3D's top-5


def test_margins_of_parts():
    study = plan(arms=["mbd"], margin={"headline": 1.0, "conflict": 5.0})
    (question, *_) = asked(tables=["components"])
    assert question.margin(study) == 1.0
    conflict = question.__class__((), "t", "", 1, Output("mbd", "own.conflict"), ())
    assert conflict.margin(study) == 5.0


def test_without_a_paper_arms_are_compared_with_the_reference():
    found = asked(paper="", arms=["mbd", "mutual"], controls=CONTROLS)
    assert [question.statement for question in found] == ["mbd > two_stream", "mutual > two_stream"]
    first = asked(paper="", arms=["mutual", "mbd"])
    assert [question.statement for question in first] == ["mbd > mutual"]
    assert ids(first) == [()]
