"""Ensembles by the commands: a user's paper, runs in a folder, a claim and a table's row."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from support.made_records import itself, made
from support.paper_folder import folder  # noqa: F401
from support.stored_scores import keep

from harness.cli.main import cli

BOTH = "[mutual @ global, two_stream @ local]"
CLAIM = f'P07,Table 3,localglobal,"{BOTH}",top1,>,,two_stream @ global.top1,,reported,,\n'
LABELS = [0, 1, 2] * 10


@pytest.fixture
def ours(folder, tmp_path):  # noqa: F811
    """The paper, and three seeds of both methods; two_stream's global stream is right on 70 %."""
    rng, right = np.random.default_rng(1), []
    for seed in range(3):
        local, glob = (rng.dirichlet(np.ones(3), size=len(LABELS)) for _ in range(2))
        right.append(np.mean(np.mean([local, glob], axis=0).argmax(axis=1) == LABELS))
        families = ["local"] * len(LABELS)
        for method, scores in (("mutual", (local[::-1], glob)), ("two_stream", (local, glob[::-1]))):
            record = made({"average": 60.0}, method=method, seed=seed, preset="tiny")
            record = itself(record.model_copy(update={"config": record.config | {"preset": "ours/tiny"}}))
            keep(record, tmp_path / "runs", *scores, LABELS, families=families)
    folder.add("claims.csv", CLAIM)
    folder.change("tables.yaml", "  rows:\n", f"  rows:\n  - {{label: both, setting: {BOTH}}}\n")
    return folder.path, tmp_path / "runs", 100 * np.mean(right)


def called(*words):
    result = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_claims(ours):
    path, runs, top1 = ours
    rows = {row["id"]: row for row in called("claims", "ours", "--paper", path, "--runs", runs, "--json")}
    found = rows["ours/P07"]
    assert found["verdict"] == "not decided: no study"
    assert found["measured"] == pytest.approx(top1 - 70.0, abs=0.01)
    assert len(found["runs"]) == 6


def test_a_table(ours):
    path, runs, top1 = ours
    made_table = called("table", "ours/main", "--paper", path, "--runs", runs, "--format", "json")
    text = json.dumps(made_table, ensure_ascii=False)
    assert f'"value": {top1:.6f}'[:16] in text
