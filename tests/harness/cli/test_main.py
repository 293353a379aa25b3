"""The command line as a user types it: exit codes, one line for each mistake, nothing half-written."""

import json
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support.made_records import made, save
from support.places import ROOT
from support.workplace import FEW_CLIPS, pairs

from harness.cli.main import COMMANDS, check_packages, cli, main, report_error
from harness.cli.next_steps import next_steps
from harness.record.folder import RunFolder
from methods.catalogue import METHODS


def in_a_fresh_process(arguments, code=0, never=("torch",)):
    """What the command does on its own, where none of the libraries in `never` may be loaded."""
    script = (
        f"import sys; sys.argv = ['harness', *{list(map(str, arguments))!r}]\n"
        "from harness.cli.main import main\n"
        "try: main()\n"
        f"except SystemExit as stop: assert stop.code == {code}\n"
        f"heavy = {set(never)!r} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def test_a_misspelt_run_is_said_before_torch_is_loaded(tmp_path):
    done = in_a_fresh_process(("predict", "nope", "a.mp4", "--out", tmp_path), code=2)
    assert "no run 'nope'" in done.stderr


def test_help_imports_no_torch():
    heavy = ("torch", "timm", "transformers", "pandas", "scipy", "rich", "pydantic", "numpy")
    done = in_a_fresh_process(("--help",), never=heavy)
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    "kind", ["methods", "backbones", "fusions", "datasets", "presets", "ambiguities", "deviations"]
)
def test_list_json_has_names_and_imports_no_torch(kind):
    done = in_a_fresh_process(("list", kind, "--json"))
    names = [row["name"] for row in json.loads(done.stdout)]
    assert len(names) == len(set(names)) > 1


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_help_with_an_example(command):
    shown = CliRunner().invoke(cli, [command, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output


RUN = ("run", "--method", "mbd", "--backbone", "r2plus1d18")
FEW = pairs(FEW_CLIPS)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("rum",), 2, "unknown command 'rum'; did you mean 'run'?"),
        (("list", "backbons"), 2, "cannot list 'backbons'; did you mean 'backbones'?"),
        (("list", "departures"), 2, "cannot list 'departures'; did you mean"),
        (
            ("run", "--backbone", "r2plus1d18"),
            2,
            "give --method ('harness list methods' shows all), or --pretrain",
        ),
        (("run", "--pretrain", "locl"), 2, "'locl' is not one of 'local', 'global'"),
        (
            (*RUN, "--pretrain", "local"),
            2,
            "by method 'single': leave out --method mbd, which is for the joint",
        ),
        (
            (*RUN, "--global-backbone", "vtn:efficientnet_lite0", "--weights-global", "imagenet"),
            2,
            "for the full network, but global.width is 0.125; give --set global.width=1",
        ),
        (
            (*RUN, "--global-backbone", "vtn:efficientnet_lite0"),
            2,
            "has no width setting, but width 0.125 was asked for; give width 1 (--set global.width=1",
        ),
        (("run", "--method", "mdb"), 2, "unknown method 'mdb'; did you mean 'mbd'?"),
        (
            ("run", "--method", "mbd", "--backbone", "r2plus1d5"),
            2,
            "unknown backbone 'r2plus1d5'; did you mean",
        ),
        ((*RUN, "--global-backbone", "vtn:resnet5"), 2, "resnet5"),
        ((*RUN, "--preset", "tinny"), 2, "unknown preset 'tinny'; did you mean 'tiny'?"),
        ((*RUN, "--dataset", "ucf"), 2, "unknown data set 'ucf'"),
        ((*RUN, "--lr", "-0.1"), 2, "-0.1 is not in the range"),
        ((*RUN, "--lr", "inf"), 2, "inf is not in the range"),
        ((*RUN, "--set", "method.kl_weight=inf"), 2, "method.kl_weight: got inf; expected a finite number"),
        ((*RUN, "--set", "local.residual_gamma=x"), 2, "residual_gamma is 'x'; expected the like of 1.0"),
        ((*RUN, "--set", "local.backbone=[1]"), 2, "local.backbone: got [1]; expected a name"),
        ((*RUN, "--set", "local.frames=100000"), 2, "local.frames: got 100000; expected less than"),
        ((*RUN, "--set", "local.crop=100"), 2, "error: local: crop 100 is larger than the short side"),
        ((*RUN, "--out", __file__), 2, "is a file; give a folder"),
        ((*RUN, "--epochs", "0"), 2, "0 is not in the range x>=1"),
        ((*RUN, "--batch-size", "many"), 2, "--batch-size"),
        ((*RUN, "--micro-batch", "3"), 2, "micro_batch 3 does not divide batch_size 16"),
        ((*RUN, "--seed", "1", "--seeds", "2"), 2, "--seed and --seeds exclude each other"),
        ((*RUN, "--device", "tpu"), 2, "unknown device 'tpu'; expected auto, cpu or cuda"),
        (
            (*RUN, "--set", "method.name=mutual"),
            2,
            "--set method.name=mutual: an option of the same command says",
        ),
        ((*RUN, "--weights-global", ""), 2, "--weights-global is empty"),
        ((*RUN, "--weights-local", "nowhere.pt"), 2, "no weights file 'nowhere.pt'"),
        ((*RUN, "--set", "lr=1"), 2, "unknown setting 'lr'"),
        ((*RUN, "--set", "train.lr"), 2, "expected key=value"),
        ((*RUN, "--dataset", "folder"), 2, "--data-root"),
        ((*RUN, "--dataset", "folder", "--data-root", "nowhere"), 2, "nowhere"),
        ((*RUN, "--weights-local", "no-such-weights"), 2, "no-such-weights"),
        (
            (*RUN, "--from-scratch", "--method", "unidirectional", "--set", "method.frozen=true"),
            2,
            "the global stream is a frozen teacher but has no weights; give --weights-global FILE",
        ),
        (
            (*RUN, "--method", "kd", "--weights-local", "some.pt"),
            2,
            "both streams the same clip, but local.stride is 1 and global.stride is 16; make them equal",
        ),
        (
            ("run", "--method", "genkd", "--preset", "genkd-tiny"),
            2,
            "the local stream is a frozen teacher but has no weights; give --weights-local FILE",
        ),
        (("show", "deadbeef"), 2, "no run 'deadbeef'"),
        (
            ("profile", "x3d_xs", "--precision", "fp16"),
            2,
            "unknown precision 'fp16'; expected auto, fp32 or bf16",
        ),
        (("data", "preview", "--out", "sheet.jpg"), 2, "the sheet is a PNG"),
        (("data", "preview", "--videos", "1000"), 2, "1000 is not in the range"),
        (
            ("data", "check", "localglobal", "--out", f"{__file__}/x.json"),
            1,
            "Not a directory; choose another place",
        ),
        (("check-plugin", "ucf101"), 2, "say where its videos are with --data-root DIR"),
        (("data", "make", "x", "--set", "data.train_per_clas=1"), 2, "did you mean 'train_per_class'?"),
        (("runs", "--out", "rnus"), 2, "--out rnus: there is no such folder of runs"),
        (("table", "cost", "--runs", "setup.cfg"), 2, "--runs setup.cfg: there is no such folder of runs"),
        (("profile", "r2plus1d5"), 2, "unknown backbone 'r2plus1d5'"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else None,
)
def test_mistakes_are_one_line(arguments, code, words, clips_root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(clips_root))
    monkeypatch.chdir(tmp_path)
    small = () if "--dataset" in arguments or arguments[0] != "run" else FEW
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, *small])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert stopped.value.code == code
    assert len(said) == 1
    assert words in said[0]
    assert not list(tmp_path.glob("runs/*/record.json"))


