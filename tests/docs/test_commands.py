"""Every command in the code blocks of the pages works: it is run here, in this process, as a dry run where it
would train. What cannot be run stands in EXCEPTIONS with the reason, and still has to be understood.

Words in capitals that the pages use for the reader's own things (`DIR`, `RUN`) stand for
things of the workplace.
"""

import json
import re
import subprocess
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import pytest
from support.pages import commands, inline_code
from support.paper_folder import unloaded
from support.places import ROOT, SHARED, needs_real_clips
from support.plugin_files import loaded
from support.workplace import FEW_CLIPS, NARROW, SMALL_CLIPS, call, pairs, undrawn

from harness.cli.main import cli

COMMANDS = commands()
# The reason why a command is not run. It must still be one that the command line understands.
EXCEPTIONS = {
    "harness export model RUN --out model": "makes three graphs; tests/harness/export does it",
    "harness export model RUN --format torch-export --format safetensors --out both": "the same",
    "harness paper new my_paper": "it is there for the commands that follow; docs/papers.md makes another",
    "harness study run studies/mbd.yaml --out DIR": "makes hundreds of runs, for days",
    "harness study run studies/mbd.yaml --out DIR --engine slurm --engine-set partition=gpu "
    "--engine-set time=4:00:00": "the same, on a cluster; tests/harness/campaign/engines/slurm does it",
    "harness study run studies/mbd.yaml --out DIR --engine ray --engine-set address=head:6379": "the same",
    "harness study run studies/mbd.yaml --out DIR --engine ray --engine-set address=head:6379 "
    "--store s3://BUCKET/FOLDER": "the same, with a store",
    "harness runs fetch RUN --out DIR/runs": "needs a bucket; tests/harness/campaign/store does it",
    "harness profile --all --out profiles": "measures 43 networks, each in a process of its own, for an hour",
}
# Data sets that are not here: the command must say so in one line.
ABSENT = ("ucf101", "hmdb51", "kinetics400", "ssv2")
# Runs that other commands begin with: the command of the pages that makes each.
MADE_BY = {
    "TEACHER": "harness run --method genkd_teacher --preset genkd-tiny",
    "LOCAL_RUN": "harness run --pretrain local --backbone r2plus1d50",
    "GLOBAL_RUN": "harness run --pretrain global",
}
SHORT = ["--epochs", "1", "--batch-size", "4", "--workers", "0", "--device", "cpu", "--precision", "fp32"]


def harness_commands():
    """(the command, its words after "harness")."""
    for command in COMMANDS:
        if words := after_harness(command.text):
            yield pytest.param(command, words, id=str(command))


def after_harness(text):
    """What the command line is given; None where the command is of another program."""
    inner = re.fullmatch(r'eval "\$\((.*)\)"', text)
    words = re.split(r"\s", inner[1]) if inner else None
    words = words or next(each.words for each in COMMANDS if each.text == text)
    if words[0] in ("harness", ".venv/bin/harness"):
        return words[1:]
    return words[words.index("harness") + 1 :] if words[0] in ("torchrun", "srun") else None


def value(words, option, default=""):
    return words[words.index(option) + 1] if option in words else default


class Typed:
    """A command as it is run here: with the workplace's things, and short."""

    def __init__(self, words, workplace):
        self.asked, self.workplace = words, workplace
        self.dataset = value(words, "--dataset", "localglobal")
        self.words = [self.word(word) for word in words]

    def word(self, word):
        place = self.workplace
        machines = dict.fromkeys(("machine1", "machine2"), str(place.folder / "runs"))
        plain = machines | {"RUN": place.run, "VIDEO.mp4": str(place.video), "DIR": str(self.folder())}
        name, equals, path = word.partition("=")
        if equals and path == "DIR":
            return f"{name}={self.folder()}"
        return self.made(word) if word in MADE_BY else plain.get(word, word)

    def folder(self):
        """Of `--data-root DIR`."""
        if "my_subjects" in self.asked:
            return self.workplace.subjects
        return SHARED / "ut-interaction" if self.dataset == "ut-interaction" else self.workplace.videos

    def made(self, name):
        """The id of the run that the pages make before, trained here for a few steps."""
        if name not in self.workplace.made:
            words = [
                *MADE_BY[name].split()[1:],
                *SHORT,
                *pairs((*FEW_CLIPS, *NARROW, "fit.rules=own")),
                "--out",
                f"made/{name}",
            ]
            assert call(words) == 0, MADE_BY[name]
            (path,) = self.workplace.folder.glob(f"made/{name}/*/record.json")
            path.parent.rename(self.workplace.folder / "runs" / path.parent.name)
            self.workplace.made[name] = path.parent.name
        return self.workplace.made[name]


def shortened(words, dataset):
    """With what makes it short: few clips, narrow networks, no training, no latency."""
    if words[0] == "run":
        few = FEW_CLIPS if dataset == "localglobal" else ()
        batch = () if "--batch-size" in words else ["--batch-size", "4"]
        dry = () if "--dry-run" in words or "--help" in words else ["--dry-run"]
        # The paper pre-trains each stream with larger batches than there are clips here.
        own = "paper" in words and "--pretrain" not in words and "--weights-local" not in words
        before = [f"pretraining.{name}.train.batch_size=4" for name in ("local", "global")] * own
        return [*words, *pairs((*few, *narrowed(words), *before)), *batch, *dry]
    if words[0] == "sweep":
        return [
            *words,
            *pairs((*(FEW_CLIPS if dataset == "localglobal" else ()), *narrowed(words))),
            *["--dry-run"] * ("--dry-run" not in words),
        ]
    if words[0] == "table" and "--run" in words:
        dry = () if "--dry-run" in words else ["--dry-run"]
        return [*words, *pairs((*FEW_CLIPS, "train.batch_size=4")), *dry]
    if words[:2] == ["study", "run"]:
        return [*words, "--print"]
    if words[0] == "profile":
        return [*words, "--no-latency"]
    if words[:2] == ["data", "make"]:
        return [*words, *pairs((*FEW_CLIPS, *SMALL_CLIPS))]
    if words[:2] == ["data", "preview"]:
        return [*words, *pairs(NARROW)]
    return words


