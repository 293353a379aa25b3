"""A user's paper in claims, tables, figures, presets and commands: under names of its own."""

import json
import shlex

import pytest
from click.testing import CliRunner
from support import made_studies
from support.made_records import made
from support.paper_folder import folder  # noqa: F401

from backbones.base.errors import UsageError
from harness.campaign.plan import plan
from harness.campaign.shared_settings import Base
from harness.cli.main import cli
from harness.config.preset_files import preset_names
from harness.config.resolve import resolve
from harness.papers.registry import PAPERS
from methods.catalogue import METHODS
from results.claims.claims import by_id, claims
from results.figures import catalogue as figures
from results.figures.model import Source
from results.judge import Evidence, judge
from results.records import Loaded
from results.tables import catalogue as tables
from results.tables.named import named
from results.tables.wanted import Request, asked

NONE = Loaded((), ())


@pytest.fixture
def ours(folder):  # noqa: F811
    return PAPERS.load(folder.path)


def test_claims_carry_the_papers_name(ours):
    assert [claim.id for claim in claims("ours")][:2] == ["ours/P01", "ours/P02"]
    assert by_id()["C04a"] is by_id()["mbd/C04a"]
    assert {claim.source for claim in claims("ours")} == {"https://example.org", "https://example.org/code"}


def test_what_was_only_quoted_is_judged_where_asked(ours):
    found = claims("ours")
    said = judge(found, Evidence((), METHODS.names()))
    assert said["ours/P06"].verdict == "no verdict"
    assert "not in the paper itself" in said["ours/P06"].why
    assert judge(found, Evidence((), METHODS.names(), quoted=True))["ours/P06"].verdict == "not run"


def test_a_data_set_that_is_only_declared_is_not_run_with_the_reason(ours):
    said = judge(claims("ours"), Evidence((), METHODS.names()))["ours/P05"]
    assert (said.verdict, said.why) == (
        "not run",
        "data set 'a-private-set' cannot be run on here: its videos are not published",
    )


def test_an_order_on_a_data_set_that_is_only_declared_is_decided_on_other_data(folder):  # noqa: F811
    row = "P90,Table 1,a-private-set,mbd,average.top1,>,,two_stream @ average.top1,,reported,,\n"
    PAPERS.load(folder.add("claims.csv", row).path)
    order = [by_id()["ours/P90"]]
    said = judge(order, Evidence((), METHODS.names()))["ours/P90"]
    assert said.verdict == "not run"
    assert said.why.endswith("its videos are not published; runs on another data set can decide this order")
    assert said.command == ""
    planned = made_studies.plan(paper="ours", arms=["mbd"], controls=made_studies.CONTROLS)
    truth = made_studies.gains({"mbd": 2.0, "mbd, kl_weight=0.1": -4.0, "mbd, kl_weight=0.9": 4.0})
    study = made_studies.analysed(planned, truth)
    assert study.answer("ours/P90").word == "holds"  # of the study's own report
    found = judge(order, Evidence((), METHODS.names(), studies=[study]))["ours/P90"]
    assert (found.verdict, found.dataset) == ("holds", "localglobal")
    both = [made({"average": value}, method=name) for name, value in (("mbd", 72.0), ("two_stream", 70.0))]
    unplanned = judge(order, Evidence(both, METHODS.names()))["ours/P90"]
    assert (unplanned.verdict, unplanned.measured) == ("not decided: no study", pytest.approx(2.0))


def test_tables_have_full_names_and_short_ones_where_only_one_paper_has_them(ours, folder):  # noqa: F811
    assert tables.full_name("main") == tables.full_name("ours/main") == "ours/main"
    assert tables.full_name("fusion") == tables.full_name("mbd/fusion") == "fusion"
    with pytest.raises(UsageError, match="no table 'ours/mian'; did you mean 'ours/main'"):
        tables.full_name("ours/mian")
    assert "ours/main" in tables.all_names()
    assert "ours/gain" in figures.names()


def test_generated_rows(ours):
    rows = tables.spec("temperatures", METHODS.names()).rows
    assert [(row.label, row.setting) for row in rows] == [
        (f"T = {t}", f"mutual method.temperature={t} @ average") for t in (1, 2, 4)
    ]
    assert [dict(row.reported) for row in rows] == [{}, {}, {"top1": "91.9"}]


