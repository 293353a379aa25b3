"""Presets `paper` and `small` on the four official data sets: official lists, made-up videos, a dry run."""

import json
from pathlib import Path

import pytest
from support.places import SHARED, needs_official_lists

from backbones.spec import InputSpec
from harness.cli.main import main
from harness.cost.estimate import Estimate

# The lists of Kinetics-400 and SSv2 may not be here: made up in their format, over the official class names.
LABELS = SHARED / "annotations" / "labels"
PER_CLASS = 2


def ucf101(root: Path) -> list[str]:
    for part in ("train", "test"):
        for line in (SHARED / f"annotations/ucf101/{part}list01.txt").read_text().split():
            if "/" in line:
                (root / line.split("/")[1]).touch()
    return ["--split", "1", "--set", f"data.annotations={SHARED / 'annotations/ucf101'}"]


def hmdb51(root: Path) -> list[str]:
    lists = SHARED / "annotations/hmdb51"
    for path in lists.glob("*_split1.txt"):
        for line in path.read_text().splitlines():
            if line.strip():
                (root / line.strip()[:-2].strip()).touch()
    return ["--split", "1", "--set", f"data.annotations={lists}"]


def kinetics400(root: Path) -> list[str]:
    names = (LABELS / "kinetics400.txt").read_text().splitlines()
    for part, split in (("train", "train"), ("val", "validate")):
        rows = ["label,youtube_id,time_start,time_end,split"]
        for number, name in enumerate(names):
            rows += [f'"{name}",{part}{number}_{n},0,10,{split}' for n in range(PER_CLASS)]
            for n in range(PER_CLASS):
                (root / f"{part}{number}_{n}_000000_000010.mp4").touch()
        (root / f"{part}.csv").write_text("\n".join(rows))
    return []


def ssv2(root: Path) -> list[str]:
    names = (LABELS / "ssv2.txt").read_text().splitlines()
    plain = [name.replace("[", "").replace("]", "") for name in names]
    labels = {name: str(number) for number, name in enumerate(plain)}
    (root / "something-something-v2-labels.json").write_text(json.dumps(labels))
    for at, part in enumerate(("train", "validation")):
        ids = [str(10_000 * at + number) for number in range(PER_CLASS * len(names))]
        rows = [{"id": i, "template": names[int(i) % 10_000 % len(names)]} for i in ids]
        (root / f"something-something-v2-{part}.json").write_text(json.dumps(rows))
        for name in ids:
            (root / f"{name}.webm").touch()
    return ["--set", "data.checks=warn"]


DATASETS = {  # how the layout is made, videos found in training and test, classes
    "ucf101": (ucf101, 9537, 3783, 101),
    "hmdb51": (hmdb51, 3570, 1530, 51),
    "kinetics400": (kinetics400, 800, 800, 400),
    "ssv2": (ssv2, 348, 348, 174),
}


@needs_official_lists
@pytest.mark.parametrize("name", DATASETS)
def test_dry_runs(name, tmp_path, monkeypatch, capsys):
    """Everything but the timed step and the networks' width is as a user would get it."""
    make, train, test, classes = DATASETS[name]
    root = tmp_path / "data"
    root.mkdir()
    arguments = make(root)
    seen: list[dict[str, InputSpec]] = []

    def timed(method, specs, *rest):
        seen.append(specs)
        return Estimate(1.0, 1.0)

    monkeypatch.setattr("harness.execution.dry_run.estimate", timed)
    monkeypatch.setenv("COLUMNS", "200")
    narrow = ["--set", "local.width=0.0625", "--set", "global.width=0.0833"]
    for preset, held in (("paper", False), ("small", True)):
        given = ["--preset", preset, "--dataset", name, "--data-root", str(root), *arguments, *narrow]
        given += [
            "--device",
            "cpu",
            "--precision",
            "fp32",
            "--out",
            str(tmp_path / "runs"),
            "--dry-run",
            "--from-scratch",
        ]
        with pytest.raises(SystemExit) as stopped:
            main(["run", "--method", "mbd", *given])
        shown = capsys.readouterr().out
        assert stopped.value.code == 0
        assert f"train videos: {train} of {train} expected" in shown
        assert f"test videos: {test} of {test} expected" in shown
        assert f"classes: {classes}; data set {name}" in shown
        assert ("kept from training" in shown) is held
        assert "kept for choosing settings" not in shown  # no preset but finetune keeps videos for that
        assert "dry run: nothing was trained, and no run was written" in shown
    assert [specs["global"].frames for specs in seen] == [16, 8]
    assert all((specs["local"].crop, specs["global"].crop) == (112, 224) for specs in seen)
    assert not (tmp_path / "runs").exists()
