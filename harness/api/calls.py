"""Commands as functions: the same options, the same runs, the same errors."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from pandas import DataFrame

from backbones.base.errors import UsageError, suggestion
from harness.api.paths import as_path
from harness.api.sources import Paths, in_python, load_sources
from harness.record.schema import RunRecord

NOT_HERE = ("as_json", "dry_run", "help", "pairs", "plugins", "papers", "seeds")
OURS = ("plugin", "paper")


@in_python
def run(
    settings: Mapping[str, Any] | None = None, *, plugin: Paths = None, paper: Paths = None, **options: Any
) -> RunRecord:
    """Makes a run, or goes on with it, or finds it finished; its record.

    options: those of `harness run` with underscores: method, backbone, preset, config, dataset, data_root
    (one or several), seed, epochs, … settings: as `--set` takes them, {"train.lr": 0.02}. plugin: your own
    files, which are executed; paper: folders of your own papers; a path or a list of paths. What is told
    meanwhile goes to stderr. Raises `UserError` as the command does.
    """
    from harness.cli.run import run as command

    load_sources(plugin, paper)
    words = [*_words(command, options, ("settings", *OURS)), "--json"]
    for pair in _pairs(settings or {}):
        words += ["--set", pair]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        _call(command, words)
    return RunRecord.model_validate(json.loads(text.getvalue()))


@in_python
def study(plan: str | Path, *, plugin: Paths = None, paper: Paths = None, **options: Any) -> DataFrame:
    """Makes the runs of a study that are missing; what it found, a row for each contrast.

    options: those of `harness study run` with underscores: out, records, data_root, device, jobs, here.
    plugin, paper: as of `run`. The columns are those of `harness study report --format csv`. Raises
    `UserError` as the command does.
    """
    from harness.cli.study_report import analysed
    from harness.cli.study_run import run as command
    from results.studies.report.rows import rows

    load_sources(plugin, paper)
    _call(command, [str(plan), *_words(command, options, OURS)])
    folders = {
        name: as_path(options[name], name) if options.get(name) else None for name in ("out", "records")
    }
    return DataFrame(rows(analysed(as_path(plan, "plan"), **folders)))


def _pairs(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """As they are typed. NumPy's numbers and arrays, and torch's, are taken as Python's."""
    from yaml import YAMLError

    from harness.config.difference import as_pairs

    if not isinstance(settings, Mapping):
        raise UsageError(f'settings: expected a mapping such as {{"train.lr": 0.02}}, got {settings!r:.80}')
    plain = {key: value.tolist() if hasattr(value, "tolist") else value for key, value in settings.items()}
    try:
        return as_pairs(plain)
    except YAMLError:
        raise UsageError(
            f"settings: expected numbers, text, true, false, none or lists, got {plain!r:.80}"
        ) from None


def _words(command: click.Command, options: Mapping[str, Any], ours: Sequence[str]) -> list[str]:
    """The options as they are typed. Raises UsageError for one that there is not. ours: further names that
    the function takes."""
    known = {
        option.opts[0].removeprefix("--").replace("-", "_"): option
        for option in command.params
        if isinstance(option, click.Option) and option.name not in NOT_HERE
    }
    words: list[str] = []
    for name, value in options.items():
        if name not in known:
            names = [*known, *ours]
            raise UsageError(
                f"no option '{name}'{suggestion(name, names) or ';'} there are {', '.join(names)}"
            )
        option = known[name]
        if value is None or (option.is_flag and value is False):
            continue
        if option.is_flag:
            words.append(option.opts[0])
            continue
        several = option.multiple and not isinstance(value, str | Path)
        words += [word for each in (value if several else [value]) for word in (option.opts[0], str(each))]
    return words


def _call(command: click.Command, words: list[str]) -> None:
    """Raises what the command raises; click's own errors as `UsageError`."""
    try:
        command.main(args=words, standalone_mode=False)
    except click.UsageError as error:
        raise UsageError(error.format_message()) from None
    except click.exceptions.Exit as end:
        if end.exit_code:
            raise UsageError(f"the command ended with exit code {end.exit_code}") from None
