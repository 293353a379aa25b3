"""Blocks of the pages that hold no commands: Python is run and held to its contract, YAML is read.

A new block needs a test of its own here, named by the page and the class or key that it begins with.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from support.by_numpy import kl
from support.pages import blocks
from support.run_videos import run_videos
from support.workplace import call

from backbones.check import check_backbone
from backbones.contract import Features
from harness.campaign.study.plan import read_plan
from harness.campaign.sweep.space import read_space
from harness.config.resolve import resolve
from harness.record import outputs
from methods.check import SmallStream, check_method
from methods.fusion.check import check_fusion
from methods.fusion.contract import Outputs, StreamOutputs

FOUND = {
    (
        block.page,
        re.search(r"^(?:class )?(\w+(?:\.\w+)?)(?=[(:])|^(import harness)", block.text, re.M)[0],
    ): block
    for block in blocks()
    if block.language != "text"
}
TESTED = {
    ("docs/architecture.md", "class Small3D"),
    ("docs/architecture.md", "class MutualSettings"),
    ("docs/architecture.md", "class PlainProduct"),
    ("docs/tutorials/own-method.md", "class OneWay"),
    ("docs/tutorials/own-method.md", "class WarmedUp"),
    ("docs/using.md", "import harness"),
    ("docs/using.md", "extends"),
    ("docs/training.md", "train.lr"),
    ("docs/tutorials/study.md", "pairs"),
    ("docs/tutorials/study.md", "arms"),
    ("docs/studies.md", "paper"),
}


def test_every_block_is_run_or_read():
    assert set(FOUND) == TESTED
    assert {block.language for block in FOUND.values()} == {"python", "yaml"}


def names(page, begins, **given):
    """What the block defines. given: what an earlier block of the page has defined."""
    defined = {"__name__": "a_block", **given}
    exec(compile(FOUND[page, begins].text, page, "exec"), defined)
    return defined


def broken(findings):
    assert len(findings) > 5
    return {each.rule: each.detail for each in findings if not each.holds}


def logits_of(*rows):
    """Features of a stream with these logits."""
    logits = torch.tensor(rows)
    return Features(logits, logits, logits[..., None, None, None])


def cross_entropy(logits, labels):
    shifted = np.exp(logits.numpy())
    return -np.log((shifted / shifted.sum(1, keepdims=True))[range(len(labels)), labels.numpy()]).mean()


def test_the_backbone_keeps_its_contract():
    build = names("docs/architecture.md", "class Small3D")["build"]

    def network():
        sizes = {"classes": 5, "frames": 4, "size": 16}
        made = build(**sizes, width=0.125)
        made.describe(**sizes, channels=3, modality="rgb", middle="layer1")
        return made

    assert broken(check_backbone(network)) == {}
    # Convolutions of 3 to 8, 8 to 16 and 16 to 32 channels with biases, and a classifier of 32 x 5.
    weights = 27 * (3 * 8 + 8 * 16 + 16 * 32) + 8 + 16 + 32 + 32 * 5 + 5
    assert sum(each.numel() for each in network().parameters()) == weights


@pytest.fixture
def batch():
    """Two streams' logits of three videos, and the videos' labels."""
    local = logits_of([2.0, 0.0, -1.0], [0.5, 0.1, 0.0], [0.0, 3.0, 1.0])
    return local, logits_of([1.0, 1.0, 0.0], [0.0, 2.0, 0.3], [1.0, 0.0, 4.0]), torch.tensor([0, 1, 2])


def test_the_method_of_the_architecture_page_is_mutual_learning(batch):
    defined = names("docs/architecture.md", "class MutualSettings")
    method = defined["Mutual"]
    assert broken(check_method(method, defined["MutualSettings"](temperature=4.0))) == {}
    local, glob, labels = batch
    ours, theirs = local.logits.double().numpy(), glob.logits.double().numpy()
    terms, _ = method(*streams(), method.Settings()).losses(*batch)
    expected = {
        "local/ce": cross_entropy(local.logits, labels),
        "global/ce": cross_entropy(glob.logits, labels),
        "local/kl": kl(theirs, ours, 1.0).mean(),
        "global/kl": kl(ours, theirs, 1.0).mean(),
    }
    assert {name: float(term) for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)


def test_the_method_of_the_tutorial_teaches_one_way(batch):
    method = names("docs/tutorials/own-method.md", "class OneWay")["OneWay"]
    assert broken(check_method(method)) == {}
    local, glob, labels = batch
    terms, _ = method(*streams(), method.Settings()).losses(*batch)
    taught = kl(glob.logits.double().numpy(), local.logits.double().numpy(), 2.0).mean()
    assert float(terms["local/kl"]) == pytest.approx(taught, rel=1e-5)
    assert float(terms["global/ce"]) == pytest.approx(cross_entropy(glob.logits, labels), rel=1e-5)
    assert set(terms) == {"local/ce", "global/ce", "local/kl"}


def test_the_method_that_warms_up_reaches_its_weight_after_five_epochs(batch):
    page = "docs/tutorials/own-method.md"
    plain = names(page, "class OneWay")["OneWay"]
    warmed = names(page, "class WarmedUp", OneWay=plain)["WarmedUp"]
    assert broken(check_method(warmed)) == {}
    method = warmed(*streams(), warmed.Settings())
    whole = plain(*streams(), plain.Settings()).losses(*batch)[0]["local/kl"]
    weights, told = [], []
    for step in (0, 1, 25, 50, 99):
        method.begin(step, 100, 10)
        terms, statistics = method.losses(*batch)
        weights.append(float(terms["local/kl"] / whole))
        told.append(float(statistics["kl-weight"]))
    assert weights == pytest.approx([0, 0.02, 0.5, 1, 1])
    assert told == pytest.approx(weights)


def streams():
    return SmallStream(2, 2), SmallStream(2, 2)


def test_the_fusion_rule_multiplies_scores():
    rule = names("docs/architecture.md", "class PlainProduct")["PlainProduct"]
    assert broken(check_fusion(rule, learned=False)) == {}

    def stream(*scores):
        given = torch.tensor([scores])
        return StreamOutputs(given, given.log(), given)

    fused = rule().predict_proba(Outputs(stream(0.5, 0.3, 0.2), stream(0.1, 0.6, 0.3)))
    assert fused.tolist()[0] == pytest.approx([0.05 / 0.29, 0.18 / 0.29, 0.06 / 0.29])


def test_the_lines_for_python_work(whole, clips_root, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    video = run_videos(whole, clips_root)[0]
    asked = []
    monkeypatch.setattr("harness.api.calls.run", lambda **given: asked.append(given))
    found = {"RUN": whole.path}
    exec(FOUND["docs/using.md", "import harness"].text.replace("VIDEO.mp4", str(video)), found)
    assert list(found["table"]["run"]) == [whole.id]
    assert len(found["videos"]) == len(outputs.read(whole.outputs).ids)
    assert len(found["said"]) == 1
    assert asked == [{"method": "two_stream", "preset": "tiny", "epochs": 1, "settings": {"train.lr": 0.02}}]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Writes a block into a file of an empty folder."""
    monkeypatch.chdir(tmp_path)

    def write(page, begins, name):
        Path(name).write_text(FOUND[page, begins].text)
        return name

    return write


