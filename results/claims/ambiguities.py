"""What the papers leave open, as data: each question, its interpretations, the default and why. No torch."""

from __future__ import annotations

import re
import shlex

from pydantic import Field

from harness.config.command import as_typed
from harness.papers.folder import QUESTIONS, Paper
from harness.papers.registry import PAPERS
from harness.papers.strict import Place, Strict, Tree, read_yaml, refuse, validated

COMMAND = re.compile(r"harness run( +[A-Za-z0-9_.,:=/@+-]+)*")


class Ambiguity(Strict):
    """An open question of a paper.

    paper: whose. method: of the harness, that it belongs to. equation: the one it touches, or "". setting:
    what chooses, or "" where only one is built. interpretations: value of the setting: its meaning. default:
    one of the values. tries: {name: "key=value key=value"} of what else there is to run, where the values do
    not say it. command: what runs it, before `--set`; else the method under the paper's protocol.
    """

    name: str
    paper: str = ""
    method: str
    equation: str = ""
    question: str
    setting: str
    interpretations: dict[str, str]
    default: str
    why: str
    tries: dict[str, str] = Field(default_factory=dict)
    command: str = ""
    row: int = Field(default=0, exclude=True)

    def settings(self) -> dict[str, str]:
        """{name of another interpretation: "method.reading=R2"}; none where only one is built."""
        if self.tries or not self.setting:
            return self.tries
        return {v: f"{self.setting}={v}" for v in self.interpretations if v != self.default}

    def commands(self) -> dict[str, str]:
        """{name of another interpretation: the command that runs it, with `--paper` of a user's paper}."""
        owner = PAPERS.find(self.paper)
        given = [shlex.join(("--paper", as_typed(owner.folder)))] if owner in PAPERS.loaded() else []
        protocol = owner.presets.get("paper", "paper") if owner else "paper"
        command = self.command or f"harness run --method {self.method} --preset {protocol}"
        return {
            name: " ".join([command, *given, *(f"--set {shlex.quote(pair)}" for pair in pairs.split())])
            for name, pairs in self.settings().items()
        }


class Questions(Strict):
    """open-questions.yaml. commands: {method: what runs its other interpretations, before `--set`}."""

    commands: dict[str, str] = Field(default_factory=dict)
    questions: tuple[Ambiguity, ...]


def ambiguities() -> tuple[Ambiguity, ...]:
    """Every entry of the papers' open-questions.yaml."""
    return tuple(each for paper in PAPERS for each in of_paper(paper.name))


@PAPERS.remembered
def of_paper(name: str) -> tuple[Ambiguity, ...]:
    """A `UsageError` names the row of what is wrong."""
    paper = PAPERS.get(name)
    if not paper.has(QUESTIONS):
        return ()
    tree = read_yaml(paper.path(QUESTIONS))
    found: list[Ambiguity] = []
    read = validated(Questions, tree)
    for method, command in read.commands.items():
        _check_command(tree, ("commands", method), command)
    for number, each in enumerate(read.questions):
        row = tree.row(("questions", number))
        if each.command:
            _check_command(tree, ("questions", number, "command"), each.command)
        if each.default not in each.interpretations:
            refuse(tree.path, row, f"'{each.name}': default '{each.default}' is none of its interpretations")
        if any(each.name == other.name for other in found):
            refuse(tree.path, row, f"question '{each.name}' is there twice")
        found.append(each.model_copy(update=_filled(paper, read, each) | {"row": row}))
    return tuple(found)


def _check_command(tree: Tree, place: Place, command: str) -> None:
    """Raises UsageError for what is not one plain command of the harness: readers paste what is printed."""
    if not COMMAND.fullmatch(command.strip()):
        said = f"expected one 'harness run …' without quotes or signs of the shell; got {command[:60]!r}"
        refuse(tree.path, tree.row(place), said)


def _filled(paper: Paper, read: Questions, each: Ambiguity) -> dict[str, str]:
    return {"paper": paper.name, "command": each.command or read.commands.get(each.method, "")}
