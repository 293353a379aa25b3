"""Means of several runs' stored outputs, against NumPy and counts by hand."""

import json

import numpy as np
import pytest
import torch
from support.made_records import from_pair, made
from support.stored_scores import keep

from backbones.base.errors import UserError
from harness.record.schema import Record
from methods.catalogue import METHODS
from methods.fusion.average import Average
from methods.fusion.contract import Outputs, StreamOutputs
from results.claims.claims import Claim
from results.claims.side import Side
from results.judge import Evidence, judge
from results.outputs.ensembles import ensembles
from results.records import load_records, measure, protocol_id
from results.tables.build import build
from results.tables.spec import Row, Spec
from results.tables.wanted import wanted

LABELS = [0, 1, 2, 0]
# Of each video the scores of three classes. Alone each is right on two of four.
MBD = [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]
PLAIN = [[0.3, 0.5, 0.2], [0.1, 0.8, 0.1], [0.45, 0.35, 0.2], [0.7, 0.2, 0.1]]
OTHER = [[0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [0.3, 0.6, 0.1]]
TWO = "[mbd @ global, two_stream @ global]"
THREE = "[mbd @ global, two_stream @ global, two_stream @ local]"
ON = {"dataset": "kinetics400", "split": "val"}


def runs(folder, seeds=(0,), **more):
    """Two methods, each seed's scores alike; two_stream's local stream is OTHER."""
    for seed in seeds:
        keep(made({"average": 1.0}, method="mbd", seed=seed, **ON), folder, OTHER, MBD, LABELS, **more)
        plain = made({"average": 2.0}, method="two_stream", seed=seed, **ON)
        keep(plain, folder, OTHER, PLAIN, LABELS)
    return load_records([folder])


def side(text):
    return Side.parse(f"{text} @ top1")


def of(loaded, text):
    return ensembles(loaded.records, [side(text)], loaded.paths)


@pytest.mark.parametrize(
    ("text", "scores", "by_hand"), [(TWO, (MBD, PLAIN), 3), (THREE, (MBD, PLAIN, OTHER), 2)]
)
def test_the_mean_of_several_runs_by_numpy(tmp_path, text, scores, by_hand):
    right = np.mean(scores, axis=0).argmax(axis=1) == LABELS
    (record,) = of(runs(tmp_path), text).records
    found = record.metrics.fusion["average"].top1
    assert (found.correct, found.of) == (right.sum(), 4) == (by_hand, 4)


def test_both_outputs_of_one_run_are_its_average(tmp_path):
    loaded = runs(tmp_path)
    (record,) = of(loaded, "[mbd @ local, mbd @ global]").records
    local, glob = torch.tensor(OTHER), torch.tensor(MBD)
    outputs = Outputs(StreamOutputs(local, local, local), StreamOutputs(glob, glob, glob))
    hits = Average().predict_proba(outputs).argmax(dim=1).numpy() == LABELS
    assert measure(record, "average.top1") == 100 * hits.mean()
    assert record.id == next(r.id for r in loaded.records if r.config["method"]["name"] == "mbd")


def test_it_stands_under_the_protocol_of_its_runs(tmp_path):
    loaded = runs(tmp_path, seeds=(0, 1))
    found = of(loaded, TWO).records
    assert [record.config["seed"] for record in found] == [0, 1]
    assert {protocol_id(record) for record in found} == {protocol_id(record) for record in loaded.records}


@pytest.mark.parametrize("turn", [1, -1])
def test_an_ensemble_is_of_runs_from_one_pair(tmp_path, turn):
    """Of one seed: mbd from pairs 1 and 2, two_stream from pair 1. Another honest run takes nothing away."""
    made_from = [("mbd", MBD, 1), ("mbd", OTHER, 2), ("two_stream", PLAIN, 1)]
    found = [
        keep(from_pair(made({"average": 1.0}, method=method, **ON), pair), tmp_path, OTHER, scores, LABELS)
        for method, scores, pair in made_from
    ]
    paths = [path.with_name("record.json") for path in found]
    records = [Record.model_validate(json.loads(path.read_text())) for path in paths][::turn]
    by_id = {path.parent.name: path for path in paths}
    made_of = ensembles(records, [side(TWO)], by_id)
    right = np.mean([MBD, PLAIN], axis=0).argmax(axis=1) == LABELS
    (record,) = made_of.records
    assert record.metrics.fusion["average"].top1.correct == right.sum()
    assert made_of.problems == {}
    apart = [record for record in records if record.id != paths[0].parent.name]
    only = ensembles(apart, [side(TWO)], by_id)
    assert only.records == ()
    assert "start from different pre-trained pairs" in only.problems[TWO]


def test_what_could_not_be_decoded_is_a_miss(tmp_path):
    good = [True, True, True, False]
    for method, scores in (("mbd", MBD), ("two_stream", PLAIN)):
        keep(made({"average": 1.0}, method=method, **ON), tmp_path, OTHER, scores, LABELS, ok=good)
    (record,) = of(load_records([tmp_path]), TWO).records
    right = np.mean([MBD, PLAIN], axis=0).argmax(axis=1) == LABELS
    assert record.metrics.fusion["average"].top1.correct == right[:3].sum()
    assert record.metrics.fusion["average"].top1.of == 4


def test_families_that_headline_numbers_leave_out_are_left_out(tmp_path):
    families = ["local", "conflict", "shared", "global"]
    for method, scores in (("mbd", MBD), ("two_stream", PLAIN)):
        keep(made({"average": 1.0}, method=method), tmp_path, OTHER, scores, LABELS, families=families)
    (record,) = of(load_records([tmp_path]), TWO).records
    assert record.metrics.fusion["average"].top1.of == 3


@pytest.mark.parametrize("change", ["family", "gone"])
def test_a_list_of_videos_that_the_run_did_not_write_is_refused(tmp_path, change):
    """Another family or group is another number, or another interval."""
    for method, scores in (("mbd", MBD), ("two_stream", PLAIN)):
        record = made({"average": 1.0}, method=method)
        path = keep(record, tmp_path, OTHER, scores, LABELS, families=["conflict"] * 2 + ["local"] * 2)
    videos = path.with_name("videos.json")
    loaded = load_records([tmp_path])
    assert of(loaded, TWO).records
    if change == "gone":
        videos.unlink()
    else:
        videos.write_text(videos.read_text().replace("conflict", "local"))
    found = of(loaded, TWO)
    assert found.records == ()
    assert "videos.json" in found.problems[TWO]


@pytest.mark.parametrize(
    "more", [{"names": ["v0", "v1", "v2", "w3"]}, {"ok": [True, True, True, False]}], ids=["names", "decoded"]
)
def test_other_videos_have_no_mean(tmp_path, more):
    found = of(runs(tmp_path, **more), TWO)
    assert found.records == ()
    assert "were not tested on the same videos" in found.problems[TWO]


def test_outputs_that_were_not_kept_are_made_again(tmp_path):
    loaded = runs(tmp_path)
    gone = next(r for r in loaded.records if r.config["method"]["name"] == "mbd")
    (tmp_path / gone.id / "outputs-test.safetensors").unlink()
    why = of(loaded, TWO).problems[TWO]
    assert why.startswith(f"the outputs of run {gone.id} were not kept: harness run --method mbd ")
    assert why.endswith("--restart")
    stayed = '{"store": "s3://bucket", "files": ["outputs-test.safetensors"]}'
    (tmp_path / gone.id / "stored.json").write_text(stayed)
    why = of(loaded, TWO).problems[TWO]
    assert f"are not here; 'harness runs fetch {gone.id} --store s3://bucket --out" in why


def test_a_rule_that_is_not_stored_is_refused(tmp_path):
    why = of(runs(tmp_path), "[mbd @ own, two_stream @ global]").problems
    assert list(why.values()) == [
        "'own' of mbd is fused by 'adaptive', which is not stored; an ensemble takes local, global, average"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mbd @ global] @ top1", "of two or more"),
        ("[mbd @ global, mbd] @ top1", "names no output"),
        ("[mbd @ global, cited:x @ y] @ top1", "not one output of a run"),
        ("[mbd @ global, mbd method.kl_weight=* @ local] @ top1", "not one output of a run"),
        (f"{TWO} @ gmacs", "its metric is top1 or top5, not 'gmacs'"),
    ],
)
def test_what_is_no_ensemble(text, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Side.parse(text)


def table(loaded, **more):
    rows = (Row("alone", "two_stream @ global"), Row("both", TWO), Row("three", f"{THREE} @ average"))
    return build(Spec("t", "T", "", rows, ("top1", "local.top1"), **more), loaded, None, None, None)


def test_a_row_of_a_table_is_filled_by_all_its_runs(tmp_path):
    loaded = runs(tmp_path, seeds=(0, 1))
    made_table = table(loaded)
    both = made_table.rows[1]
    right = np.mean([MBD, PLAIN], axis=0).argmax(axis=1) == LABELS
    assert both[1].value == 100 * right.mean()
    assert set(both[1].runs) == {record.id for record in loaded.records}
    assert (both[1].n, both[2].text) == (2, "")
    # The baseline is two_stream's global stream, 70.0 in every made-up record.
    assert made_table.rows[1][-1].value == pytest.approx(100 * right.mean() - 70.0)
    assert made_table.links.keys() == {record.id for record in loaded.records}


def test_a_cell_says_which_of_its_runs_make_no_ensemble(tmp_path):
    loaded = runs(tmp_path, seeds=(0, 1))
    gone = next(record for record in loaded.records if record.config["seed"] == 1)
    (tmp_path / gone.id / "outputs-test.safetensors").unlink()
    cell = table(loaded).rows[1][1]
    assert cell.n == 1
    assert cell.footnote.startswith(f"the outputs of run {gone.id} were not kept: harness run ")
    assert table(runs(tmp_path, seeds=(0, 1))).rows[1][1].footnote == ""


def test_an_empty_cell_lists_the_commands_of_all_its_runs(tmp_path):
    keep(made({"average": 1.0}, method="mbd", **ON), tmp_path, OTHER, MBD, LABELS)
    note = table(load_records([tmp_path])).rows[1][1].footnote
    first, second = note.split(" && ")
    assert first.startswith("harness run --method mbd ")
    assert second.startswith("harness run --method two_stream ")


def test_a_plan_wants_each_run_of_a_cell(tmp_path):
    rows = (Row("three", THREE),)
    found = wanted(Spec("t", "T", "", rows, ("top1",)), "kinetics400", 2)
    assert {(want.method, want.seed) for want in found} == {
        (method, seed) for method in ("mbd", "two_stream") for seed in (0, 1)
    }


def claim(**given):
    row = {"id": "X", "paper": "mbd", "where": "here", "provenance": "reported", **ON}
    row.pop("split")
    return Claim.model_validate({**row, **given})


def test_an_order_against_an_ensemble(tmp_path):
    loaded = runs(tmp_path, seeds=(0, 1, 2))
    asked = claim(setting=TWO, metric="top1", relation=">", than="two_stream @ global.top1")
    found = judge([asked], Evidence(loaded.records, METHODS.names(), paths=loaded.paths))["X"]
    right = np.mean([MBD, PLAIN], axis=0).argmax(axis=1) == LABELS
    assert found.verdict == "not decided: no study"
    assert (found.measured, found.n) == (pytest.approx(100 * right.mean() - 70.0), 3)
    assert len(found.runs) == 6
    assert asked.statement() == f"{TWO} average.top1 > two_stream global.top1"


def test_of_two_ensembles_that_cannot_be_made_the_first_is_told(tmp_path):
    loaded = runs(tmp_path)
    for record in loaded.records:
        (tmp_path / record.id / "outputs-test.safetensors").write_bytes(b"")
    texts = "[mbd @ global, mbd @ local]", "[two_stream @ global, two_stream @ local]"
    asked = claim(setting=texts[0], metric="top1", relation=">", than=f"{texts[1]} @ top1")
    found = judge([asked], Evidence(loaded.records, METHODS.names(), paths=loaded.paths))["X"]
    first, second = (next(iter(of(loaded, text).problems.values())) for text in texts)
    assert (found.why, found.verdict) == (first, "not run")
    assert first != second


def test_an_ensemble_that_was_not_run_names_all_commands():
    asked = claim(setting="two_stream", metric="global.top1", relation="<", than=f"{TWO} @ top1")
    found = judge([asked], Evidence((), METHODS.names()))["X"]
    assert found.verdict == "not run"
    assert [part.split()[3] for part in found.command.split(" && ")] == ["two_stream", "mbd", "two_stream"]


def test_a_method_in_it_that_is_not_there():
    asked = claim(setting="[marz @ global, two_stream @ global]", metric="top1", relation="=", value="70")
    found = judge([asked], Evidence((), METHODS.names()))["X"]
    assert found.why == "method 'marz' is not in this harness yet"


def test_other_pairs_are_not_mixed(tmp_path):
    from harness.record.schema import Pair
    from results.outputs.ensembles import joined

    records = []
    for number, method in enumerate(("mbd", "two_stream")):
        record = made({"average": 1.0}, method=method, **ON)
        start = record.starts_from.model_copy(update={"pair": Pair(id=f"p{number}", seed=number)})
        records.append(record.model_copy(update={"starts_from": start}))
    with pytest.raises(UserError, match="start from different pre-trained pairs"):
        joined(records, ("global", "global"), TWO, {})
