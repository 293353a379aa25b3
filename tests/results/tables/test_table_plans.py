"""What a table's plan trains is what its rows show; methods with networks of their own among them."""

from dataclasses import replace

import pytest
from support.fake_runner import FakeRunner
from support.made_records import made
from support.made_tables import row, table

from backbones.base.errors import UsageError
from harness.campaign.carry_out import carry_out
from harness.campaign.plan import plan
from harness.campaign.shared_settings import Base
from methods.catalogue import METHODS
from results.claims.protocols import tiny_of
from results.records import load_records
from results.tables.build import build
from results.tables.catalogue import all_names, joined, spec
from results.tables.wanted import Request, asked, wanted

# As two presets are, and as a campaign on other networks and clips.
OTHERS = (
    "global.backbone=vtn:efficientnet_lite0",
    "global.stride=6",
    "local.backbone=r2plus1d18",
    "local.short_side=[72,80]",
    "local.lr_factor=4",
)


def test_only_the_rows_that_are_asked_for_and_the_baseline():
    def labels(*rows):
        wants, _ = asked(Request(("components",), tuple(METHODS.names()), seeds=1, rows=rows), ())
        return list(dict.fromkeys(want.row for want in wants))

    assert labels("adaptive*") == ["two streams, no distillation", "adaptive fusion"]
    assert len(labels()) == 5
    with pytest.raises(UsageError, match="--rows adaptiv: table 'components' has no such row; did you mean"):
        labels("adaptiv")


OF_RUNS = [name for name in all_names() if name not in ("cost", "families") and not joined(name)]


@pytest.mark.parametrize("base", [Base("tiny"), Base("genkd-tiny"), Base("tiny", OTHERS)])
# Costs are no runs'; that made-up records have no families of classes is all that parts "families".
@pytest.mark.parametrize("name", OF_RUNS)
def test_what_a_plan_makes_fills_the_rows_that_it_was_made_for(name, base, tmp_path):
    methods = METHODS.discover().names()
    own = spec(name, methods).rows[0].preset
    if "/" in own:  # of a paper with presets of its own, which no run under another one fills
        base = replace(base, preset=tiny_of(own))
    made_plan = plan(wanted(spec(name, methods), "", 1), base, ())
    carry_out(made_plan, FakeRunner(tmp_path), tmp_path, lambda line: None)
    loaded = load_records([tmp_path])
    shown = build(spec(name, methods), loaded, None, None, None)
    planned = {want.row for run in made_plan.runs for want in run.wanted if want.table == name}
    filled = {cells[0].text for cells in shown.rows if any(cell.runs for cell in cells)}
    # An ensemble needs the stored outputs of its runs, which made-up records have not.
    ensembles = {row.label for row in spec(name, methods).rows if row.setting.startswith("[")}
    assert planned - ensembles <= filled
    assert bool(planned) == any(run.wanted for run in made_plan.runs)


def test_one_methods_runs_on_other_networks_are_not_mixed():
    """The comparators bring theirs; of two widths of one, that with more runs is shown, the other named."""
    common = [made({"average": 60.0}, method="two_stream", seed=seed) for seed in (0, 1)]
    twins = [made({"average": 50.0}, method="two_stream_i3d", seed=seed) for seed in (0, 1)]
    other = made({"average": 10.0}, "global.lr_factor=2", method="two_stream_i3d", seed=2)
    narrow = made({"average": 10.0}, "local.width=0.25", method="two_stream_i3d", seed=3)
    shown = table("methods", [*common, *twins, other, narrow])
    cell = row(shown, "two_stream_i3d")["top-1 measured ↑"]
    assert (cell.value, cell.n) == (50.0, 2)
    assert sum("not included: 1 record of another protocol" in line for line in shown.footer) == 2
    assert any(line.endswith(": two_stream_i3d i3d + i3d") for line in shown.footer)


def test_a_row_that_says_a_default_is_that_of_the_plain_run():
    plain = made({"average": 61.0}, method="unidirectional")
    shown = table("teachers", [plain])
    assert row(shown, "both: global stream teaches")["top-1 measured ↑"].value == 61.0
    assert row(shown, "both: local stream teaches")["top-1 measured ↑"].value is None
