"""What is skipped to read a record fast is skipped only where it would change nothing."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.plain_text import clean_tree
from harness.files import parse_json
from harness.record import reading

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
TREES = st.recursive(
    TEXTS | st.integers() | st.booleans(), lambda each: st.dictionaries(TEXTS, each, max_size=3)
)


@given(TREES, st.booleans(), st.sampled_from([None, 1]))
def test_a_text_that_counts_as_clean_has_nothing_to_be_cleaned(tree, in_ascii, indent):
    text = json.dumps(tree, ensure_ascii=in_ascii, indent=indent)
    if reading._is_clean(text):
        assert clean_tree(json.loads(text)) == json.loads(text)


def test_records_as_they_are_written_count_as_clean():
    assert reading._is_clean(
        json.dumps({"what": "± 3 %, “N” − 1", "deep": [1.5, None]}, ensure_ascii=False, indent=1)
    )


@pytest.mark.parametrize("control", ["\x1b", "\u202e", "\x85", "\n", "\ufeff"])
def test_control_characters_are_never_clean(control):
    for in_ascii in (False, True):
        assert not reading._is_clean(json.dumps({"name": f"a{control}b"}, ensure_ascii=in_ascii))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_what_they_are(number):
    assert parse_json(repr(number)) == number


@pytest.mark.parametrize("text", ["1e309", "-1E+400", "1" * 310 + ".5", "0.5e0000999", "NaN", "-Infinity"])
def test_numbers_that_are_not_finite_are_refused(text):
    assert text[-1] in "Ny" or math.isinf(float(text))
    with pytest.raises(ValueError, match=r"is too large|is no number of JSON"):
        parse_json(f'{{"a": [{text}]}}')
