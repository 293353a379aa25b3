"""`--pretrain`: one stream trained alone, or both each by its own loss, before they are trained jointly.

Pre-training is a shorthand for the method `single` (of both streams at once, `two_stream`) with what a
preset's `pretraining` says, below everything that is given. So it is no part of a run's id. A joint run finds
its pre-training by `harness.config.recipe.pretraining`, or starts from `--weights-local RUN`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backbones.base.errors import UsageError, suggestion

Tree = dict[str, Any]
OTHER = {"local": "global", "global": "local"}
BOTH = "both"


def apply_recipe(tree: Tree, pretrain: str | None, merge: Callable[[Tree, Tree], Tree]) -> Tree:
    """A preset's tree without its `pretraining`: for joint training, or for pre-training one stream alone.

    pretrain: the stream, "local" or "global", or "both"; None is joint training.
    A `UsageError` for any other word.
    """
    plain = {key: value for key, value in tree.items() if key != "pretraining"}
    if pretrain is None:
        return plain
    if pretrain not in (*OTHER, BOTH):
        hint = suggestion(pretrain, [*OTHER, BOTH]) or ";"
        raise UsageError(f"--pretrain {pretrain}: no such stream{hint} expected local, global or both")
    recipe = tree.get("pretraining", {})
    alone = {"name": "single", "settings": {"stream": pretrain}}
    method = {"name": "two_stream"} if pretrain == BOTH else alone
    return merge(merge(plain, recipe.get(pretrain, recipe.get(BOTH, {}))), {"method": method})


def check_recipe(tree: Tree, pretrain: str | None) -> None:
    """Raises UsageError where what was given contradicts pre-training this stream alone."""
    if pretrain is None:
        return
    if pretrain == BOTH:
        if (name := tree["method"]["name"]) != "two_stream":
            raise UsageError(
                "--pretrain both trains each stream by its own loss, by method 'two_stream': leave out "
                f"--method {name}, which is for the joint training afterwards"
            )
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
