"""LibYAML reads what PyYAML itself reads, row for row; what it refuses is said in PyYAML's words."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.places import ROOT

from backbones.base.errors import UsageError
from harness.papers import strict

FILES = sorted([*ROOT.glob("results/**/*.yaml"), *ROOT.glob("studies/*.yaml")])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
TREES = st.recursive(
    LEAVES,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=6), each, max_size=3)
    ),
    max_leaves=12,
)


def both(path):
    """What each reader gives: a tree, or why not."""
    found = []
    for kind in (yaml.CSafeLoader, yaml.SafeLoader):
        try:
            tree = strict._read(path, strict.read_text(path), kind)
            found.append((tree.value, tree.rows))
        except UsageError as error:
            found.append(str(error))
        except yaml.YAMLError:
            found.append(None)
    return found


def test_libyaml_is_what_reads():
    assert strict.FAST is yaml.CSafeLoader


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_files(path):
    fast, slow = both(path)
    assert fast == slow
    assert isinstance(fast, tuple)


@given(tree=TREES, flow=st.booleans())
def test_any_tree(tree, flow, tmp_path_factory):
    path = tmp_path_factory.mktemp("yaml") / "any.yaml"
    path.write_text(yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True), encoding="utf-8")
    fast, slow = both(path)
    assert fast == slow


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "- a\nb: 1", "a: '", "\t- a", "%x", "a: *b", "? [a]: 1"])
def test_what_is_no_yaml_is_said_in_the_words_of_pyyaml(text, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as slow:
        strict._read(path, text, yaml.SafeLoader)
    with pytest.raises(UsageError) as caught:
        strict.read_yaml(path)
    assert str(caught.value) == str(slow.value)
