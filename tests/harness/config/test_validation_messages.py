"""Pydantic's first error in the words of all our errors."""

import pytest
from pydantic import ValidationError

from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.config.typed.validation_messages import first_error, unknown_settings


@pytest.mark.parametrize(
    ("group", "key", "value", "setting", "message"),
    [
        ("train", "epochs", "ten", "train.epochs", "expected a whole number"),
        ("train", "epochs", 1.5, "train.epochs", "expected a whole number"),
        ("train", "epochs", [], "train.epochs", "expected a whole number"),
        ("train", "epochs", "9" * 5000, "train.epochs", "expected a whole number of fewer digits"),
        ("train", "lr", "abc", "train.lr", "expected a number"),
        ("train", "lr", [], "train.lr", "expected a number"),
        ("local", "weights", 3, "local.weights", "expected text"),
        ("test", "store_maps", 7, "test.store_maps", "expected true or false"),
        ("local", "short_side", ["a", 72], "local.short_side.0", "expected a whole number"),
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
