"""What a command's options lie over: a preset, a file over a preset, or a whole configuration. No torch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from backbones.base.errors import UsageError
from harness.config.preset_files import merge, preset

Tree = dict[str, Any]
# What a preset says that is no setting of a run (`harness.config.recipe`, `given_networks`).
OF_PRESETS = ("pretraining", "with_weights", "own_input")


class Null:
    """An explicit null, which `merge` must tell from "not given"."""


NULL = Null()


class SettingError(UsageError):
    """A setting whose value cannot be. setting: its full name, "train.lr"."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(text)
        self.setting = setting


@dataclass(frozen=True)
class Base:
    """preset: its name. said: what a file says over it, null as NULL. whole: instead, a configuration that
    says everything, as a record has it. rows: "my.yaml:3" of each setting that a file gives.
    """

    preset: str
    said: Tree = field(default_factory=dict)
    whole: Tree | None = None
    rows: Mapping[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """What options are laid over where there is no file, or a whole configuration."""
        if self.whole is not None:
            return copy.deepcopy(self.whole)
        return merge(preset(self.preset), {key: self.said[key] for key in OF_PRESETS if key in self.said})

    def flags(self, given: Tree) -> Tree:
        """Options of the command over the settings that the file gives."""
        return merge({key: value for key, value in self.said.items() if key not in OF_PRESETS}, given)

    @property
    def settings(self) -> dict[str, str]:
        """The rows without those of groups that have settings of their own in the file."""
        groups = {name[:end] for name in self.rows for end, letter in enumerate(name) if letter == "."}
        return {name: row for name, row in self.rows.items() if name not in groups}

    @property
    def names_method(self) -> bool:
        """Whether a file says by which method the streams are trained."""
        return self.whole is not None or "name" in self.said.get("method", {})

    @property
    def pretraining(self) -> Tree:
        return dict(self.said.get("pretraining", {}))

    @contextmanager
    def naming_rows(self) -> Iterator[None]:
        """A `SettingError` inside becomes a `UsageError` that names the row of the file that gives the
        setting.

        Where no file gives it, the `SettingError` is left as it is.
        """
        try:
            yield
        except SettingError as error:
            if row := self._row(error.setting):
                raise UsageError(f"{row}: {error}") from None
            raise

    def _row(self, setting: str) -> str | None:
        """Of the setting, or of the value that it is a part of: "local.short_side.0" is in a list."""
        if setting in self.rows:
            return self.rows[setting]
        above = setting.rpartition(".")[0]
        is_group = any(name.startswith(f"{above}.") for name in self.rows)
        return self._row(above) if above and not is_group else None


def base_of(given: str | Base) -> Base:
    return given if isinstance(given, Base) else Base(given)


def without_nulls(tree: Mapping[str, Any]) -> Tree:
    """The tree with None where it says NULL."""
    return {
        key: None if isinstance(value, Null) else without_nulls(value) if isinstance(value, dict) else value
        for key, value in tree.items()
    }
