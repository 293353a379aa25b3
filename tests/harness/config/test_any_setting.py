"""Whatever is typed after --set is a configuration or one line of explanation, never another error."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbones.base.errors import UsageError, UserError
from harness.cli.main import report_error
from harness.config.resolve import check_agree, parse_settings, resolve
from harness.config.schema import Config

FLAGS = {"method": {"name": "mbd"}}
GROUPS = ["method", "local", "global", "data", "train", "test", "fit", "fusion", "local.flow"]
NAMES = st.sampled_from(
    [
        *Config.model_fields,
        *GROUPS,
        *(f"{group}.{name}" for group in GROUPS for name in ("settings", "name", "lr", "backbone", "x", "")),
        *(
            "method.temperature",
            "train.epochs",
            "local.frames",
            "local.short_side",
            "data.dataset",
            "data.split",
        ),
    ]
)
WORDS = (
    "1",
    "-1",
    "0.5",
    "true",
    "null",
    "[1, 2]",
    "{a: 1}",
    "{1: 2}",
    "2020-01-01",
    "!!set {a}",
    "9" * 5000,
)
HOSTILE = (
    ".nan",
    "[.inf]",
    "1e999",
    "&a [*a]",
    "[" * 100,
    "!!python/object:os.system {}",
    "\x1b[31m",
    "''",
    "",
)
# Deeper than Python's stack. Not among the drawn values: PyYAML takes half a second to find that out.
DEEP = "[" * 600
LONGEST = 1000  # characters of an error; some list every backbone
VALUES = st.one_of(st.sampled_from([*WORDS, *HOSTILE]), st.text(max_size=20))
PAIRS = st.lists(st.tuples(NAMES, VALUES).map("=".join), min_size=1, max_size=3)


def message(pairs: list[str]) -> str:
    """What the command line prints of the settings, "" where they are taken; other errors go through."""
    printed = io.StringIO()
    try:
        resolve("tiny", FLAGS, pairs)
    except UserError as error:
        with redirect_stderr(printed):
            report_error(error)
    return printed.getvalue().removesuffix("\n")


def is_one_short_line(text: str) -> bool:
    return len(text) < LONGEST and not any(category(each) in ("Cc", "Zl", "Zp") for each in text)


@pytest.mark.parametrize("value", [*WORDS, *HOSTILE, DEEP])
@pytest.mark.parametrize(
    "name", ["local", "local.backbone", "local.settings", "train.lr", "data.seed", "seed"]
)
def test_values_of_the_worst_kind(name: str, value: str) -> None:
    assert is_one_short_line(message([f"{name}={value}"]))


@given(pairs=PAIRS)
@settings(max_examples=150, deadline=None)
def test_any_settings(pairs: list[str]) -> None:
    assert is_one_short_line(message(pairs))


@given(text=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_text(text: str) -> None:
    assert is_one_short_line(message([text]))


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["local=1"], "'local' is a group of settings"),
        (["local=1", "local.width=1"], "'local' has a value of its own"),
        ([f"seed={'9' * 5000}"], "expected a finite number"),
        (["train.lr=.nan"], "expected a finite number"),
        (["data.seed=2020-01-01"], "expected a finite number .*, text"),
        (["train.epochs=9223372036854775808"], r"a whole one from -2\^63 to 2\^63"),
        (["..={}"], r"--set \.\.={}: expected key=value"),
        (["train.=3"], "--set train.=3: expected key=value"),
        (["data.settings=3"], "data.settings: got 3; expected settings by name, such as {NAME: VALUE}$"),
        (["local.flow=3"], "local.flow: got 3; expected settings by name, such as {NAME: VALUE}$"),
    ],
)
def test_what_is_said(pairs: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        resolve("tiny", FLAGS, pairs)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("pair", ["train=nan", "train=0", "train=[]", "train=null", "train=''"])
def test_a_group_that_options_of_the_command_set_too_takes_no_value(pair: str) -> None:
    with pytest.raises(UsageError, match="'train' is a group of settings; give one of them"):
        check_agree({"train": {"lr": None}}, parse_settings([pair]))
    check_agree({"train": {"lr": None}}, parse_settings(["train={}"]))


@pytest.mark.parametrize("stream", ["local", "global"])
def test_a_files_name_that_is_not_utf8_is_said_before_anything_is_made(stream: str) -> None:
    """Neither a record nor an id could hold it."""
    with pytest.raises(
        UsageError, match=rf"^{stream}\.weights: 'caf\\xe9\.pt' is not UTF-8; rename the file"
    ):
        resolve("tiny", FLAGS | {stream: {"weights": os.fsdecode(b"caf\xe9.pt")}}, ())
    assert resolve("tiny", FLAGS | {stream: {"weights": "café.pt"}}, ())