def test_packages_of_the_same_name_elsewhere_are_found_out(monkeypatch, tmp_path):
    import importlib.util

    from backbones.base.errors import UserError

    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "__init__.py").touch()
    theirs = importlib.util.spec_from_file_location(
        "results",
        tmp_path / "results" / "__init__.py",
        submodule_search_locations=[str(tmp_path / "results")],
    )
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: theirs if name == "results" else find_spec(name)
    )
    with pytest.raises(UserError, match="come from different places"):
        check_packages()


def test_a_run_whose_configuration_is_damaged_is_listed_as_such(whole, tmp_path):
    """Of a finished run the record has it, too."""
    whole.config.write_text("{")
    for state in ("finished", "config.json cannot be read"):
        shown = CliRunner().invoke(cli, ["runs", "--out", str(tmp_path / "runs"), "--json"])
        assert shown.exit_code == 0
        (row,) = json.loads(shown.output)
        assert (row["run"], row["state"]) == (whole.id, state)
        whole.record_path.unlink(missing_ok=True)


def test_runs_and_show_read_the_same_record(whole, tmp_path):
    out = ("--out", str(tmp_path / "runs"), "--json")
    (row,) = json.loads(CliRunner().invoke(cli, ["runs", *out]).output)
    record = json.loads(CliRunner().invoke(cli, ["show", whole.id[:5], *out]).output)
    top1 = record["metrics"]["fusion"]["adaptive"]["top1"]
    assert row["fused_top1"] == round(100 * top1["correct"] / top1["of"], 1)
    assert row["test_videos"] == top1["of"]


