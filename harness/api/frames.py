"""Results as DataFrames of pandas."""

from __future__ import annotations

import warnings
from pathlib import Path

from pandas import DataFrame

from harness.api.paths import as_path
from harness.api.sources import Paths, in_python, load_sources
from harness.record.folder import finished_run
from results.dataframe import frame
from results.records import load_records

Folder = str | Path


@in_python
def records(*folders: Folder, plugin: Paths = None, paper: Paths = None) -> DataFrame:
    """A row for each finished and tested run in these folders (by default `runs`), oldest first.

    The columns and their units are described in `results.dataframe`: accuracies in percent with their 95 %
    intervals over the test videos, settings, costs, times. A record that cannot be used is a warning. plugin,
    paper: your own files and folders (a path or a list of paths), whose versions then count. Raises
    `UsageError` for a folder that is not there.
    """
    load_sources(plugin, paper)
    loaded = load_records([as_path(folder, "a folder") for folder in folders or ("runs",)])
    for problem in loaded.problems:
        warnings.warn(f"left out: {problem}", stacklevel=3)  # of who called, past `in_python`
    return frame(loaded.records)


@in_python
def predictions(
    run: Folder, *, out: Folder = "runs", scores: bool = True, plugin: Paths = None, paper: Paths = None
) -> DataFrame:
    """A row for each test video of a finished run: what each stream and each fusion rule says of it.

    run: an id, the beginning of an id, or a run's folder. out: where runs lie. scores: whether the scores of
    all classes are given. plugin, paper: your own files and folders that the run used, a path or a list of
    paths. The columns are described in `harness.evaluation.per_video`. Raises `UserError` where the run is
    not finished or its outputs were not kept.
    """
    load_sources(plugin, paper)
    from harness.evaluation.per_video import per_video

    return DataFrame(per_video(finished_run(as_path(out, "out"), str(as_path(run, "run"))), scores))
