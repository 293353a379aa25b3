"""`harness profile`: stages, the whole protocol, and every network in a process of its own."""

import json
import stat
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from support.known_network import Known

from harness.cli.main import cli
from harness.cost import profile_all as apart
from harness.cost.count import count_stages
from harness.cost.latency import measure_stages
from harness.cost.profile_all import profile_all

ROW = {"backbone": "net", "parameters": 10, "macs": 5, "flops": 10, "uncounted": []}


def test_multiply_adds_by_stage_worked_out_by_hand() -> None:
    with torch.device("meta"):
        assert count_stages(Known()) == {"conv": 23_328, "head": 20}


def test_stages_are_timed_in_order_and_leave_the_network_as_it_was() -> None:
    net = Known().train()
    stages = measure_stages(net, batch=2, warmup=2, repeats=4)
    assert [stage.stage for stage in stages] == ["conv", "head"]
    assert all(stage.median_s > 0 for stage in stages)
    assert net.passes == 6
    assert net.training


def test_a_profile_by_stages_adds_up() -> None:
    small = ("--width", "0.125", "--frames", "4", "--size", "32", "--repeats", "3", "--classes", "7")
    shown = CliRunner().invoke(cli, ["profile", "r3d18", *small, "--device", "cpu", "--stages", "--json"])
    (row,) = json.loads(shown.stdout)
    assert [stage["stage"] for stage in row["stages"]][-2:] == ["layer4", "head"]
    assert sum(stage["macs"] for stage in row["stages"]) == row["macs"]
    assert row["stages"][-1]["macs"] == 7 * 64
    speed, protocol = row["latency"], row["protocol"]
    assert (speed["batch"], speed["warmup"], speed["repeats"]) == (1, 2, 3)
    assert speed["views_per_s"] == pytest.approx(1 / speed["median_s"])
    assert (protocol["views"], protocol["macs"]) == (30, 30 * row["macs"])
    assert protocol["seconds"] == pytest.approx(30 * speed["median_s"])
    assert row["environment"]["cpu_threads"] >= 1


def test_a_name_or_all() -> None:
    shown = CliRunner().invoke(cli, ["profile"])
    assert shown.exit_code == 2
    assert "name a backbone, or give --all" in shown.output


