"""Fusion rules at the end of a run: fitted on held-out videos only, scored beside average, never a crash."""

import io
import json
import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from rich.console import Console
from support.fusion_outputs import K
from support.stored_outputs import FAST, stored

from backbones.base.errors import UsageError, UserError
from harness.cli.main import cli, main
from harness.config import fusion_rules
from harness.console.summary import show_fusions
from harness.data.index import Video
from harness.evaluation import fusion_fitting as fusing
from harness.evaluation.fusion_fitting import HeldOut, check_fusion, fuse
from harness.evaluation.score import score
from harness.record.consistency.seal import sealed
from harness.record.outputs import Stored
from methods.fusion.catalogue import FUSIONS

CLASSES = [f"class {n}" for n in range(K)]
FEW = ("fusion.conv3d.steps=3", "fusion.bilinear.width=32")
LEARNED = {entry.name for entry in FUSIONS if entry.learned}


def videos_of(test, groups=None):
    return [
        Video(name, None, int(label), f"g{n % groups}" if groups else None)
        for n, (name, label) in enumerate(zip(test.ids, test.labels, strict=True))
    ]


def metrics(held, rules=None, **test_options):
    test = stored(24, "test", seed=1, **test_options)
    return score(test, videos_of(test), CLASSES, held, rules, FAST)


def test_every_rule_is_scored_with_its_difference_to_average():
    found = metrics(stored(40, "train"))
    assert set(found.fusion) == set(FUSIONS.names())
    assert not found.not_fused
    average = found.fusion["average"].top1.correct
    for name, scores in found.fusion.items():
        assert scores.fitted_on == (40 if name in LEARNED else 0)
        if name == "average":
            continue
        gap = scores.to_average
        assert gap.gained - gap.lost == scores.top1.correct - average
        assert gap.points == pytest.approx(100 * (scores.top1.correct - average) / 24, abs=1e-3)
        assert gap.low <= gap.points <= gap.high
    assert found.oracle.correct >= max(found.local.top1.correct, found.glob.top1.correct)


def test_test_labels_cannot_be_fitted_on(monkeypatch):
    """The labels that rules see are the held-out videos'; changing the test labels changes no probability."""
    held, test = stored(40, "train"), stored(24, "test", seed=1)
    seen = []
    monkeypatch.setattr(fusing.HeldOut, "fit", spy(fusing.HeldOut.fit, seen))
    proba, _ = fuse(test.outputs(), HeldOut(held, test.ids), FUSIONS.names(), FAST)
    assert len(seen) == len(LEARNED)
    assert all(labels is held_labels for labels, held_labels in seen)
    shuffled = Stored(test.tensors, test.labels.flip(0), test.ok, test.ids, {})
    again, _ = fuse(shuffled.outputs(), HeldOut(held, test.ids), FUSIONS.names(), FAST)
    assert all(torch.equal(again[name].proba, fused.proba) for name, fused in proba.items())


def spy(real, seen):
    def fit(self, rule):
        learn = rule.fit
        rule.fit = lambda outputs, labels: (seen.append((labels, self.labels)), learn(outputs, labels))
        try:
            return real(self, rule)
        finally:
            del rule.fit

    return fit


def test_test_videos_among_those_to_fit_on_are_refused():
    held = stored(40, "train")
    held.ids[3] = "test/7"
    with pytest.raises(UserError, match=r"1 test videos are among those to fit fusion rules on \(test/7\)"):
        metrics(held)


def test_broken_videos_are_not_fitted_on_and_count_as_wrong_in_testing():
    found = metrics(stored(40, "train", broken=[0, 5]), broken=[2])
    assert found.fusion["svm"].fitted_on == 38
    assert found.fusion["svm"].top1.of == 24
    assert found.oracle.of == 24


def absent(held, label):
    held.ok[held.labels == label] = False
    return held


@pytest.mark.parametrize(
    ("held", "test", "rules", "words"),
    [
        (None, {}, LEARNED, "no held-out videos to fit it on"),
        (stored(8, "train"), {}, LEARNED, "8 held-out videos; at least 10 are needed"),
        (
            absent(stored(40, "train"), 1),
            {},
            {"concat", "svm", "conv3d", "bilinear"},
            "1 of 4 classes",
        ),
        (stored(40, "train", maps=False), {"maps": False}, {"conv3d", "bilinear"}, "maps were not stored"),
    ],
)
def test_a_rule_that_cannot_be_fitted_is_a_stated_reason(held, test, rules, words):
    found = metrics(held, **test)
    assert set(found.not_fused) == rules
    assert set(found.fusion) == set(FUSIONS.names()) - rules
    assert all(words in reason for reason in found.not_fused.values())


