"""The commands to try after a run, shown when it ends. No torch."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from harness.cli.options import RUNS

if TYPE_CHECKING:
    from harness.record.folder import RunFolder


def next_steps(config: dict[str, Any], folder: RunFolder) -> str:
    """One line for the finished run in `folder`. config: of its record."""
    # What a command takes for this run: its id, or its folder where that is not in runs/.
    run = folder.id if folder.path.parent == RUNS else shlex.quote(str(folder.path))
    generated = config["data"]["dataset"] == "localglobal"
    videos = "; '--dataset folder --data-root DIR' runs on your own videos" if generated else ""
    return (
        f"next: 'harness show {run}' shows this record again; {_other_method(config, run)}; "
        f"'--seeds 5' shows how much results vary by seed{videos}"
    )


def _other_method(config: dict[str, Any], run: str) -> str:
    """A method to compare with this run, or to continue from it: one that takes the same streams."""
    from harness.papers.registry import PAPERS
    from methods.catalogue import METHODS

    name = config["method"]["name"]
    entry = METHODS.get(name)
    if name == "single":
        stream = config["method"]["settings"].get("stream", "local")
        return f"'--method {PAPERS.main} --weights-{stream} {run}' trains both streams, this one from here on"
    if entry.after:
        return f"'{entry.after} {run}' continues from it"
    if entry.teacher:
        student = "global" if entry.teacher == "local" else "local"
        return f"'--method single --set method.stream={student}' trains the same student without a teacher"
    compare = "trains the same streams on the same clips, for comparison"
    if entry.twins:
        other = next(each.name for each in METHODS.discover() if each.twins and each.target != entry.target)
        return f"'--method {other} --backbone {config['local']['backbone']}' {compare}"
    return f"'--method {'two_stream' if name == PAPERS.main else PAPERS.main}' {compare}"