class Calls:
    """Stands in for the processes: what each is asked, and what it answers by the arguments."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.asked = answers, []

    def __call__(self, arguments: list[str], limit: float) -> dict[str, Any]:
        self.asked.append(arguments)
        answer = self.answers["counted" if "--no-latency" in arguments else "measured"]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def walk(monkeypatch, tmp_path, calls, *names, options=(), restart=False):
    monkeypatch.setattr(apart, "_call", calls)
    return list(profile_all(names, options, tmp_path, 9.0, "-cpu-fp32", restart))


def test_every_network_leaves_a_record_in_the_committed_form(monkeypatch, tmp_path) -> None:
    calls = Calls(counted=ROW, measured=ROW | {"latency": {}})
    done = walk(monkeypatch, tmp_path, calls, "r3d18", "vtn:resnet10t", options=["--width=0.5"])
    assert [(name, there) for name, _, there in done] == [("r3d18", False), ("vtn:resnet10t", False)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "r3d18-cpu-fp32.json",
        "vtn_resnet10t-cpu-fp32.json",
    ]
    assert json.loads((tmp_path / "r3d18-cpu-fp32.json").read_text()) == [ROW | {"latency": {}}]
    assert calls.asked[:2] == [["r3d18", "--no-latency", "--width=0.5"], ["r3d18", "--width=0.5"]]


def test_records_that_are_there_are_not_made_again(monkeypatch, tmp_path) -> None:
    calls = Calls(counted=ROW, measured=ROW)
    walk(monkeypatch, tmp_path, calls, "a", "b")
    calls.asked.clear()
    assert [there for *_, there in walk(monkeypatch, tmp_path, calls, "a", "b", "c")] == [True, True, False]
    assert {arguments[0] for arguments in calls.asked} == {"c"}
    assert not any(there for *_, there in walk(monkeypatch, tmp_path, calls, "a", restart=True))


def test_what_is_not_measured_is_counted_and_what_is_not_counted_is_a_row(monkeypatch, tmp_path) -> None:
    slow = Calls(counted=ROW, measured=apart.NotMeasured("took longer than 9 s"))
    ((_, row, _),) = walk(monkeypatch, tmp_path / "slow", slow, "net")
    assert row == ROW | {"not_measured": "took longer than 9 s"}
    broken = Calls(counted=apart.NotMeasured("no such thing"))
    rows = [row for _, row, _ in walk(monkeypatch, tmp_path / "broken", broken, "a", "b")]
    assert rows == [{"backbone": name, "failed": "no such thing"} for name in "ab"]


def test_what_took_too_long_is_tried_again_with_more_time_and_what_failed_always(
    monkeypatch, tmp_path
) -> None:
    def again(limit: float) -> bool:
        ((*_, there),) = profile_all(["net"], (), tmp_path, limit, "-cpu-fp32")
        return not there

    monkeypatch.setattr(apart, "_call", Calls(counted=ROW, measured=apart.TookTooLong("took longer")))
    assert again(8.0)
    assert not again(8.0)
    assert again(9.0)
    monkeypatch.setattr(apart, "_call", Calls(counted=apart.NotMeasured("no such thing")))
    assert again(10.0)
    monkeypatch.setattr(apart, "_call", Calls(counted=ROW, measured=ROW))
    assert again(10.0)
    assert not again(99.0)


def test_a_plug_in_goes_along_and_other_repeats_are_another_record(monkeypatch, tmp_path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("")
    monkeypatch.setattr("backbones.base.plugins.Plugins.files", [file])
    calls = Calls(counted=ROW, measured=ROW)
    monkeypatch.setattr(apart, "_call", calls)
    out = ("--out", str(tmp_path), "--device", "cpu", "--repeats", "3", "--json")
    assert CliRunner().invoke(cli, ["profile", "x3d_s", "--all", *out]).exit_code == 0
    assert (tmp_path / "x3d_s-cpu-fp32-repeats3.json").is_file()
    assert all(arguments[-2:] == ["--plugin", str(file)] for arguments in calls.asked)


def test_weights_that_do_not_fit_are_not_tried(monkeypatch, tmp_path) -> None:
    calls = Calls(counted=ROW | {"parameters": 10**15}, measured=ROW)
    ((_, row, _),) = walk(monkeypatch, tmp_path, calls, "net")
    assert row["not_measured"].startswith("needs about 8000000.0 GB")
    assert len(calls.asked) == 1


@pytest.mark.parametrize(
    ("script", "limit", "why"),
    [
        ("kill -9 $$", 60, "ended by signal 9, as when memory runs out"),
        ("exec sleep 60", 0.5, r"took longer than 0.5 s"),
        ("echo 'warning: old' >&2; echo 'error: no such size' >&2; exit 2", 60, "^no such size$"),
    ],
)
def test_how_a_process_may_end(monkeypatch, tmp_path, script, limit, why) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(apart.sys, "executable", str(program))
    with pytest.raises(apart.NotMeasured, match=why):
        apart._call(["net"], limit)


def test_a_record_that_is_none_is_one_line(monkeypatch, tmp_path) -> None:
    (tmp_path / "net-cpu-fp32.json").write_text("[")
    with pytest.raises(apart.UserError, match=r"net-cpu-fp32\.json is no record of a profile"):
        walk(monkeypatch, tmp_path, Calls(), "net")


def test_all_names_every_network_but_the_open_ones_and_says_why_one_failed(monkeypatch, tmp_path) -> None:
    calls = Calls(counted=apart.NotMeasured("broken here"))
    monkeypatch.setattr(apart, "_call", calls)
    out = ("--out", str(tmp_path), "--device", "cpu")
    shown = CliRunner().invoke(cli, ["profile", "--all", *out], env={"COLUMNS": "120"})
    names = {arguments[0] for arguments in calls.asked}
    assert {"r2plus1d50", "vtn_vitb", "x3d_m"} <= names
    assert "vtn:*" not in names
    assert "vtn_vitb: broken here" in shown.output
    calls.asked.clear()
    CliRunner().invoke(cli, ["profile", "x3d_*", "--all", *out, "--frames", "4"])
    assert {arguments[0] for arguments in calls.asked} == {"x3d_xs", "x3d_s", "x3d_m", "x3d_l"}
    assert (tmp_path / "x3d_s-cpu-fp32-frames4.json").is_file()
