"""`--tensorboard`, `--compile` and `harness completion`."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner
from support.places import ROOT

from backbones.base.errors import UserError
from harness.cli.main import cli
from harness.training.streams import compiling
from harness.training.trackers import catalogue


def scalars(folder):
    """{tag: {step: value}}; as in TensorBoard, a restart takes back what was written from its step on."""
    from tensorboardX.proto.event_pb2 import Event, SessionLog

    found = {}
    for path in sorted(folder.glob("events.*")):
        data, at = path.read_bytes(), 0
        while at < len(data):  # TFRecord: length (8 bytes), its checksum (4), the event, its checksum (4)
            length = int.from_bytes(data[at : at + 8], "little")
            event = Event.FromString(data[at + 12 : at + 12 + length])
            at += 12 + length + 4
            if event.session_log.status == SessionLog.START:
                found = {tag: _before(event.step, steps) for tag, steps in found.items()}
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def _before(step, steps):
    return {s: value for s, value in steps.items() if s < step}


def test_tensorboard_has_what_the_events_and_the_record_have(tiny_run) -> None:
    folder = tiny_run(trackers=("tensorboard", "csv"))
    found = scalars(folder.path / "tensorboard")
    lines = folder.events.read_text().splitlines()
    last = [event for event in map(json.loads, lines) if event["event"] == "train"][-1]
    for name, value in last["losses"].items():
        assert found[f"loss/{name}"][last["step"]] == pytest.approx(value, rel=1e-6)
    record = folder.record()
    assert found["test/local"] == {last["step"]: pytest.approx(record.metrics.local.top1.percent)}
    assert {f"test/{rule}" for rule in record.metrics.fusion} <= set(found)
    assert "compile" not in record.resolved
    assert record.config["compile"] is False


def test_without_the_package_it_is_said_before_the_run(monkeypatch, tiny_run) -> None:
    monkeypatch.setattr(catalogue.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'mbd-harness\[tensorboard\]'"):
        tiny_run(trackers=("tensorboard",))


class Graphs:
    """A backend that compiles nothing and counts what it is given."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, graph, inputs):
        self.count += 1
        return graph.forward


def test_streams_are_compiled_in_place_and_only_meanwhile(monkeypatch) -> None:
    from support.known_network import Known

    graphs, net, clip = Graphs(), Known(), torch.randn(2, 3, 2, 6, 6)
    monkeypatch.setattr(compiling, "BACKEND", graphs)
    compiling.check_compiler("cpu")
    assert graphs.count == 1
    names, plain = list(net.state_dict()), net(clip).logits
    with compiling.compiled([net], wanted=True):
        assert torch.allclose(net(clip).logits, plain)
        assert list(net.state_dict()) == names
    seen = graphs.count
    assert seen > 1
    net(clip)
    with compiling.compiled([net], wanted=False):
        net(clip)
    assert graphs.count == seen


@pytest.mark.parametrize(
    ("words", "compiled"), [([], False), (["--compile"], True), (["--set", "compile=true"], True)]
)
def test_compiling_is_a_setting_of_the_run(monkeypatch, words, compiled) -> None:
    configs = []

    def executed(config, *_):
        configs.append(config)
        return SimpleNamespace(plan=None, folder=SimpleNamespace(id="a", finished=False))

    monkeypatch.setattr("harness.execution.execute.execute", executed)
    done = CliRunner().invoke(cli, ["run", "--method", "mbd", "--dry-run", *words], catch_exceptions=False)
    assert done.exit_code == 0
    assert [config.compile for config in configs] == [compiled, compiled]  # of the pre-training too


def test_a_missing_compiler_is_one_line(monkeypatch) -> None:
    def broken(graph, inputs):
        raise FileNotFoundError("no C++ compiler\nand a page more")

    monkeypatch.setattr(compiling, "BACKEND", broken)
    with pytest.raises(UserError, match=r"--compile: .* not work here .*no C\+\+ compiler") as caught:
        compiling.check_compiler("cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_calls_the_harness_back(shell) -> None:
    shown = CliRunner().invoke(cli, ["completion", shell])
    assert shown.exit_code == 0
    assert f"_HARNESS_COMPLETE={shell}_complete" in shown.output


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("harness prof", {"profile"}),
        ("harness run --method unid", {"unidirectional"}),
        ("harness run --backbone x3d_", {"x3d_xs", "x3d_s", "x3d_m", "x3d_l"}),
        ("harness profile vtn_v", {"vtn_vitb"}),
        ("harness run --tensorb", {"--tensorboard"}),
    ],
)
def test_what_a_shell_is_offered(words, offered, monkeypatch) -> None:
    from click.shell_completion import BashComplete

    *before, begun = words.split()[1:]
    complete = BashComplete(cli, {}, "harness", "_HARNESS_COMPLETE")
    assert {item.value for item in complete.get_completions(before, begun)} == offered


def test_completing_imports_no_torch() -> None:
    code = (
        "import sys; from harness.cli.main import cli; from click.shell_completion import BashComplete;"
        "found = BashComplete(cli, {}, 'harness', 'X').get_completions(['run', '--backbone'], 'r3d1');"
        "print(sorted(each.value for each in found), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "['r3d18'] False\n", done.stderr