def test_empty_cells_name_the_folder(ours):
    notes = named("ours/main", NONE, METHODS.names()).footnotes()
    assert all(
        f"--preset ours/tiny --dataset localglobal --paper {shlex.quote(str(ours.folder))}" in n
        for n in notes
    )


def test_commands_name_the_network_of_the_preset_that_they_name(folder):  # noqa: F811
    """The folder's tiny preset may have smaller networks than its protocol."""
    PAPERS.load(folder.change("preset-tiny.yaml", "base: tiny", "base: tiny\nlocal: {backbone: r3d18}").path)
    notes = named("ours/main", NONE, METHODS.names()).footnotes()
    assert all("--backbone r3d18 --preset ours/tiny" in note for note in notes)


def mutual(values, **more):
    return tuple(
        made({"average": each}, method="mutual", seed=seed, **more) for seed, each in enumerate(values)
    )


def measured(name, *records):
    """(ids of the runs in a table's cells, what stands under it)."""
    table = named(name, Loaded(records, ()), METHODS.discover().names())
    return {run for cells in table.rows for cell in cells for run in cell.runs}, table.footer


def test_streams_that_see_other_things_fill_no_table_of_the_folder(ours):
    """Of MARS the local stream sees optical flow. What is left out is said."""
    foreign = mutual([61.0, 62.0], preset="mars/tiny")
    ids, said = measured("ours/main", *foreign)
    assert ids == set()
    left = "not included: 2 records under preset mars/tiny, whose streams see other things"
    assert f"{left} (local.modality flow, not rgb; global.stride 1, not 16)" in said
    own = mutual([51.0], preset="ours/tiny")
    assert measured("ours/main", *foreign, *own)[0] == {own[0].id}


def test_another_papers_preset_whose_streams_see_the_same_fills_the_table(ours):
    """The folder's tiny preset lies over the harness's; runs under either can fill it, its own first."""
    others = mutual([61.0, 62.0])
    assert measured("ours/main", *others)[0] == {record.id for record in others}
    own = mutual([51.0], preset="ours/tiny")
    assert measured("ours/main", *others, *own)[0] == {own[0].id}


def test_table_and_claims_use_the_same_runs(ours):
    """P04 claims of ucf101 that mutual beats the baseline; more seeds were run on other data."""
    streams = []
    for method in ("mutual", "two_stream"):
        streams += [made({"average": 70.0}, method=method, seed=seed) for seed in range(5)]
        streams += [made({"average": 70.0}, method=method, dataset="ucf101", split=str(n)) for n in (1, 2, 3)]
    claimed = judge([by_id()["ours/P04"]], Evidence(streams, METHODS.names()))["ours/P04"]
    assert claimed.dataset.startswith("ucf101")
    assert measured("ours/main", *streams)[0] == set(claimed.runs)


def test_a_claim_of_other_streams_is_not_judged_on_runs_of_these(ours):
    """MARS claims that RGB alone beats flow alone: of streams that both see RGB nothing follows."""
    runs = [made({"average": 70.0}, method="two_stream", preset="tiny", seed=seed) for seed in range(3)]
    runs += [made({"average": 70.0}, method="two_stream", preset="finetune", dataset="folder")]
    said = judge([by_id()["M09"]], Evidence(runs, METHODS.discover().names()))["M09"]
    assert (said.verdict, said.runs) == ("not run", ())
    assert "under preset tiny, local.modality rgb, not flow" in said.why
    theirs = [made({"average": 70.0}, method="two_stream", preset="mars/tiny", seed=n) for n in range(3)]
    said = judge([by_id()["M09"]], Evidence([*runs, *theirs], METHODS.names()))["M09"]
    assert set(said.runs) == {record.id for record in theirs}


def test_presets_of_the_folder_lie_over_their_base(ours):
    config = resolve("ours/paper", {}, [])
    assert (config.preset, config.method.name) == ("ours/paper", "mutual")
    # Of preset.yaml, and of the base `paper`.
    assert (config.train.epochs, config.local.crop) == (60, 112)
    assert resolve("mbd/paper", {}, []) == resolve("paper", {}, [])
    assert resolve("genkd/tiny", {}, []).preset == "genkd-tiny"
    assert "ours/tiny" in preset_names()


