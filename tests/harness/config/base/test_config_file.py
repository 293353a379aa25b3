"""A configuration file over a preset, over another file, or whole; its mistakes are named with their row."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbones.base.errors import UsageError
from harness.config.base.config_file import check_networks, read_config
from harness.config.preset_files import preset_names
from harness.config.recipe.recipe_of import recipe_of
from harness.config.resolve import resolve


@pytest.fixture
def written(tmp_path):
    """Writes a file; the path."""

    def write(text, name="my.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def config(path, *pairs, **flags):
    return resolve(read_config(path), flags, pairs)


def test_a_file_is_the_same_run_as_its_preset_with_set(written):
    file = written(
        "extends: tiny\ntrain: {lr: 0.02}\nmethod: {name: mbd, temperature: 4}\nlocal: {crop: 56}\n"
    )
    flags = {"method": {"name": "mbd"}}
    assert config(file) == resolve("tiny", flags, ["train.lr=0.02", "method.temperature=4", "local.crop=56"])
    assert config(written("train: {epochs: 2}\n")) == resolve("tiny", {}, ["train.epochs=2"])
    assert config(written("{}\n")) == resolve("tiny", {}, [])


def test_options_lie_over_the_file_and_set_over_both(written):
    file = written("extends: finetune\ntrain: {lr: 0.02, clip_norm: null, epochs: 3}\n")
    assert config(file).train.clip_norm is None  # the preset has 1.0
    assert config(file, train={"lr": 0.03}).train.lr == 0.03
    assert config(file, train={"lr": None}).train.lr == 0.02
    assert config(file, "train.lr=0.04", train={"lr": 0.03}).train.lr == 0.04
    assert config(file, "train.clip_norm=2").train.clip_norm == 2


def test_a_file_extends_another_one_beside_it(written):
    written(
        "extends: small\ntrain: {lr: 0.5, epochs: 7, clip_norm: 3}\nlocal: {residual_gamma: 0.5}\n",
        "base/a.yaml",
    )
    file = written("extends: base/a.yaml\ntrain: {lr: 0.25, clip_norm: null}\n", "b.yaml")
    small, found = resolve("small", {}, []), config(file)
    assert (found.preset, found.train.lr, found.train.epochs, found.train.clip_norm) == (
        "small",
        0.25,
        7,
        None,
    )
    assert found.local.settings == {**small.local.settings, "residual_gamma": 0.5}
    assert found.glob == small.glob


def test_families_of_a_file_hold_for_the_networks_of_that_family(written):
    file = written("extends: tiny\nfamilies: {vtn: {window: 4}}\n")
    tiny = resolve("tiny", {}, [])
    assert config(file).glob.settings == {**tiny.glob.settings, "window": 4}
    assert config(file).local == tiny.local


def test_what_a_file_says_of_pre_training_holds_for_it_alone(written):
    file = written("pretraining: {both: {train: {epochs: 9, warmup_steps: 0}}}\n")
    found, tiny = recipe_of(read_config(file), {}, ()), recipe_of("tiny", {}, ())
    assert (found.joint, found.before[0].config.train.epochs) == (tiny.joint, 9)
    assert tiny.before[0].config.train.epochs == 18
    assert (
        found.before[0].config
        == recipe_of("tiny", {}, ["pretraining.both.train.epochs=9", "pretraining.both.train.warmup_steps=0"])
        .before[0]
        .config
    )
    assert recipe_of(read_config(file), {}, (), pretrain="both").joint == found.before[0].config
    over = recipe_of(read_config(file), {}, ["pretraining.both.train.epochs=2"])
    assert (over.before[0].config.train.epochs, over.before[0].config.train.warmup_steps) == (2, 0)


SETTINGS = {
    "seed": st.integers(0, 9),
    "precision": st.sampled_from(["fp32", "auto"]),
    "train.lr": st.floats(1e-6, 1),
    "train.epochs": st.integers(1, 9),
    "train.clip_norm": st.one_of(st.none(), st.floats(0.1, 9)),
    "method.temperature": st.floats(0.5, 8),
    "method.final": st.booleans(),
    "local.backbone": st.sampled_from(["r2plus1d18", "x3d_m", "r2plus1d50"]),
    "global.window": st.integers(2, 20),
    "data.split": st.sampled_from(["standard"]),
    "fit.share": st.floats(0, 0.4),
    "fusion.svm.c": st.floats(0.1, 3),
}
PAIRS = st.fixed_dictionaries({}, optional=SETTINGS).map(
    lambda chosen: [f"{key}={json.dumps(value)}" for key, value in chosen.items()]
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(preset_names()), pairs=PAIRS)
def test_the_configuration_of_a_record_is_a_file(tmp_path_factory, name, pairs):
    try:
        made = resolve(name, {"method": {"name": "mbd"}}, pairs)
    except UsageError:  # what this preset or method cannot have
        return
    path = tmp_path_factory.getbasetemp() / "config.json"
    path.write_text(json.dumps(made.plain()))
    assert config(path) == made
    assert recipe_of(read_config(path), {}, ()).before == ()


def test_settings_that_are_newer_than_a_whole_configuration_have_their_defaults(written):
    # Not those of the preset as it is now: finetune has ema 0.98.
    plain = resolve("finetune", {}, []).plain()
    del plain["train"]["ema"]
    assert config(written(json.dumps(plain), "config.json")).train.ema == 0


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("extends: tiny\ntrain:\n  learning_rate: 1\n", 3, "'train.learning_rate'; did you mean 'train.lr'"),
        ("extends: tiny\ntrian: {lr: 1}\n", 2, "'trian'; did you mean 'train'"),
        ("extend: tiny\n", 1, "'extend'; did you mean 'extends'"),
        ("frames: 8\n", 1, "did you mean 'global.frames' or 'local.frames'"),
        (
            "extends: tiny\ntrain.lr: 1\n",
            2,
            "'train.lr'; in a file settings stand in their groups: 'train: {lr: …}'",
        ),
        ("local.flow.bound: 1\n", 1, "in their groups: 'local: {flow: {bound: …}}'"),
        ("extends: tinny\n", 1, "unknown preset 'tinny'; did you mean 'tiny'"),
        ("extends: 5\n", 1, "extends: expected the name of a preset, or a file"),
        ("extends: tiny\npreset: tiny\n", 2, "'preset' and 'extends'"),
        ("preset: tiny\n", 1, "'method' is needed and has no value; 'extends: tiny' would"),
        ("train: 5\n", 1, "train: expected a mapping"),
        ("train:\n  epochs: 3\n  lr: -1\n", 3, "train.lr: got -1"),
        ("method:\n  name: mbd\n  temprature: 2\n", 3, "'temprature'; did you mean 'temperature'"),
        ("method: {name: mdb}\n", 1, "method.name: unknown method 'mdb'; did you mean 'mbd'"),
        ("method: {name: 7}\n", 1, "method.name: got 7; expected a name"),
        ("local:\n  backbone: r2plus1d5\n", 2, "did you mean 'r2plus1d50'"),
        ("data:\n  dataset: ufc101\n", 2, "did you mean 'ucf101'"),
        ("families: {vtn: 4}\n", 1, "families.vtn: expected a mapping"),
        ("train: {lr: 1, lr: 2}\n", 1, "'lr' is given twice"),
        ("train: !!python/object:os.system {}\n", 1, "no plain YAML"),
        ("- train\n", 1, "expected a mapping of settings"),
        ("extends: my.yaml\n", None, "goes in a circle"),
        ("extends: other.yaml\n", None, "No such file"),
        ("train: {lr: 1}\npretraining: {boht: {}}\n", 2, "did you mean 'pretraining.both'?"),
        ("pretraining:\n  both: {trian: {}}\n", 2, "did you mean 'pretraining.both.train'?"),
        (
            "pretraining:\n  both:\n    train:\n      epochz: 30\n",
            4,
            "unknown setting 'pretraining.both.train.epochz'; did you mean 'pretraining.both.train.epochs'?",
        ),
        ("pretraining:\n  both:\n    train: {lr: -1}\n", 3, "pretraining.both.train.lr: got -1; expected"),
        ("pretraining:\n  both:\n    train: 3\n", 3, "pretraining.both.train: got 3; expected settings by"),
        ("pretraining:\n  both: null\n", 2, "pretraining.both: got null; expected settings by name"),
        ("pretraining: {both: {data: {dataset: 3}}}\n", 1, "both.data.dataset: got 3; expected a name"),
    ],
)
def test_a_mistake_is_named_with_its_row(written, text, row, words):
    file = written(text)
    with pytest.raises(UsageError) as caught:
        recipe_of(read_config(file), {}, ())
    said = str(caught.value)
    assert words in said
    if row is not None:
        assert said.startswith(f"{file}:{row}: ")


def test_a_row_of_the_file_is_not_blamed_for_an_option(written):
    file = written("train:\n  epochs: 3\n")
    with pytest.raises(UsageError, match=r"^train.lr: got -1"):
        config(file, "train.lr=-1")


def test_a_setting_that_the_network_does_not_have_is_named_with_its_row(written):
    file = written("global:\n  backbone: vtn_vitb\n  windw: 4\n")
    base = read_config(file)
    with pytest.raises(
        UsageError, match=rf"{file}:3: backbone 'vtn_vitb' has no setting 'windw'; did you mean 'window'"
    ):
        check_networks(resolve(base, {}, ()), base)


def test_a_whole_configuration_has_no_recipe(written):
    file = written(json.dumps(resolve("tiny", {}, []).plain()), "config.json")
    with pytest.raises(UsageError, match="--pretrain both: the file is a whole configuration"):
        resolve(read_config(file), {}, (), "both")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: {epochs: yes}", "'yes' is read as True: write true or false"),
        ("train: {epochs: true}", "expected a number, got true"),
        ("train: {epochs: 010}", "'010' is read as the number 8"),
        ("train: {epochs: 1:30}", "'1:30' is read as the number 90"),
        ("seed: false", "expected a number, got false"),
        ('extends: "\\ud800"', "half of a character"),
        ("families: {resnet3d: {nope: 1}}", "no network of this family has the setting 'nope'"),
        ("families: {resnet3: {residual_gamma: 1}}", "did you mean 'resnet3d'"),
        (f"train: {'[' * 4000}{']' * 4000}", "nested too deep"),
    ],
)
def test_what_yaml_reads_otherwise_is_no_setting(written, text, said):
    with pytest.raises(UsageError, match=r"my\.yaml") as raised:
        config(written(text + "\n"))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("pair", ["train.epochs=yes", "seed=true", "local.width=true"])
def test_a_switch_is_no_number_on_the_command_line_either(pair):
    with pytest.raises(UsageError, match="expected a number, got true"):
        resolve("tiny", {}, [pair])


def test_links_in_a_circle_and_long_chains_are_one_line(written, tmp_path):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(UsageError, match=r"loop\.yaml: "):
        read_config(tmp_path / "loop.yaml")
    for number in range(60):
        written(f"extends: c{number + 1}.yaml\n", f"c{number}.yaml")
    with pytest.raises(UsageError, match="goes through more than 20 files"):
        read_config(tmp_path / "c0.yaml")


def test_half_a_character_in_json_is_refused(written):
    with pytest.raises(UsageError, match="half of a character"):
        read_config(written('{"extends": "\\ud800"}', "my.json"))
    assert config(
        written('{"data": {"dataset": "localglobal"}, "note": 1}'.replace(', "note": 1', ""), "a.json")
    )
