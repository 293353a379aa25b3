"""Pydantic's first error in the words of all our errors."""

import pytest
from pydantic import ValidationError

from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.config.typed.validation_messages import first_error, unknown_settings


@pytest.mark.parametrize(
    ("group", "key", "value", "setting", "message"),
    [
        (
            "train",
            "epochs",
            "ten",
            "train.epochs",
            "expected a valid integer, unable to parse string as an integer",
        ),
        ("test", "store_maps", "maybe", "test.store_maps", "expected true or false"),
        ("fit", "folds", 1, "fit", "folds is 1; cross-fitting needs 2 or more (0: none)"),
        ("local", "short_side", 72, "local.short_side", "expected a list, such as [72, 80]"),
    ],
)
def test_it_names_the_setting_and_what_was_expected(group, key, value, setting, message):
    tree = resolve("tiny", {"method": {"name": "mbd"}}, []).plain()
    tree[group] = tree[group] | {key: value}
    with pytest.raises(ValidationError) as raised:
        Config.model_validate(tree)
    first = first_error(raised.value)
    assert (first.setting, first.message) == (setting, message)
    assert unknown_settings(raised.value) == []


def test_unknown_settings_are_all_named():
    tree = resolve("tiny", {"method": {"name": "mbd"}}, []).plain()
    tree["train"] |= {"lrr": 1}
    tree["colour"] = "red"
    with pytest.raises(ValidationError) as raised:
        Config.model_validate(tree)
    assert unknown_settings(raised.value) == ["train.lrr", "colour"]
    assert first_error(raised.value).kind == "extra_forbidden"
