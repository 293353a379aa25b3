"""Records and runs of the first schema are read, shown, fused, predicted with and begun from, for ever.

What is expected is taken from the files as they lie there, not through the code that reads them.
"""

import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from support.made_tables import call as table
from support.older_records import NAMES, older
from support.places import ROOT

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.config.schema import Config
from harness.data.sets.localglobal import index
from harness.files import write_json
from harness.record import outputs
from harness.record.folder import RunFolder
from harness.record.identity import run_id
from harness.record.reading import read_record
from results.records import load_records

SCHEMA1 = ROOT / "tests" / "fixtures" / "schema1"
RECORDS = sorted((SCHEMA1 / "records").glob("*/record.json"))
RUN = RunFolder(SCHEMA1 / "run" / "6848278f33b7")
NEW_DOMINANCE = {"local_per_class"}
IDS = [path.parent.name for path in RECORDS]


@pytest.fixture(params=[*RECORDS, RUN.record_path], ids=[*IDS, RUN.id])
def path(request):
    return request.param


def in_file(path):
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert tree["schema_version"] == 1
    return tree


def test_there_are_ten_and_all_older_ones_are_read() -> None:
    assert len(RECORDS) == 10
    loaded = load_records(map(older, NAMES))
    assert (len(loaded.records), loaded.problems) == (201, ())


def test_every_number_is_the_files(path) -> None:
    old, record = in_file(path), read_record(path)
    new = record.model_dump(mode="json")
    assert (record.schema_version, record.identity, record.id) == (2, 1, path.parent.name)
    theirs, ours = old["metrics"], new["metrics"]
    assert "glob" not in ours
    assert ours["local"] == theirs["local"]
    assert ours["global"] == theirs["glob"]
    assert ours["fusion"] == theirs["fusion"]
    assert {k: v for k, v in ours["dominance"].items() if k not in NEW_DOMINANCE} == theirs["dominance"]
    for part in ("cost", "timings", "environment", "labels", "weights", "resolved", "plugins", "finished"):
        assert new[part] == old[part], part
    assert new["config"] == old["config"] | {"compile": False}


def test_found_has_one_meaning_per_part(path) -> None:
    """Then the hold-out was counted with the training videos, and stated only where there was one."""
    old, found = in_file(path)["data"]["found"], read_record(path).data.found
    assert set(found) == {"train", "validation", "holdout", "test"}
    assert found["train"] + found["holdout"] == old["train"]
    assert (found["holdout"], found["test"]) == (old.get("holdout", 0), old["test"])
    assert found["validation"] == 0


def test_what_the_streams_started_from_is_told_apart(path) -> None:
    old, starts = in_file(path), read_record(path).starts_from
    assert starts.pair is None
    for stream, start in (("local", starts.local), ("global", starts.glob)):
        source = (old["weights"][stream] or {}).get("source", "")
        words = source.split()
        if not source:
            assert (start.kind, start.name, start.sha256) == ("scratch", None, None)
        elif words[0] == "run":
            assert (start.kind, start.name) == ("run", words[1])
        else:
            assert (start.kind, start.name) == ("zoo", old["config"][stream]["weights"])
        assert start.sha256 == (old["weights"][stream] or {}).get("sha256")


def test_what_was_not_known_then_is_null(path) -> None:
    record = read_record(path)
    assert record.precision == in_file(path)["resolved"]["precision"]
    unknown = (record.study, record.validation, record.determinism, record.code.commit, record.code.dirty)
    assert unknown == (None,) * 5
    data = record.data
    assert (data.damaged, data.content_sha256, data.frames_sha256) == (None, None, None)


def test_a_run_made_today_with_its_settings_has_its_id(path) -> None:
    record = read_record(path)
    hashes = {name: report["sha256"] if report else None for name, report in record.weights.items()}
    config = Config.model_validate(record.config)
    assert run_id(config, record.resolved, hashes, record.data.fingerprint) == record.id


def test_a_compiled_run_keeps_its_id_and_says_so_in_its_configuration(tmp_path) -> None:
    tree = in_file(RECORDS[0])
    tree["resolved"]["compile"] = True
    config = Config.model_validate(tree["config"])
    tree["id"] = run_id(
        config, tree["resolved"], {"local": None, "global": None}, tree["data"]["fingerprint"]
    )
    write_json(tmp_path / tree["id"] / "record.json", tree)
    record = read_record(tmp_path / tree["id"] / "record.json")
    assert record.config["compile"] is True
    assert "compile" not in record.resolved


def test_a_table_of_them_has_the_files_numbers() -> None:
    shown = table("methods", "--runs", SCHEMA1 / "records", "--dataset", "localglobal", "--format", "json")
    assert shown.exit_code == 0, shown.output
    tree = json.loads(shown.output)
    rows = {row[0]["text"]: dict(zip(tree["columns"], row, strict=True)) for row in tree["rows"]}
    for method, name in (("genkd", "6120b7eb396b"), ("kd", "04b48880c45e")):
        metrics = in_file(SCHEMA1 / "records" / name / "record.json")["metrics"]
        for column, share in (
            ("local stream ↑", metrics["local"]["top1"]),
            ("global stream ↑", metrics["glob"]["top1"]),
            ("dominant stream correct ↑", metrics["dominance"]["agreement"]),
        ):
            cell = rows[method][column]
            assert cell["runs"] == [name]
            assert cell["value"] == pytest.approx(100 * share["correct"] / share["of"])
    assert "harness 0.1.0, identity 1, protocol 2b55fc" in tree["footer"][0]


