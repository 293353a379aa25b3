"""A run states the plug-ins it uses; they are a part of which run it is."""

import shutil

import pytest
from support.plugin_files import EXAMPLES, loaded

from backbones.base.errors import UsageError, UserError
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.evaluation.predict import trained_streams
from harness.record.plugins import used


def configured(tiny_pairs, *pairs):
    return resolve("tiny", {"method": {"name": "mbd"}}, [*tiny_pairs, *pairs])


def identity(path, tiny_pairs, *pairs):
    from harness.record.identity import run_id

    with loaded(path):
        config = configured(tiny_pairs, *pairs)
        return run_id(config, {}, {}, "data", [plugin.identity for plugin in used(config)])


def test_a_method_from_a_file_is_trained_and_stated(tiny_run, tiny_pairs):
    with loaded(EXAMPLES / "one_way.py") as plugin:
        record = tiny_run("method.name=my_one_way", "method.temperature=4").record()
    assert [facts.model_dump() for facts in record.plugins] == [
        {"name": "one_way", "source": "one_way.py", "sha256": plugin.sha256, "adds": ["method my_one_way"]}
    ]
    assert record.config["method"]["settings"] == {"temperature": 4.0}
    assert set(record.metrics.fusion) >= {"average", "adaptive"}


def test_a_run_is_used_with_its_own_plugin_alone(tiny_run, tmp_path):
    """Predicting and exporting: another version of the file would be other networks with the same weights."""
    with loaded(EXAMPLES / "one_way.py"):
        run = tiny_run("method.name=my_one_way")
        trained_streams(run, run.record(), configuration(run))
    with pytest.raises(UsageError, match=r"method my_one_way, not known here: give --plugin one_way\.py"):
        trained_streams(run, run.record(), configuration(run))
    edited = tmp_path / "one_way.py"
    edited.write_text((EXAMPLES / "one_way.py").read_text() + "\n")
    with (
        loaded(edited),
        pytest.raises(UserError, match=r"another version: give --plugin one_way\.py"),
    ):
        trained_streams(run, run.record(), configuration(run))


def configuration(run):
    return Config.model_validate(run.record().config)


def test_the_bytes_of_the_file_are_part_of_the_identity_and_its_name_is_not(tmp_path, tiny_pairs):
    original = EXAMPLES / "one_way.py"
    shutil.copy(original, tmp_path / "renamed.py")
    (tmp_path / "edited.py").write_text(original.read_text() + "\n")
    same, renamed, edited = (
        identity(path, tiny_pairs, "method.name=my_one_way")
        for path in (original, tmp_path / "renamed.py", tmp_path / "edited.py")
    )
    assert same == renamed != edited


def test_a_plugin_that_is_not_used_changes_nothing(tiny_pairs):
    from harness.record.identity import run_id

    config = configured(tiny_pairs)
    without = run_id(config, {}, {}, "data")
    assert identity(EXAMPLES / "one_way.py", tiny_pairs) == without


def test_each_kind_of_name_is_traced_to_its_file(tiny_pairs):
    with loaded(EXAMPLES / "tiny3d.py") as backbone, loaded(EXAMPLES / "product.py") as fusion:
        config = configured(tiny_pairs, "global.backbone=my_tiny3d", "method.fusion=my_product")
        assert used(config) == [fusion, backbone]
    with loaded(EXAMPLES / "subjects.py") as dataset:
        assert used(configured(tiny_pairs, "data.dataset=my_subjects", "data.settings={}")) == [dataset]
