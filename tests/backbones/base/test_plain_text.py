"""What is left of hostile text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.base.plain_text import clean, clean_tree

TEXTS = {
    "colours": ("\x1b[1;31mrun\x1b[0m", "run"),
    "title of the window": ("\x1b]0;pwned\x07run", "run"),
    "bell, backspace, delete": ("r\x07u\x08n\x7f", "run"),
    "lines": ("run\r\nerror: no", "run error: no"),
    "C1": ("\x9b31mrun", "31mrun"),
    "direction": ("a\u202egpj.exe", "agpj.exe"),
    "bytes that are not UTF-8": ("caf\udce9", "caf\\xe9"),
    "half a pair": ("\ud83d", "\ufffd"),
    "letters of all languages": ("走る é ن 🏃‍♀️", "走る é ن 🏃‍♀️"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_control_characters_are_gone(case: str) -> None:
    text, expected = TEXTS[case]
    assert clean(text) == expected
    assert clean_tree({text: [text, 1, None]}) == {expected: [expected, 1, None]}


@given(st.text(st.characters()))
def test_any_text_is_one_printable_line(text: str) -> None:
    found = clean(text)
    assert clean(found) == found
    assert not {unicodedata.category(letter) for letter in found} & {"Cc", "Cs", "Zl", "Zp"}
    found.encode()