def test_an_unforeseen_failure_costs_one_rule(monkeypatch):
    def fail(self, outputs, labels):
        raise np.linalg.LinAlgError("singular\nmatrix")

    monkeypatch.setattr("methods.fusion.svm.SVM.fit", fail)
    found = metrics(stored(40, "train"))
    assert found.not_fused == {"svm": "failed: LinAlgError: singular"}


def no_start(self):
    raise TypeError("no such thing\nat all")


@pytest.mark.parametrize(
    ("part", "broken", "words"),
    [
        ("__init__", no_start, "failed: TypeError: no such thing"),
        ("predict_proba", lambda self, outputs: torch.ones(3, K), r"gives \(3, 4\), not \(24, 4\)"),
        ("predict_proba", lambda self, outputs: outputs.local.scores / 0 * 0, "not finite"),
    ],
)
def test_a_rule_that_breaks_anywhere_is_a_row_and_a_warning(monkeypatch, part, broken, words):
    monkeypatch.setattr(f"methods.fusion.product.Product.{part}", broken)
    found = metrics(stored(40, "train"))
    assert set(found.fusion) == set(FUSIONS.names()) - {"product"}
    assert re.search(words, found.not_fused["product"])
    console = Console(width=120, record=True, file=io.StringIO())
    show_fusions(console, found, "product", "run")
    shown = console.export_text()
    assert re.search(r"product \* +failed", shown)
    assert "warning: fusion rule product: failed: " in shown


def test_settings_of_rules_are_part_of_a_run(tiny_run, tmp_path):
    """Given with --set, checked before training, used at the end, and again by `harness fuse`."""
    with pytest.raises(UsageError, match="fusion 'svm' has no setting 'D'"):
        tiny_run("fusion.svm.D=2", dry_run=True)
    with pytest.raises(UsageError, match="unknown fusion 'svn'; did you mean 'svm'"):
        tiny_run("fusion.svn.C=2", dry_run=True)
    settings = ("fit.rules=all", *FEW, "train.epochs=1", "train.batch_size=16")
    run = tiny_run(*settings, "fusion.concat.C=2", "fusion.concat.inputs=scores")
    assert run.id != tiny_run(*settings, dry_run=True).id
    assert run.record().metrics.fusion["concat"].settings["C"] == 2
    arguments = ["fuse", run.id, "--out", str(tmp_path / "runs"), "--fusion", "concat", "--json"]
    again = CliRunner().invoke(cli, [*arguments, "--set", "concat.C=3"])
    chosen = json.loads(again.stdout)["fusion"]["concat"]["settings"]
    assert (chosen["C"], chosen["inputs"]) == (3, "scores")


def test_what_cannot_be_fitted_is_said_before_training():
    check_fusion("adaptive", 0, maps=False)
    check_fusion("conv3d", 10, maps=True)
    with pytest.raises(UsageError, match="'svm' is fitted on at least 10 held-out videos and there are 3"):
        check_fusion("svm", 3, maps=True)
    with pytest.raises(UsageError, match=r"fusion 'conv3d' needs maps: give test.store_maps=true"):
        check_fusion("conv3d", 10, maps=False)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("svm", {"c": 1}, "fusion 'svm' has no setting 'c'.*its settings are inputs, C, folds, seed"),
        ("svm", {"C": "big"}, "svm.C: got 'big'"),
        ("concat", {"inputs": "map"}, "concat.inputs: got 'map'; expected 'scores', 'logits' or 'emb"),
        ("svm", {"C": 0}, "svm.C: got 0; expected greater than 0"),
        ("concat", {"C": float("inf")}, "concat.C: got inf; expected a finite number"),
        ("svm", {"folds": 1}, "svm.folds: got 1; expected greater than or equal to 2"),
        ("conv3d", {"kernel": 4}, "conv3d.kernel: got 4; expected an odd number"),
        ("conv3d", {"dropout": 1.0}, "conv3d.dropout: got 1.0; expected less than 1"),
        ("conv3d", {"lr": float("nan")}, "conv3d.lr: got nan"),
        ("bilinear", {"grid": [4, 0, 4]}, "bilinear.grid: got .*expected greater than 0"),
        ("bilinear", {"seed": -1}, "bilinear.seed: got -1"),
        ("average", {"w": 1}, r"fusion 'average' has no setting 'w' \(it has none\)"),
    ],
)
def test_wrong_settings_are_one_line(name, settings, words):
    with pytest.raises(UsageError, match=words):
        fusion_rules.make(name, settings)


