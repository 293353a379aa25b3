"""The commands printed under cells and claims, parsed: they make the runs that are asked for."""

import re
import shlex
from functools import cache
from glob import escape

import pytest
from support.made_records import from_pair, made
from support.made_studies import gains, plan, runs
from support.older_records import NAMES, older
from support.plugin_files import EXAMPLES, loaded
from support.typed_commands import configurations

from harness.campaign.shared_settings import base_of, holds_for_own_networks
from harness.config.schema import Config
from harness.record.plugins import facts, used
from harness.record.schema import Pair
from methods.catalogue import METHODS, uses_own_networks
from results.cell_commands import run_command
from results.claims.claims import claims
from results.claims.side import Side
from results.judge import Evidence, judge
from results.matching import VARIED, of_setting, protocol_differences, varied_by
from results.records import Loaded, load_records, protocol
from results.studies.quick import without_pair
from results.tables.build import build
from results.tables.catalogue import joined, names, spec
from results.tables.choice import choose
from results.tables.model import split_command

OTHER_PROTOCOL = ("in a table of another protocol", "no videos were held out")
configurations = cache(configurations)  # many cells have the same command


def run_of(config, like):
    """The record that the run would leave, on a machine where "auto" is another precision than `like`'s."""
    place = {"dataset": config.data.dataset, "split": config.data.split}
    same = place == {"dataset": like.data.dataset, "split": like.data.split}
    data = {**place, "fingerprint": like.data.fingerprint if same else str(place)}
    auto = "bf16" if like.resolved["precision"] == "fp32" else "fp32"
    precision = auto if config.precision == "auto" else config.precision
    return like.model_copy(
        update={
            "config": config.plain(),
            "data": like.data.model_copy(update=data),
            "resolved": {**like.resolved, "precision": precision},
        }
    )


def shared(record, free, side):
    """Its protocol, as far as runs of the side's row share it with others."""
    found = protocol(record, free)
    own = uses_own_networks(side.name)
    return {key: value for key, value in found.items() if not own or holds_for_own_networks(key)}


def check_cells(name, loaded_records):
    """Of every cell with a command: one of the runs that it makes stands in that cell. Gives their number."""
    table_spec = spec(name, METHODS.discover().names())
    records = [r for r in loaded_records if table_spec.fixed in ("", r.data.dataset)]
    chosen = choose(table_spec, records, None).records
    if not chosen:  # of this data set, or under a preset of this paper
        return 0
    shown = build(table_spec, Loaded(tuple(loaded_records), ()), None, None, None)
    like = chosen[0]
    free = table_spec.free
    varied = [key for key in VARIED if key in free]
    found = 0
    for row, cells in zip(table_spec.rows, shown.rows, strict=False):
        footnotes = {cell.footnote for cell in cells if "harness " in cell.footnote}
        for text in footnotes:
            line = text[re.search(r"harness (run|table)|for split", text).start() :]
            side = row.side("top1")
            runs = of_setting([run_of(config, like) for config in configurations(line)], side, varied)
            assert runs, (name, row.label, text)
            if not text.startswith(OTHER_PROTOCOL):
                assert shared(runs[0], free, side) == shared(like, free, side), (name, row.label, text)
            found += 1
    return found


@pytest.mark.parametrize("folder", NAMES)
def test_of_older_records_each_empty_cell_is_filled_by_its_command(folder):
    records = load_records([older(folder)]).records
    assert sum(check_cells(name, records) for name in names() if name != "cost" and not joined(name)) >= 10


def with_precision(record, precision="bf16"):
    return record.model_copy(update={"resolved": {**record.resolved, "precision": precision}})


@pytest.mark.parametrize("name", ["components", "networks", "methods", "genkd"])
def test_of_runs_in_bf16_with_settings_of_their_own(name):
    """Neither precision nor settings are what the preset and the machine would give."""
    pairs = ("train.lr=0.5", "local.lr_factor=3", "compile=true", "fit.share=0")
    preset = "genkd-tiny" if name == "genkd" else "tiny"
    method = "single" if name == "genkd" else "mbd"
    assert check_cells(name, [with_precision(made({"own": 1.0}, *pairs, preset=preset, method=method))])