def test_presets_of_built_in_papers_keep_their_names(folder):  # noqa: F811
    """Runs are hashed with the name of their preset."""
    assert resolve("genkd", {}, []) == resolve("genkd/paper", {}, [])
    assert resolve("genkd", {}, []).preset == "genkd"
    assert {"genkd", "genkd-tiny"} <= set(preset_names())
    assert "genkd/paper" not in preset_names()
    folder.change("preset-tiny.yaml", "base: tiny", "base: genkd-tiny")
    PAPERS.load(folder.path)
    found = resolve("ours/tiny", {}, [])
    assert (found.preset, found.glob.backbone) == ("ours/tiny", resolve("genkd-tiny", {}, []).glob.backbone)


def test_a_plan_makes_its_runs_with_the_folder(ours):
    wants, bases = asked(Request(("ours/main",), tuple(METHODS.names()), seeds=1), ())
    assert list(bases) == [Base("ours/tiny")]
    run = plan(wants, Base("tiny"), ()).runs[0]
    words = run.command().words()
    assert words[words.index("--paper") + 1] == str(ours.folder)
    assert words[words.index("--preset") + 1] == "ours/tiny"


def test_figures_say_what_would_fill_them(ours, tmp_path):
    source = Source(NONE, methods=tuple(METHODS.names()))
    for name in ("ours/gain", "ours/temperatures"):
        sheet = figures.sheet(name, source)
        figures.write(sheet, tmp_path / "f.svg", "svg")
        assert "--paper" in sheet.fills[0]
    points = figures.sheet("temperatures", source).data["points"]
    assert [point["t"] for point in points] == [1.0, 2.0, 4.0]


def test_what_was_measured_is_in_cells_and_drawings(ours, tmp_path):
    records = tuple(
        made(
            {"average": top1 + seed},
            f"method.temperature={t}",
            method="mutual",
            seed=seed,
            preset="ours/tiny",
        )
        for t, top1 in ((1, 50.0), (2, 55.0), (4, 52.0))
        for seed in (0, 1)
    )
    source = Source(Loaded(records, ()), methods=tuple(METHODS.names()))
    sheet = figures.sheet("temperatures", source)
    points = sheet.data["points"]
    assert [point["measured"]["value"] for point in points] == [50.5, 55.5, 52.5]
    assert [point["reported"] for point in points] == [None, None, {"low": 91.9, "high": 91.9}]
    figures.write(sheet, tmp_path / "f.svg", "svg")
    assert 'id="measured-line"' in (tmp_path / "f.svg").read_text(encoding="utf-8")
    cells = named("ours/temperatures", source.loaded, METHODS.names()).rows
    assert [row[0].text for row in cells] == ["T = 1", "T = 2", "T = 4"]
    assert [row[2].value for row in cells] == [50.5, 55.5, 52.5]


def test_the_commands_of_the_command_line(ours, folder):  # noqa: F811
    PAPERS.remove("ours")
    result = CliRunner().invoke(cli, ["claims", "ours", "--paper", str(folder.path), "--json"])
    assert [row["id"] for row in json.loads(result.output)][-1] == "ours/P06"
    result = CliRunner().invoke(cli, ["claims", "ours", "--paper", str(folder.path / "no")])
    assert "no such folder" in str(result.exception)


ROW = "{},text,ucf101,mutual,average.top1,=,{},,{},reported,,\n"


def test_derivations_that_rest_on_each_other_do_not_add_up(folder):  # noqa: F811
    folder.add("claims.csv", ROW.format("E1", "2.0", "E2 + 1") + ROW.format("E2", "1.0", "E1 - 1"))
    folder.add("claims.csv", ROW.format("E3", "1.5", "P02 - P01"))
    PAPERS.load(folder.path)
    said = judge(claims("ours"), Evidence((), METHODS.names()))
    assert said["ours/E1"].verdict == said["ours/E2"].verdict == "not checked"
    circle = "its derivation goes in a circle: ours/E1 -> ours/E2 -> ours/E1"
    assert said["ours/E1"].why == said["ours/E2"].why == circle
    assert said["ours/E3"].verdict == "adds up"


def test_commands_of_open_questions_name_the_folder(ours):
    listed = json.loads(CliRunner().invoke(cli, ["list", "ambiguities", "--json"]).output)
    found = {row["paper"]: command for row in listed for command in row["commands"].values()}
    words = shlex.split(found["ours"])
    assert words[words.index("--paper") + 1] == str(ours.folder)
    assert words[:2] == ["harness", "run"]
    assert words[-2:] == ["--set", "method.temperature=4"]
    assert words[words.index("--preset") + 1] == "ours/paper"
    assert "--paper" not in found["mbd"]
