"""The stages of the paper's recipe: each stream pre-trained alone, then both trained together.

A stage is a shorthand: the method `single` and what a preset's `stages` says of it, under all that is given.
So it is no part of a run's name; `--weights-local RUN` brings what it trained into a joint run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backbones.base.errors import UsageError, suggestion

Tree = dict[str, Any]
JOINT = "joint"
PRETRAIN = {"pretrain-local": "local", "pretrain-global": "global"}
STAGES = (*PRETRAIN, JOINT)
OTHER = {"local": "global", "global": "local"}


def lay(tree: Tree, stage: str, merge: Callable[[Tree, Tree], Tree]) -> Tree:
    """A preset's tree, without its `stages`, under what it says of this stage."""
    plain = {key: value for key, value in tree.items() if key != "stages"}
    if stage not in STAGES:
        hint = suggestion(stage, list(STAGES)) or ";"
        raise UsageError(f"unknown stage '{stage}'{hint} expected {', '.join(STAGES)}")
    if stage == JOINT:
        return plain
    alone = {"method": {"name": "single", "settings": {"stream": PRETRAIN[stage]}}}
    return merge(merge(plain, tree.get("stages", {}).get(stage, {})), alone)


def check_stage(tree: Tree, stage: str) -> None:
    """Raises where what was given contradicts the stage."""
    if stage == JOINT:
        return
    stream, method = PRETRAIN[stage], tree["method"]
    if method["name"] != "single":
        raise UsageError(
            f"--stage {stage} trains the {stream} stream alone, by the method 'single', not by "
            f"'{method['name']}': leave --method out, or the stage"
        )
    if method["settings"].get("stream") != stream:
        raise UsageError(f"--stage {stage} trains the {stream} stream; method.stream says otherwise")
    other = OTHER[stream]
    if tree[other].get("weights"):
        raise UsageError(f"--stage {stage} does not use the {other} stream: leave --weights-{other} out")