def test_a_plugin_that_is_loaded_is_named_where_its_row_is_empty(monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    with loaded(EXAMPLES / "one_way.py"), loaded(EXAMPLES / "tiny3d.py"):
        table = build(
            spec("methods", METHODS.names()), Loaded((made({"adaptive": 1.0}),), ()), None, None, None
        )
        footnotes = {cells[0].text: cells[1].footnote for cells in table.rows}
    assert "--plugin one_way.py" in footnotes["my_one_way"]
    assert "--plugin" not in footnotes["two_stream"]
    (first, *_) = configurations(footnotes["my_one_way"])
    assert first.method.name == "my_one_way"


def test_the_file_of_the_methods_own_fusion_rule_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (EXAMPLES / "one_way.py").read_text().replace('fusion="average"', 'fusion="my_product"')
    (tmp_path / "fused.py").write_text(text)
    with loaded(EXAMPLES / "product.py"), loaded(tmp_path / "fused.py"):
        said = run_command(Side.parse("my_one_way @ own.top1"), "")
        assert f"--plugin {EXAMPLES / 'product.py'} --plugin fused.py" in said


def test_a_plugin_of_the_runs_that_are_there_is_named_though_it_is_not_loaded(monkeypatch):
    """The runs' network is a user's: those that fill the other rows need its file, too."""
    monkeypatch.chdir(EXAMPLES)
    with loaded(EXAMPLES / "tiny3d.py"):
        record = made({"adaptive": 60.0}, "local.backbone=my_tiny3d", "train.lr=0.5")
        record = record.model_copy(update={"plugins": facts(used(Config.model_validate(record.config)))})
    assert check_cells("components", [record]) >= 3


def test_a_pre_training_that_was_told_otherwise_is_told_so_for_the_empty_cells():
    """But of a method whose teacher is trained in another way, nothing is pre-trained so."""
    said = {"pretraining.both.train.epochs": 1}
    weights = ("local.weights=run:abc", "global.weights=run:abc", "data.seed=0")
    record = made({"adaptive": 60.0}, *weights)
    pair = Pair(id="abc", seed=0, settings=said)
    record = record.model_copy(update={"starts_from": record.starts_from.model_copy(update={"pair": pair})})
    assert base_of(record).pairs[-2] == "pretraining.both.train.epochs=1"
    shown = build(spec("methods", METHODS.names()), Loaded((record,), ()), None, None, None)
    commands = {cells[0].text: split_command(cells[1].footnote)[1] for cells in shown.rows}
    assert "--set pretraining.both.train.epochs=1" in commands["two_stream"]
    assert "pretraining" not in run_command(Side.parse("genkd @ own.top1"), "", 1, record)
    assert configurations(commands["two_stream"])
    plain = record.model_copy(update={"id": "b" * 12, "starts_from": without_settings(record)})
    assert protocol(plain) != protocol(record)  # never averaged
    both = build(spec("methods", METHODS.names()), Loaded((record, plain), ()), None, None, None)
    (line,) = [line for line in both.footer if line.startswith("not included")]
    assert "(pretraining.both.train.epochs " in line
    assert "as the preset has it" in line


def test_runs_from_scratch_are_filled_from_scratch():
    """One by one, as `harness table --run` pre-trains; the precision that the machine resolved is given."""
    shown = build(spec("methods", METHODS.names()), Loaded((made({"adaptive": 60.0}),), ()), None, None, None)
    commands = {cells[0].text: cells[1].footnote for cells in shown.rows}
    assert commands["two_stream"] == (
        "harness run --method two_stream --backbone r2plus1d50 --preset tiny --dataset localglobal "
        "--precision fp32 --seeds 5 --from-scratch"
    )
    assert commands["mutual"].endswith(" --from-scratch")


def started(record, name="abc"):
    """As it is after the preset's pre-training."""
    pair = record.starts_from.model_copy(update={"pair": Pair(id=name, seed=0)})
    config = {**record.config, **{s: {**record.config[s], "weights": "run:abc"} for s in ("local", "global")}}
    return record.model_copy(update={"starts_from": pair, "config": config})


@pytest.mark.parametrize(
    "name", ["methods", "families", "networks", "teachers", "ambiguities", "loss-weights"]
)
def test_many_commands_are_one(name):
    """Each cell that has it is filled by one of its runs, and there is one for all rows of the protocol."""
    record = started(made({"adaptive": 60.0}, "train.lr=0.5"))
    assert check_cells(name, [record]) >= 4
    shown = build(spec(name, METHODS.names()), Loaded((record,), ()), None, None, None)
    (merged,) = [text for text in shown.footnotes() if " rows have no run; this makes all of them" in text]
    assert len(shown.footnotes()) <= 4
    assert f"harness table {name} --run --preset tiny --dataset localglobal --set train.lr=0.5 " in merged
    rows = [cells for cells in shown.rows if any(cell.footnote == merged for cell in cells)]
    assert merged.startswith(f"{len(rows)} rows ")
    if "all of them: " in merged:  # of the others, another table's command makes the runs
        assert all(f"--rows {shlex.quote(escape(cells[0].text))}" in merged for cells in rows)


def test_a_few_commands_stay_apart():
    record = started(made({"adaptive": 60.0}))
    shown = build(spec("components", METHODS.names()), Loaded((record,), ()), None, None, None)
    assert 1 < len(shown.footnotes()) <= 4
    assert all(text.startswith("harness run ") for text in shown.footnotes())


def test_the_merged_command_names_the_folders_and_the_files_that_its_runs_need(monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    with loaded(EXAMPLES / "one_way.py"):
        record = started(made({"adaptive": 60.0}, dataset="folder", split="1"))
        shown = build(spec("methods", METHODS.names()), Loaded((record,), ()), None, None, None)
        (text,) = {cells[1].footnote for cells in shown.rows if cells[0].text == "my_one_way"}
    assert " rows have no run" in text
    assert "--dataset folder --data-root folder=DIR --plugin one_way.py " in text


def without_settings(record):
    pair = record.starts_from.pair.model_copy(update={"settings": {}})
    return record.starts_from.model_copy(update={"pair": pair})


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_a_claims_command_makes_runs_of_its_sides_under_the_papers_protocol(claim):
    verdict = judge([claim], Evidence([], METHODS.names()))[claim.id]
    if not verdict.command.startswith(("harness run", "harness table", "for split")):
        return
    like = from_pair(made({"own": 1.0}), 1)  # as a run of a recipe: with its pre-training
    runs = [run_of(config, like) for config in configurations(verdict.command)]
    # A number is first measured on its left side; an order needs both.
    sides = (claim.left, claim.right) if claim.relation in "<>" else (claim.left,)
    for side in sides:
        if side and side.kind == "run" and not side.is_grid:
            found = of_setting(runs, side, varied_by(claim.left, claim.right))
            assert found, verdict.command
            if claim.dataset and not uses_own_networks(side.name):
                assert protocol_differences(found[0], side, claim.dataset) == []


def test_runs_of_pre_trained_pairs_are_filled_from_such():
    """Also where the pair is left open: the recipe makes one for each seed."""
    record = started(made({"average": 60.0}, seed=4))
    assert "--from-scratch" not in run_command(Side.parse("two_stream @ own.top1"), "", 5, record)
    assert "--from-scratch" not in run_command(Side.parse("mbd @ own.top1"), "", 5, without_pair(record))


def test_a_rule_that_own_rules_leave_out_is_filled_without_that():
    """The command makes other runs, so it deletes none; pairs 0 to 2 are made by three seeds."""
    fitted = [made({"average": 60.0}, "fit.rules=own", seed=seed) for seed in (0, 1, 9)]
    records = [from_pair(record, pair) for pair, record in enumerate(fitted)]
    shown = build(spec("fusion", METHODS.names()), Loaded(tuple(records), ()), None, None, None)
    notes = {cells[0].text: cells[2].footnote for cells in shown.rows}
    assert notes["svm"].startswith("left out by fit.rules=own; without that: harness run --method mbd ")
    assert notes["svm"].endswith(" --seeds 3")
    assert "fit.rules" not in split_command(notes["svm"])[1]
    assert notes["max"].startswith("not in these records; a rerun adds it: ")  # it has nothing to be fitted
    assert notes["max"].endswith("--set fit.rules=own --seeds 3 --restart")


def test_of_a_study_as_many_runs_are_asked_for_as_it_has_pairs():
    """Its seeds are drawn from its name, and have nine digits."""
    planned, truth = plan(arms=["mbd", "two_stream"]), gains({})
    shown = build(spec("fusion", METHODS.names()), Loaded(tuple(runs(planned, truth)), ()), None, None, None)
    notes = {cells[0].text: cells[2].footnote for cells in shown.rows}
    assert " --seeds 8 " in notes["max"]
