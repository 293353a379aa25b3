"""An error of a plan names its file and row: of what is wrong, wherever that is found out."""

import pytest

from backbones.base.errors import UsageError
from harness.cli.study_options import opened

LINES = """dataset: localglobal
preset: tiny
arms:
  - two_stream
  - mbd: {final: false}
  - genkd
pairs: 2
controls:
  harm: {mbd: {kl_weight: 0.1}}
  gain: {mbd: {kl_weight: 0.9}}
"""
UNTAUGHT = (
    "the local stream is a frozen teacher but has no weights, and with 'from_scratch: true' nothing trains "
    "it before"
)


@pytest.mark.parametrize(
    ("old", "new", "row", "said"),
    [
        ("pairs: 2", "pears: 2", 7, "unknown setting 'pears'; did you mean 'pairs'?"),
        ("pairs: 2", "pairs: 0", 7, "pairs: "),
        ("final: false", "finall: false", 5, "arms[1]: method 'mbd' has"),
        ("final: false", "seed: 3", 5, "arms[1]: method 'mbd' has"),
        ("pairs: 2", "pairs: 2\nsettings: [train.epochz=3]", 8, "settings: unknown setting 'train.epochz'"),
        ("pairs: 2", "pairs: 2\nsettings: [trian.lr=3]", 8, "settings: unknown setting 'trian'; did"),
        ("pairs: 2", "pairs: 2\nsettings: [train=3]", 8, "settings: "),
        ("pairs: 2", "pairs: 2\nsettings: [train.lr=-1]", 8, "settings: train.lr: got -1"),
        ("pairs: 2", "pairs: 2\nsettings: [pretraining.both.train.epochz=3]", 8, "settings: unknown setting "
         "'pretraining.both.train.epochz'; did you mean 'pretraining.both.train.epochs'?"),
        ("pairs: 2", "pairs: 2\nsettings: [pretraining.both.trian.lr=3]", 8, "settings: unknown setting "
         "'pretraining.both.trian'; did you mean 'pretraining.both.train'?"),
        ("final: false", "train.epochz: 3", 5, "arms[1]: unknown setting 'train.epochz'; did"),
        ("final: false", "pretraining.both.train.epochz: 3", 5, "arms[1]: unknown setting 'pretraining."),
        ("- two_stream", "- nosuch", 4, "arms[0]: unknown method 'nosuch'"),
        ("- two_stream", "- 5", 4, "arms[0]: expected a method's name"),
        ("- two_stream", "- genkd", 3, "arms: 'genkd' is there twice"),
        ("{kl_weight: 0.9}", "{kl_wait: 0.9}", 10, "controls.gain: method 'mbd' has"),
        ("  gain: {mbd: {kl_weight: 0.9}}\n", "", 8, "setting 'controls.gain' is needed and not given"),
        ("harm:", "harms:", 9, "unknown setting 'controls.harms'; did you mean 'harm'?"),
        ("pairs: 2", "pairs: 2\nfrom_scratch: true", 6, f"arms[2]: {UNTAUGHT}"),
        ("pairs: 2", "pairs: 2", 6, "arms[2]: no recipe of preset 'tiny' trains 'genkd_teacher' first, the "
         "teacher of 'genkd'"),
        ("preset: tiny", "preset: genkd/tiny", 4, "arms[0]: under preset 'genkd/tiny' nothing is pre-trained "
         "before 'two_stream'; give the plan 'from_scratch: true', or"),
    ],
)  # fmt: skip
def test_the_row_of_what_is_wrong(tmp_path, old, new, row, said):
    assert old in LINES
    path = tmp_path / "mine.yaml"
    path.write_text(LINES.replace(old, new))
    with pytest.raises(UsageError) as caught:
        opened(path, None, None)
    assert str(caught.value).startswith(f"plan {path}:{row}: {said}")


def test_rows_of_tables_that_have_no_teacher_are_told_and_the_others_run(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(LINES.replace("- genkd", "- mutual").replace("controls:", "tables: [genkd]\ncontrols:"))
    found = opened(path, None, None)
    assert {"two_stream", "mbd", "mutual", "genkd_teacher"} <= {arm.method for arm in found.arms}
    assert found.impossible[-1] == (
        "genkd",
        "no recipe of preset 'tiny' trains 'genkd_teacher' first, the teacher of 'genkd'",
    )
    path.write_text(path.read_text() + "from_scratch: true\n")
    assert opened(path, None, None).impossible == (("genkd", UNTAUGHT),)


def test_rows_are_those_of_the_plan_where_it_names_a_configuration(tmp_path):
    (tmp_path / "c.yaml").write_text("extends: tiny\ntrain: {lr: 0.02}\n")
    path = tmp_path / "mine.yaml"
    path.write_text(LINES.replace("preset: tiny", "config: c.yaml").replace("pairs: 2", "pairs: 0"))
    with pytest.raises(UsageError) as caught:
        opened(path, None, None)
    assert str(caught.value).startswith(f"plan {path}:7: pairs: ")
