"""What a configuration alone tells, before torch is loaded and clips are made."""

import dataclasses
import re

import pytest
from click.testing import CliRunner

from backbones.base.errors import UsageError, UserError
from harness.cli.main import cli
from harness.config.resolve import resolve
from harness.config.warnings import check_teacher, check_weights, overridden, without_effect
from methods.catalogue import METHODS
from methods.defaults import settings_class


def config(method, *pairs):
    return resolve("tiny", {"method": {"name": method}}, pairs)


@pytest.mark.parametrize(
    ("method", "pairs", "words"),
    [
        ("mbd", ["method.prototype_momentum=0.5"], "prototype_momentum .*: it needs .*reading=R6"),
        ("mbd", ["method.final=false", "method.temperature=2"], "temperature .*: it needs .*final=true"),
        ("mutual", ["method.middle=false", "method.projected=both"], "projected .* method.middle=true"),
        ("mbd", ["local.flow.algorithm=farneback"], "local.flow .*local.modality=flow"),
    ],
)  # fmt: skip
def test_a_setting_without_effect_is_reported(method, pairs, words):
    (line,) = without_effect([config(method, *pairs), config(method, *pairs, "seed=1")])
    assert re.search(words, line)


@pytest.mark.parametrize(
    ("method", "pairs"),
    [
        ("mbd", ["method.reading=R6", "method.prototype_momentum=0.5"]),
        ("mbd", ["method.middle=false", "method.temperature=2"]),
        ("mbd", ["method.prototype_momentum=0.9"]),  # the default, which says nothing
        ("mbd", ["local.modality=flow", "local.flow.algorithm=farneback"]),
        ("stddcn", ["local.flow.algorithm=farneback"]),
    ],
)
def test_a_setting_with_an_effect_is_not(method, pairs):
    assert without_effect([config(method, *pairs)]) == []


@pytest.mark.parametrize("method", METHODS.discover().names())
def test_what_is_said_of_settings_is_of_settings_that_are_there(method):
    known = {field.name: field for field in dataclasses.fields(settings_class(method))}
    for key, (other, values) in getattr(settings_class(method), "only_with", {}).items():
        assert {key, other} <= known.keys()
        for value in values:
            config(method, f"method.{other}={str(value).lower() if isinstance(value, bool) else value}")


def test_a_teacher_comes_trained():
    with pytest.raises(UsageError, match=r"frozen teacher .* 'harness table genkd --run' trains"):
        check_teacher(config("kd"))  # before its streams' clips, which differ here, are compared
    with pytest.raises(UsageError, match=r"both streams the same clip, but local.stride is 1"):
        check_teacher(config("kd", "local.weights=some.pt"))
    with pytest.raises(UsageError, match=r"the local stream is a frozen .* or leave out method.frozen"):
        check_teacher(config("unidirectional", "method.frozen=true", "method.teacher=local"))
    check_teacher(config("unidirectional", "method.teacher=local"))
    check_teacher(config("unidirectional", "method.frozen=true", "global.weights=some.pt"))


def test_published_weights_need_the_full_network():
    network = ["global.backbone=vtn_resnet50", "global.weights=imagenet"]
    with pytest.raises(UsageError, match=r"global\.width is 0\.125; give --set global\.width=1"):
        check_weights(config("mbd", *network))
    check_weights(config("mbd", *network, "global.width=1"))
    check_weights(config("mbd", "local.weights=imagenet"))  # r2plus1d50 has none: said when loading


def test_a_file_without_weights_is_refused_before_anything_is_made(tmp_path):
    mine = tmp_path / "mine.pt"
    with pytest.raises(UsageError, match=r"no weights file '.*mine\.pt'"):
        check_weights(config("mbd", f"global.weights={mine}"))
    mine.write_text("to do")
    with pytest.raises(UserError, match=r"mine\.pt is not a readable weights file \(it is a text\)"):
        check_weights(config("mbd", f"global.weights={mine}"))
    mine.write_bytes(b"\x80\x02}q\x00.")  # whatever is in it: it may be as narrow
    check_weights(config("mbd", f"global.weights={mine}"))


def test_of_two_values_the_last_one_holds_and_is_said():
    assert overridden(["train.lr=1", "train.epochs=2", "train.lr=1"]) == []
    (line,) = overridden(["train.lr=1", "train.epochs=2", "train.lr=2"])
    assert line == "--set train.lr=1 has no effect: --set train.lr=2 comes after it"
    assert config("mbd", "train.lr=1", "train.lr=2").train.lr == 2


def test_the_command_warns_and_goes_on(clips_root, tiny_pairs, tmp_path, monkeypatch, no_costs):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.chdir(tmp_path)
    pairs = [word for pair in (*tiny_pairs, "method.prototype_momentum=0.5") for word in ("--set", pair)]
    flags = ["--method", "mbd", "--from-scratch", "--flow-cache", "flow", "--dry-run"]
    done = CliRunner().invoke(cli, ["run", *flags, *pairs])
    assert done.exit_code == 0, done.output
    shown = " ".join(done.output.split())
    assert "warning: --flow-cache has no effect: no stream sees optical flow" in shown
    assert "warning: method.prototype_momentum has no effect" in shown
    assert not (tmp_path / "flow").exists()
