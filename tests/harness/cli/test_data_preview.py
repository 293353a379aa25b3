"""`harness data preview` draws what `harness run` with the same options would show its streams."""

import pytest
from support.numbered_videos import write_video

from harness.cli.main import main
from harness.config.resolve import resolve
from harness.data.clips import preview

GIVEN = {"data": {"dataset": "folder"}}


@pytest.fixture
def drawn(tmp_path, monkeypatch, capsys):
    """Calls the command on two videos; gives (the streams' specs, what it printed)."""
    for label in "ab":
        for part in ("train", "test"):
            path = tmp_path / part / label / f"{part}{label}.mp4"
            path.parent.mkdir(parents=True)
            write_video(path, size=(32, 32), frames=8)
    monkeypatch.chdir(tmp_path)
    seen = []
    monkeypatch.setattr(preview, "sheet", lambda index, protocol, *_: seen.append(protocol) or [])
    monkeypatch.setattr(preview, "draw", lambda strips, path, heading: path.write_text(heading))

    def draw(*words):
        with pytest.raises(SystemExit) as stopped:
            main(["data", "preview", "--dataset", "folder", "--data-root", str(tmp_path), *words])
        assert stopped.value.code == 0
        return seen[-1].specs, (tmp_path / "preview.png").read_text() + capsys.readouterr().out

    return draw


def sizes(specs):
    return {name: (spec.frames, spec.stride, spec.crop) for name, spec in specs.items()}


def expected(preset, *pairs):
    config = resolve(preset, GIVEN, pairs)
    return {name: (each.frames, each.stride, each.crop) for name, each in config.streams().items()}


def test_weights_and_real_videos_are_seen_as_by_finetune(drawn):
    specs, said = drawn("--backbone", "r2plus1d18", "--weights-global", "imagenet")
    assert sizes(specs) == expected("finetune", "local.backbone=r2plus1d18", "global.weights=imagenet")
    assert sizes(specs) != expected("tiny")
    assert "preset finetune, since trained weights are given for real videos; --preset names another" in said
    assert "preset finetune, seed 0" in said


def test_a_file_of_settings_is_that_of_the_run(drawn, tmp_path):
    (tmp_path / "my.yaml").write_text(
        "extends: tiny\nmethod: {name: mbd, temperature: 4}\nlocal: {frames: 4}\nglobal: {stride: 2}\n"
    )
    specs, said = drawn("--config", "my.yaml", "--set", "global.crop=28")
    assert sizes(specs) == expected("tiny", "local.frames=4", "global.stride=2", "global.crop=28")
    assert "preset tiny" in said


def test_without_either_it_is_tiny(drawn):
    assert sizes(drawn()[0]) == expected("tiny")
