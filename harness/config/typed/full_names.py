"""Short names of settings in full: those of methods, streams and data sets lie under `settings`. No torch."""

from __future__ import annotations

from typing import Any

from harness.config.typed.validation_messages import setting_names

Tree = dict[str, Any]
RECIPE = "pretraining"


def full_key(key: str) -> str:
    """`method.kl_weight` means `method.settings.kl_weight`; so for streams' and data sets' own settings, and
    for those of a pre-training (`pretraining.both.data.train_per_class`)."""
    keys = setting_names()
    head, _, leaf = key.partition(".")
    if head == RECIPE:
        part, dot, rest = leaf.partition(".")
        return f"{RECIPE}.{part}.{full_key(rest)}" if dot else key
    if key in keys or f"{head}.settings" not in keys or leaf.startswith("settings.") or "." in leaf:
        return key
    return f"{head}.settings.{leaf}"


def in_full(tree: Tree) -> Tree:
    """The same of a file's tree, whose groups say such settings beside the others."""
    names, full = setting_names(), dict(tree)
    for group, said in tree.items():
        if group == RECIPE and isinstance(said, dict):
            full[group] = {part: in_full(own) if isinstance(own, dict) else own for part, own in said.items()}
        elif (
            isinstance(said, dict)
            and f"{group}.settings" in names
            and isinstance(said.get("settings", {}), dict)
        ):
            own = {key: value for key, value in said.items() if f"{group}.{key}" not in names}
            rest = {key: value for key, value in said.items() if key not in own}
            full[group] = rest | ({"settings": {**rest.get("settings", {}), **own}} if own else {})
    return full
