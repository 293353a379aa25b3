"""What is wrong with a paper's presets, its open questions and deviations. No torch."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

from backbones.base.errors import UserError, suggestion
from harness.config.base.base import Base
from harness.config.base.config_file import rows_of
from harness.config.difference import as_yaml, flatten
from harness.config.preset_files import preset
from harness.config.recipe.pretraining import check_recipe
from harness.config.resolve import resolve
from harness.config.same_clip import check_same_clip
from harness.config.schema import Config
from harness.data.registry import DATASETS
from harness.papers.folder import DEVIATIONS, QUESTIONS, SHEET, Paper
from harness.papers.registry import PAPERS
from harness.papers.strict import read_yaml
from methods.catalogue import METHODS
from results.claims.ambiguities import Ambiguity
from results.claims.claims import protocol_of
from results.claims.deviations import Deviation


def unresolved_presets(paper: Paper) -> list[str]:
    """Why some make no configuration, of a run or of what it starts from."""
    found = []
    for role, name in paper.presets.items():
        file = PAPERS.preset_files().get(name)
        try:
            base = Base(name, rows=rows_of(read_yaml(file)) if file else {})
            config = resolve(base, {}, [])
            with base.naming_rows():
                check_recipe(config)
        except UserError as error:
            found.append(_with_place(_place(paper, role), paper, error))
    return found


def preset_problems(paper: Paper) -> list[str]:
    """That a method's teacher sees the same clips, that `tiny` needs no data. All of them resolve."""
    found = []
    for role, name in paper.presets.items():
        config = resolve(name, {}, [])
        try:
            if METHODS.get(config.method.name).teacher:
                check_same_clip(config.method.name, config.streams())
        except UserError as error:
            found.append(_with_place(_place(paper, role), paper, error))
        if role == "tiny" and DATASETS.get(config.data.dataset).needs_root:
            said = f"'{config.data.dataset}' needs files; expected generated clips"
            found.append(f"{_place(paper, role)}: {said}")
    return found


def _place(paper: Paper, role: str) -> str:
    """The preset's own file, or the row that names a preset of the harness."""
    if (file := PAPERS.preset_files().get(paper.presets[role])) and file.parent == paper.folder:
        return str(file)
    return f"{paper.path(SHEET)}:{paper.row('presets', role)}: preset '{role}'"


def _with_place(where: str, paper: Paper, error: UserError) -> str:
    """An error that names its own file needs no other place."""
    return str(error) if str(error).startswith(str(paper.folder)) else f"{where}: {error}"


def deviation_problems(paper: Paper, found: Sequence[Deviation]) -> Iterator[str]:
    """That what a deviation says the preset has is what it resolves to."""
    if not found:
        return
    plain = flatten(resolve(protocol_of(paper.name), {}, []).plain())
    for each in found:
        where = f"{paper.path(DEVIATIONS)}:{each.row}: deviation '{each.name}'"
        if each.setting and each.setting not in plain:
            yield f"{where}: no setting '{each.setting}'{suggestion(each.setting, list(plain))}"
        elif each.setting and as_yaml(plain[each.setting]) != as_yaml(each.value):
            given, own = as_yaml(each.value), as_yaml(plain[each.setting])
            yield f"{where}: it says {each.setting} is {given}, and the preset has {own}"


def question_problems(paper: Paper, found: Sequence[Ambiguity]) -> Iterator[str]:
    """That each other interpretation can be run, and changes something."""
    for each in found:
        where = f"{paper.path(QUESTIONS)}:{each.row}: question '{each.name}'"
        if METHODS.find(each.method) is None and each.settings() and not each.command:
            known = METHODS.names()
            yield f"{where}: no method '{each.method}'{suggestion(each.method, known)}, and no command"
            continue
        for name, pairs in each.settings().items():
            try:
                config = _tried(paper, each, pairs.split())
                if config == _tried(paper, each, []):
                    yield f"{where}: '{name}' changes nothing: {pairs}"
            except UserError as error:
                yield f"{where}: '{name}': {error}"


def _tried(paper: Paper, each: Ambiguity, pairs: list[str]) -> Config:
    """As its command runs it, or the paper's protocol."""
    words = shlex.split(each.command)
    given = dict(pairwise(words))
    name = given.get("--preset", protocol_of(paper.name) if not words else "tiny")
    flags = {"method": {"name": given.get("--method", each.method)}}
    flags |= {
        stream: {"backbone": given[option]}
        for stream, option in (("local", "--backbone"), ("global", "--global-backbone"))
        if option in given
    }
    preset(name)
    return resolve(name, flags, pairs)