def test_harness_show(path) -> None:
    old = in_file(path)
    shown = CliRunner().invoke(cli, ["show", str(path.parent)], catch_exceptions=False)
    own = old["metrics"]["glob"]["top1"]
    assert f"{100 * own['correct'] / own['of']:.1f}" in shown.output
    as_json = CliRunner().invoke(cli, ["show", str(path.parent), "--json"], catch_exceptions=False)
    assert json.loads(as_json.stdout)["metrics"]["global"]["top1"] == own


def test_the_old_runs_failed_videos_are_found_under_their_old_name(tmp_path) -> None:
    assert RUN.failed_videos.name == "failed.json"
    assert set(json.loads(RUN.failed_videos.read_text())) == {"train", "test"}
    assert RunFolder(tmp_path).failed_videos.name == "failed_videos.json"


def test_fusing_the_old_run_again_gives_its_own_scores() -> None:
    shown = CliRunner().invoke(cli, ["fuse", str(RUN.path), "--fusion", "adaptive", "--json"])
    assert shown.exit_code == 0, shown.output
    ours = json.loads(shown.stdout)["fusion"]["adaptive"]
    theirs = in_file(RUN.record_path)["metrics"]["fusion"]["adaptive"]
    for key in ("top1", "top5"):  # intervals are computed in another way today
        assert (ours[key]["correct"], ours[key]["of"]) == (theirs[key]["correct"], theirs[key]["of"])
    for key in ("per_class", "per_family"):
        mine, other = (
            {name: (each["correct"], each["of"]) for name, each in said[key].items()}
            for said in (ours, theirs)
        )
        assert mine == other
    assert ours["nll"] == pytest.approx(theirs["nll"])


def test_the_old_run_says_of_its_test_videos_what_it_stored(clips_root) -> None:
    from harness.evaluation.predict import Predictor

    stored = outputs.read(RUN.outputs)
    old = {"length": 168, "lead": 20, "tremble": 40, "jitter": 0, "flicker": 310}  # the defaults of its time
    given = {"train_per_class": 1, "test_per_class": 1, **old}
    clips = index(clips_root / "mbd-harness" / "localglobal", **given).test[:3]
    assert [clip.id for clip in clips] == stored.ids[:3]
    said = Predictor(RUN, "cpu").predict([clip.path for clip in clips])
    classes = in_file(RUN.record_path)["data"]["classes"]
    for row, prediction in enumerate(said):
        for stream in ("local", "global"):
            scores = stored.tensors[f"{stream}.scores"][row]
            best = prediction.guesses[stream][0]
            assert best["score"] == pytest.approx(float(scores.max()), abs=1e-3)
            assert scores[classes.index(best["class"])] == pytest.approx(float(scores.max()), abs=1e-3)


def test_a_run_begins_with_the_old_runs_stream(tiny_run, no_costs, tmp_path) -> None:
    shutil.copytree(RUN.path, tmp_path / "runs" / RUN.id)
    pairs = ("local.weights=6848278f33b7", "local.width=0.03125", "train.lr=1e-12", "train.epochs=1")
    run = tiny_run(*pairs, "train.batch_size=16", "test.local_clips=1")
    start = run.record().starts_from.local
    assert (start.kind, start.name, start.sha256) == ("run", RUN.id, run.record().weights["local"]["sha256"])
    ours = torch.load(run.checkpoint, weights_only=True)["method"]
    theirs = torch.load(RUN.checkpoint, weights_only=True)["method"]
    names = [n for n in theirs if n.startswith("streams.local.") and n.endswith("weight")]
    assert names
    for name in names:  # at a rate of 1e-12 they stay
        torch.testing.assert_close(ours[name], theirs[name], msg=name)


FAULTS = [
    (("metrics", "glob", "top1"), "metrics.glob.top1"),
    (("metrics", "glob"), "metrics.glob"),
    (("metrics", "local", "top1", "of"), "metrics.local.top1.of"),
    (("metrics",), "metrics"),
    (("data", "found", "test"), "data.found"),
    (("data", "found", "train"), "data.found"),
    (("data", "found"), "data.found"),
    (("data",), "data"),
    (("config",), "config"),
    (("resolved",), "resolved"),
    (("weights",), "weights"),
    (("timings", "steps"), "timings.steps"),
    (("id",), "id"),
]


WRONG = [
    (keys, named, value)
    for keys, named in FAULTS
    for value in (None, "nonsense", -1.5, ["x"], {"y": "z"})
    if not (isinstance(value, dict) and named in ("config", "resolved", "weights"))
    and not (isinstance(value, str) and named == "id")
    and not (value is None and named == "metrics")  # of a run that was tested on nothing
]


@pytest.mark.parametrize(("keys", "named", "value"), WRONG)
def test_a_field_that_is_missing_or_wrong_is_named(keys, named, value, tmp_path) -> None:
    """value: None leaves it out."""
    tree = in_file(RECORDS[0])
    node = tree
    for key in keys[:-1]:
        node = node[key]
    if value is None:
        del node[keys[-1]]
    else:
        node[keys[-1]] = value
    path = tmp_path / "record.json"
    path.write_text(json.dumps(tree))
    with pytest.raises(UserError) as caught:
        read_record(path)
    said = str(caught.value)
    assert "\n" not in said
    assert f"is not a valid record: {named}" in said


def test_a_precision_that_is_none_is_named_as_the_file_has_it(tmp_path) -> None:
    tree = in_file(RECORDS[0])
    tree["resolved"]["precision"] = "fp8"
    path = tmp_path / "record.json"
    path.write_text(json.dumps(tree))
    with pytest.raises(UserError, match=r"resolved\.precision: expected 'fp32' or 'bf16'"):
        read_record(path)