@pytest.fixture
def foreign(tmp_path):
    """A folder of two records, one of them with settings that this version does not know."""
    theirs, ours = made({"average": 61.0}, method="two_stream"), made({"average": 62.0}, seed=1)
    theirs.config["local"]["lr"] = 0.1
    theirs.config["optimizer"] = "adam"
    return save([theirs, ours], tmp_path / "runs"), theirs.id, ours.id


FOREIGN = (
    "was made by another version of the harness: unknown settings local.lr, optimizer; make the run again"
)


def test_a_record_with_unknown_settings_is_one_line(foreign, capsys):
    out, theirs, _ = foreign
    with pytest.raises(SystemExit) as stopped:
        main(["show", theirs, "--out", str(out)])
    (said,) = capsys.readouterr().err.splitlines()
    assert stopped.value.code == 1
    assert said == f"error: record {out / theirs / 'record.json'} {FOREIGN} with 'harness run … --restart'"


def test_others_are_listed_beside_a_record_with_unknown_settings(foreign):
    out, theirs, ours = foreign
    shown = CliRunner().invoke(cli, ["runs", "--out", str(out), "--json"])
    assert {row["run"]: row["state"] for row in json.loads(shown.stdout)} == {
        theirs: "not usable",
        ours: "finished",
    }
    assert FOREIGN in shown.stderr
    table = CliRunner().invoke(cli, ["table", "fusion", "--runs", str(out), "--format", "json"])
    footer = json.loads(table.stdout)["footer"]
    assert [line for line in footer if FOREIGN in line]
    assert ours in table.stdout


@pytest.mark.parametrize("method", METHODS.discover().names())
def test_what_comes_next_takes_the_same_streams(method, tmp_path):
    """The method that is named has the same kind of streams, and is another one."""
    config = made({"average": 60.0}, method=method).config
    line = next_steps(config, RunFolder(tmp_path / "abc"))
    entry = METHODS.get(method)
    command = next(word for word in line.split("'") if word.startswith("--method "))
    other = METHODS.get(command.split()[1])
    assert other.name != method
    assert bool(other.twins) == bool(entry.twins)
    assert not entry.twins or command.endswith(f"--backbone {entry.twins}")
    assert bool(other.teacher) == bool(entry.after)


def test_an_unforeseen_error_beside_a_plugin_names_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("backbones.base.plugins.Plugins.files", [tmp_path / "my net.py"])
    assert report_error(IndexError("Target 1 is out of bounds.")) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "error: IndexError: Target 1 is out of bounds.  (this may be a fault of my net.py: "
    )
    assert f"'harness check-plugin {shlex.quote(str(tmp_path / 'my net.py'))}'" in said


@pytest.mark.parametrize("command", ["list methods", "doctor", "run --method mbd --backbone r2plus1d50"])
def test_a_current_folder_that_was_deleted_is_said(command, tmp_path, monkeypatch, capsys):
    """Libraries fail in it in ways of their own: one ended the process by itself."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(SystemExit) as stopped:
        main(command.split())
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (1, "")
    assert said.err == "error: the current folder was deleted; change to another one\n"