def test_nothing_may_be_dropped_or_decayed():
    rule = fusion_rules.make("conv3d", {"dropout": 0, "weight_decay": 0})
    assert (rule.dropout, rule.weight_decay) == (0, 0)


def test_a_run_fits_the_rules_and_fuse_says_the_same_again(tiny_run, tmp_path):
    run = tiny_run("fit.rules=all", *FEW, "train.epochs=1", "train.batch_size=16")
    record = run.record()
    assert record.data.found == {"train": 16, "validation": 0, "holdout": 16, "test": 16}
    assert set(record.metrics.fusion) == set(FUSIONS.names()) - {"svm"}
    assert "calibration needs two of each" in record.metrics.not_fused["svm"]
    assert record.metrics.fusion["conv3d"].fitted_on == 16
    before = run.record_path.read_bytes()
    done = CliRunner().invoke(cli, ["fuse", run.id, "--out", str(tmp_path / "runs"), "--json"])
    assert done.exit_code == 0, done.output
    again = json.loads(done.stdout)["fusion"]
    for name, scores in record.model_dump(mode="json")["metrics"]["fusion"].items():
        assert {**again[name], "fit_s": 0} == {**scores, "fit_s": 0}
    arguments = ["fuse", run.id, "--out", str(tmp_path / "runs"), "--fusion", "concat", "--set", "concat.C=2"]
    other = CliRunner().invoke(cli, [*arguments, "--json"])
    assert json.loads(other.stdout)["fusion"]["concat"]["settings"]["C"] == 2
    assert run.record_path.read_bytes() == before, "the record stays as the run left it"


def test_what_fuse_was_asked_for_and_cannot_do_is_said(whole, capsys):
    def fuse(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["fuse", str(whole.path), *arguments])
        return stopped.value.code, " ".join(capsys.readouterr().err.split())

    assert "conv3d.kernel: got 4" in fuse("--fusion", "conv3d", "--set", "fusion.conv3d.kernel=4")[1]
    here = "is not among the rules that are fitted here (max, average)"
    wrong = {
        "svm.C=1": f"'svm' {here}; add --fusion svm",
        "avrage.C=1": f"'avrage' {here}; did you mean 'average'",
        "C=1": "expected RULE.KEY=VALUE, for example svm.C=1",
    }
    for pair, words in wrong.items():
        code, said = fuse("--fusion", "max", "--fusion", "average", "--set", pair)
        assert code == 2
        assert words in said
    code, said = fuse("--fusion", "svm", "--fusion", "average", "--json")
    assert code == 1
    assert "svm was not fitted: no held-out videos" in said
    record = json.loads(whole.record_path.read_text())
    record["metrics"]["fusion"]["mine"] = record["metrics"]["fusion"]["average"]
    whole.record_path.write_text(json.dumps(sealed(record)))
    assert "'mine' was a plug-in's when the run was made; give --plugin" in fuse("--fusion", "mine")[1]
    whole.outputs.unlink()
    whole.stored.write_text(json.dumps({"store": "s3://bucket", "files": [whole.outputs.name]}))
    code, said = fuse()
    assert f"outputs are not here; 'harness runs fetch {whole.id} --store s3://bucket --out" in said
    whole.stored.unlink()
    code, said = fuse()
    assert code == 1
    assert "outputs were not kept" in said
    assert "'harness run --method mbd --fusion" in said


def test_one_number_is_shown_whatever_wrapped_it():
    rule = fusion_rules.make("average", {})
    rule.w_, rule.v_, rule.all_ = torch.tensor(0.25), np.float64(0.5), torch.ones(2)  # type: ignore[attr-defined]
    assert fusing._learned(rule) == {"w": 0.25, "v": 0.5}
