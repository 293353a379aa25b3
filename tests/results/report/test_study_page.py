"""The page of studies: plan, progress and tables."""

import re

from click.testing import CliRunner
from support.made_records import save
from support.made_studies import gains, runs

from harness.campaign.study.plan import read_plan
from harness.cli.main import cli
from results.claims.claims import claims
from results.verdict import Verdict, decided_elsewhere


def test_a_study_has_its_plan_its_progress_and_its_tables(tmp_path):
    """Of a study under way, two of whose runs are there."""
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "arms: [two_stream, mbd]\ndataset: localglobal\npreset: tiny\npairs: 3\n", encoding="utf-8"
    )
    plan, sha = read_plan(folder / "mine.yaml")
    save(runs(plan, gains({}), sha)[:2], folder)
    done = CliRunner().invoke(cli, ["report", "--runs", str(folder), "--out", str(tmp_path / "site")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "site" / "studies.html").read_text()
    assert "2 of 6 joint runs" in page
    assert 'max="6" value="2"' in page
    assert "INTERIM LOOK" in page
    assert sha in page
    assert "Variance components" not in page  # of one pre-training there are none: no empty table
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert (
        'study <a href="studies.html#mine">mine</a>: 2 of 6 runs'
        in (tmp_path / "site/index.html").read_text()
    )


def test_it_is_counted_on_what_claims_are_decided():
    """Claims of two data sets on one evidence are one; undecided ones and those on their own data none."""
    by_id = {claim.id: claim for claim in claims()}
    there = {"dataset": "localglobal standard", "why": ""}
    judged = [
        (by_id["C03e"], Verdict("does not hold", evidence="a", **there)),
        (by_id["C04e"], Verdict("does not hold", evidence="a", **there)),
        (by_id["C05c"], Verdict("no difference", evidence="b", **there)),
        (by_id["C03g"], Verdict("undecided", evidence="c", **there)),
        (by_id["C07c"], Verdict("holds", "", dataset=f"{by_id['C07c'].dataset} 1", evidence="d")),
    ]
    assert decided_elsewhere(judged) == [("here, on localglobal", 2)]
