"""Settings worked out once for a shape: the same as each configuration's own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config.difference import flatten
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.record.index.flat import flat_settings
from harness.record.index.shape import joined, shape_from, split


def tree(method, seed, weights, data_seed):
    plain = resolve("tiny", {"method": {"name": method}}, [f"seed={seed}"]).plain()
    plain["local"]["weights"] = weights
    plain["data"]["settings"]["seed"] = data_seed
    return plain


def as_indexed(config):
    text, values = split(config)
    return joined(shape_from(text), values)


CONFIGS = st.builds(
    tree,
    st.sampled_from(["mbd", "kd", "single"]),
    st.integers(0, 9),
    st.sampled_from([None, "run:" + "1" * 12, "run:" + "2" * 12]),
    st.integers(0, 3),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(CONFIGS, min_size=1, max_size=4))
def test_a_shape_s_settings_are_each_configuration_s_own(configs):
    for config in configs:
        assert flat_settings(as_indexed(config)) == flatten(Config.model_validate(config).plain())


def test_one_that_is_not_of_this_version_is_shown_as_it_is():
    assert flat_settings({"seed": 3, "old": {"lr": 0.1}}) == {"seed": 3, "old.lr": 0.1}
