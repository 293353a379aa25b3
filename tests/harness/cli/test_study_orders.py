"""`harness study plan` without a pilot lists the orders that the study will judge."""

import pytest
from click.testing import CliRunner

from harness.cli.main import cli

HEAD = "dataset: localglobal\npreset: tiny\npairs: 6\nmargin: {headline: 2.0, conflict: 5.0}\n"


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (
            "arms: [two_stream, mbd, {mbd: {final: false}}]\n",
            [
                "it judges 2 orders:",
                "  mbd > two_stream  (arms, margin 2)",
                "  mbd, final=false > two_stream  (arms, margin 2)",
            ],
        ),
        (
            "paper: mars\narms: [two_stream, mars]\npreset: mars/tiny\n",
            [
                "it judges 4 orders of paper 'mars':",
                "  mars own.top1 > two_stream global.top1  (abstract, M05, margin 2)",
            ],
        ),
        ("paper: stddcn\narms: [two_stream, mbd]\n", ["it judges 0 orders of paper 'stddcn'"]),
    ],
)
def test_orders_by_table_claim_and_margin(plan, lines, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((HEAD if "preset" not in plan else HEAD.replace("preset: tiny\n", "")) + plan)
    done = CliRunner().invoke(cli, ["study", "plan", str(path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    first = said.index(lines[0])
    assert said[first : first + len(lines)] == lines
