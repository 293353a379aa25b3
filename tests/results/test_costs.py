"""Committed cost records."""

import json

import pytest

from results import costs
from results.claims.side import Network

ROW = {"backbone": "r3d18", "frames": 16, "size": 112, "width": 1.0, "classes": 400, "parameters": 1}
ROW |= {"macs": 2, "flops": 4, "counter": "by hand", "uncounted": []}
SPEED = {"latency": {"median_s": 0.5, "peak_memory_bytes": 3e6, "device": "cpu", "precision": "fp32"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(costs.resources, "files", lambda _: tmp_path)
    costs.counted.cache_clear()
    yield tmp_path / "measured/cost"
    costs.counted.cache_clear()


@pytest.mark.parametrize("measured", ["a", "b"])
def test_of_two_rows_on_one_network_the_measured_one_counts(folder, measured) -> None:
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps([ROW | (SPEED if name == measured else {})]))
    (row,) = costs.counted().values()
    assert (row.network, row.latency_ms, row.memory_mb) == (Network("r3d18", 16, 112), 500, 3)


def test_narrow_and_failed_networks_are_no_rows(folder) -> None:
    folder.mkdir(parents=True)
    rows = [ROW | {"width": 0.25}, {"backbone": "x3d_m", "failed": "out of luck"}]
    (folder / "a.json").write_text(json.dumps(rows))
    assert costs.counted() == {}
