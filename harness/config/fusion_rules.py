"""Fusion rules with the settings that a configuration gives them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from backbones.base.errors import UsageError, suggestion
from backbones.base.registry import load
from harness.config.schema import Config
from harness.config.typed.validation_messages import first_error
from methods.fusion.catalogue import FUSIONS

if TYPE_CHECKING:
    from methods.fusion.contract import Fusion


def check_settings(settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises the `UsageError` of a rule or a setting of a rule that there is not."""
    for name, values in settings.items():
        make(name, values)


def make(name: str, settings: Mapping[str, Any]) -> Fusion:
    """The rule with its settings; a `UsageError` names the first that is wrong."""
    rule_class = load(FUSIONS.get(name).target)
    known = [key for key in inspect.signature(rule_class).parameters if key not in ("args", "kwargs")]
    hints = get_type_hints(rule_class.__init__, include_extras=True) if known else {}
    checked = {}
    for key, value in settings.items():
        if key not in known:
            says = f"its settings are {', '.join(known)}" if known else "it has none"
            raise UsageError(f"fusion '{name}' has no setting '{key}'{suggestion(key, known)} ({says})")
        try:
            checked[key] = TypeAdapter(hints.get(key, Any)).validate_python(value)
        except ValidationError as error:
            raise UsageError(f"{name}.{key}: got {value!r}; {first_error(error).message}") from None
    return rule_class(**checked)


def rules_of(config: Config) -> list[str]:
    """The rules that the run scores."""
    names = FUSIONS.discover().names()
    if config.fit.rules == "all":
        return names
    return [name for name in names if name == config.method.fusion or not FUSIONS.get(name).learned]


def fits_rules(config: Config) -> bool:
    """Whether one of them is fitted."""
    return any(FUSIONS.get(name).learned for name in rules_of(config))
