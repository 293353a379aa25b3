"""The recipe of a paper: each stream is pre-trained alone, then both are trained jointly.

Pre-training is a shorthand for the method `single` with what a preset's `pretraining` says of the stream,
below everything that is given. So it is no part of a run's id. A joint run starts from a pre-trained stream
by `--weights-local RUN`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backbones.base.errors import UsageError, suggestion

Tree = dict[str, Any]
OTHER = {"local": "global", "global": "local"}


def apply_recipe(tree: Tree, pretrain: str | None, merge: Callable[[Tree, Tree], Tree]) -> Tree:
    """A preset's tree without its `pretraining`: for joint training, or for pre-training one stream alone.

    pretrain: the stream, "local" or "global"; None is joint training.
    """
    plain = {key: value for key, value in tree.items() if key != "pretraining"}
    if pretrain is None:
        return plain
    if pretrain not in OTHER:
        hint = suggestion(pretrain, list(OTHER)) or ";"
        raise UsageError(f"--pretrain {pretrain}: no such stream{hint} expected {' or '.join(OTHER)}")
    alone = {"method": {"name": "single", "settings": {"stream": pretrain}}}
    return merge(merge(plain, tree.get("pretraining", {}).get(pretrain, {})), alone)


def check_recipe(tree: Tree, pretrain: str | None) -> None:
    """Raises UsageError where what was given contradicts pre-training this stream alone."""
    if pretrain is None:
        return
    method, other = tree["method"], OTHER[pretrain]
    if method["name"] != "single":
        raise UsageError(
            f"--pretrain {pretrain} trains the {pretrain} stream alone, by method 'single': "
            f"leave out --method {method['name']}, which is for the joint training afterwards"
        )
    if (stream := method["settings"].get("stream")) != pretrain:
        raise UsageError(
            f"--pretrain {pretrain} and --set method.stream={stream} name two streams: leave out the latter"
        )
    if tree[other].get("weights"):
        raise UsageError(
            f"--pretrain {pretrain} does not use the {other} stream: leave out --weights-{other}"
        )