def narrowed(words):
    """Widths of the streams that the command gives none, and no published weights, which have one width."""
    given = {word.partition("=")[0] for word in words}
    free = [each for each in NARROW if each.partition("=")[0] not in given]
    return [each for each in free if value(words, f"--weights-{each.partition('.')[0]}") != "imagenet"]


@pytest.mark.parametrize(("command", "words"), list(harness_commands()))
def test_a_command_of_the_pages_works(command, words, workplace, capsys, monkeypatch):
    if command.text in EXCEPTIONS:
        understood(words)
        return
    if "ut-interaction" in words and needs_real_clips.args[0]:
        pytest.skip(needs_real_clips.kwargs["reason"])
    if words[0] == "report":
        monkeypatch.setattr("results.figures.catalogue.save", undrawn)
    typed = Typed(words, workplace)
    words = shortened(typed.words, typed.dataset)
    absent = [name for name in ABSENT if any(word.split("=")[0] == name for word in words)]
    if absent and words[:2] != ["study", "grid"]:  # which reads no videos
        understood(words)
        assert call(words) in (1, 2)
        said = capsys.readouterr().err.splitlines(keepends=True)[-1]
        assert re.match(rf"error: .*({'|'.join(absent)}).*\n", said)
    else:
        with plugins_in(words):
            assert call(words) == 0, capsys.readouterr().err


@contextmanager
def plugins_in(words):
    """Plug-ins of the command are loaded, and unloaded after it; so are papers."""
    with ExitStack() as stack:
        for word in words:
            if word.endswith(".py"):
                stack.enter_context(loaded(Path(word)))
        stack.enter_context(unloaded())
        yield


def understood(words):
    """Every part of the command line is parsed; nothing is run."""
    command, rest, context = cli, list(words), click.Context(cli, info_name="harness")
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, rest)
        context = click.Context(command, parent=context, info_name=name)
    return command.make_context(command.name, rest, parent=context.parent)


def of(program):
    found = [each for each in COMMANDS if each.words[0] == program]
    return pytest.mark.parametrize("command", found, ids=str)


@of("make")
def test_make_knows_the_target(command):
    done = subprocess.run(["make", "-n", *command.words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@of("pip")
def test_pip_installs_this_project_with_extras_that_it_has(command):
    program, action, what = command.words
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    found = re.fullmatch(r"(?:\.|mbd-harness)(?:\[(.*)\])?", what)
    assert (program, action) == ("pip", "install")
    assert found, f"{what} is not this project"
    assert set((found[1] or "").split(",")) - {""} <= set(extras)


@of("torchrun")
def test_torchrun_understands_its_part(command):
    from torch.distributed.run import get_args_parser

    asked = get_args_parser().parse_args(command.words[1:])
    assert (asked.module, asked.training_script) == (True, "harness")


@of("srun")
def test_sruns_options_come_before_the_command(command):
    options = command.words[1 : command.words.index("harness")]
    assert options
    assert all(word.startswith("--") for word in options)


@of("git")
def test_git_is_given_a_file_that_is_here(command):
    _, action, *files = command.words
    assert action == "commit"
    assert files
    assert all((ROOT / name).exists() for name in files)


@of(".venv/bin/python")
def test_python_is_given_files_that_are_here(command):
    files = [word for word in command.words[1:] if "/" in word]
    assert files
    assert all((ROOT / name).exists() for name in files)


def test_every_command_is_run_by_one_of_these_tests():
    known = ("make", "pip", "torchrun", "srun", "git", ".venv/bin/python")
    left = [str(each) for each in COMMANDS if after_harness(each.text) is None and each.words[0] not in known]
    assert not left, "no test runs these commands"
    assert len(COMMANDS) > 60


def test_no_exception_is_left_over():
    assert set(EXCEPTIONS) <= {each.text for each in COMMANDS}
    assert set(MADE_BY.values()) <= {each.text for each in COMMANDS}


INLINE = [
    (page, text) for page, text in inline_code() if text.startswith("harness ") and page != "CHANGELOG.md"
]


@pytest.mark.parametrize(("page", "text"), INLINE)
def test_a_command_inside_a_sentence_names_what_exists(page, text):
    command, context, words = cli, click.Context(cli, info_name="harness"), text.split()[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        _, command, words = command.resolve_command(context, words)
    known = {option for each in command.params for option in each.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known, page


def test_options_in_sentences_exist():
    """`--set KEY=VALUE`, `--dry-run`: each is an option of some command."""
    known = {"--help", "--debug"}
    todo = [cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))]
    while todo:
        command = todo.pop()
        todo += list(getattr(command, "commands", {}).values())
        known |= {option for each in command.params for option in each.opts}
    said = {
        text.split()[0] for page, text in inline_code() if text.startswith("--") and page != "CHANGELOG.md"
    }
    assert said <= known, said - known


def test_a_dry_run_of_the_main_command_says_which_run_it_would_be(workplace, capsys):
    words = ["run", "--method", "mbd", "--backbone", "r2plus1d50", "--json"]
    assert call(shortened(words, "localglobal")) == 0
    assert json.loads(capsys.readouterr().out)["config"]["method"]["name"] == "mbd"