def test_the_configuration_file_is_one(file, capsys):
    name = file("docs/using.md", "extends", "my.yaml")
    assert call(["config", "check", name]) == 0, capsys.readouterr().err
    assert call(["config", "diff", "tiny", name, "--json"]) == 0
    assert "clip_norm" in capsys.readouterr().out


def test_the_space_of_a_sweep_is_one_of_settings_that_there_are(file):
    space = read_space(Path(file("docs/training.md", "train.lr", "space.yaml")), ["mbd", "two_stream"])
    assert {arm: len(dimensions) for arm, dimensions in space.of.items()} == {"mbd": 4, "two_stream": 3}
    for arm, dimensions in space.of.items():
        for key, each in dimensions.items():
            ends = range(len(each.choice)) if each.choice else each.ends
            for drawn in (ends[0], ends[-1]):
                resolve("tiny", {"method": {"name": arm}}, [f"{key}={each.setting(drawn)}"])


@pytest.mark.parametrize(
    ("page", "begins", "pairs"),
    [
        ("docs/tutorials/study.md", "pairs", 2),
        ("docs/tutorials/study.md", "arms", 24),
        ("docs/studies.md", "paper", 24),
    ],
)
def test_the_plan_of_a_study_is_one(file, capsys, page, begins, pairs):
    name = file(page, begins, "plan.yaml")
    assert call(["study", "plan", name]) == 0, capsys.readouterr().err
    plan, _ = read_plan(Path(name))
    assert plan.pairs == pairs
