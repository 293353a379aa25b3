"""A plan of one arm: enough where its paper orders the outputs of that arm."""

import pytest
from support.made_studies import analysed, plan
from support.paper_folder import folder  # noqa: F401

from backbones.base.errors import UsageError
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.studies.planned.compared import compared
from results.studies.report.whole import FORMATS

ORDERS = """F1,Table 3,ucf101,two_stream,average.top1,>,,two_stream @ local.top1,,reported,,both above flow
F2,Table 3,ucf101,two_stream,local.top1,>,,two_stream @ global.top1,,reported,,flow above RGB
"""


@pytest.fixture
def paper(folder):  # noqa: F811
    folder.add("claims.csv", ORDERS)
    PAPERS.load(folder.path)
    return folder


def test_its_outputs_are_compared(paper):
    study = plan(paper="ours", arms=["two_stream"])
    assert compared(study, METHODS.names()).names() == ["two_stream"]
    found = analysed(study, lambda arm, pair, seed: {"average": 75.0 + pair, "local": 60.0, "global": 70.0})
    words = {answer.question.claims[0].id: answer.word for answer in found.answers}
    assert words == {"ours/F1": "holds", "ours/F2": "does not hold"}
    for made in FORMATS.values():
        assert "two_stream" in made(found)


@pytest.mark.parametrize("given", [{}, {"paper": "ours", "arms": ["mutual"]}])
def test_of_others_a_second_arm_is_asked_for(given, paper):
    study = plan(**{"arms": ["two_stream"], **given})
    with pytest.raises(UsageError, match="is its only one; name another"):
        compared(study, METHODS.names())
