"""The command that makes a run again, parsed as it would be, gives the record's configuration back."""

import json
import shlex
from itertools import pairwise

import pytest
from support.made_records import made
from support.older_records import NAMES, older
from support.plugin_files import EXAMPLES, loaded
from support.typed_commands import configurations

from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.record.plugins import facts, used
from harness.record.schema import Pair, PluginFacts
from methods.catalogue import METHODS
from results.records import load_records
from results.reproduce import again, command


def typed(record):
    """The one configuration that its command resolves to, as plain types."""
    (config,) = configurations(command(record))
    return config.plain()


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        ("method.kl_weight=0.2", "local.short_side=[160,170]", "train.micro_batch=8"),
        ("method.temperature=0.00001", "train.weight_decay=1.0e-7"),  # json's 1e-05 is a word in YAML
        ("local.weights='007'", "local.backbone=r2plus1d18", "global.backbone=vtn:resnet10t"),
        ("fusion.svm.inputs=embedding", "data.settings={annotations: '01'}", "fit.rules=own"),
    ],
)
def test_it_resolves_to_the_runs_configuration(pairs):
    record = made({"adaptive": 60.0}, *pairs, seed=3)
    assert typed(record) == record.config | {"precision": "fp32"}
    words = shlex.split(command(record))
    assert words.count("--set") + words.count("--weights-local") == len(
        pairs
    )  # and what the preset says is not


@pytest.mark.parametrize(("scenes", "said"), [(3, False), (0, True), (8, True)])
def test_scenes_are_said_where_they_are_not_those_of_the_seed(scenes, said):
    record = made({"adaptive": 60.0}, f"data.seed={scenes}", seed=3)
    assert (f"--set data.seed={scenes}" in command(record)) == said
    assert typed(record) == record.config | {"precision": "fp32"}


def test_a_joint_run_is_made_again_from_its_pair():
    """Its streams come from the recipe again; the scenes are the pair's."""
    weights = ("local.weights=run:abc", "global.weights=run:abc", "data.seed=7")
    record = made({"adaptive": 60.0}, *weights, seed=3)
    started = record.starts_from.model_copy(update={"pair": Pair(id="abc", seed=7)})
    said = command(record.model_copy(update={"starts_from": started}))
    assert "--pair 7" in said
    assert not {"--from-scratch", "--set", "--weights-local"} & set(said.split())
    (config,) = configurations(said)
    assert (config.seed, config.data.settings) == (3, {"seed": 7})


def test_a_pre_training_that_was_told_otherwise_is_told_so_again():
    weights = ("local.weights=run:abc", "global.weights=run:abc", "data.seed=3")
    record = made({"adaptive": 60.0}, *weights, seed=3)
    pair = Pair(id="abc", seed=3, settings={"pretraining.both.train.epochs": 1})
    started = record.starts_from.model_copy(update={"pair": pair})
    said = command(record.model_copy(update={"starts_from": started}))
    assert said.endswith(" --set pretraining.both.train.epochs=1")
    assert configurations(said)  # the command line takes it


def test_what_the_local_stream_gives_the_global_one_is_taken_back_where_they_differ():
    """Of a two-stream network: its global stream is as wide as the local one, if nothing else is given."""
    record = made({"average": 60.0}, "local.width=0.125", "global.width=0.25", method="two_stream_i3d")
    assert record.config["local"]["width"] != record.config["global"]["width"]
    assert typed(record) == record.config | {"precision": "fp32"}


@pytest.mark.parametrize("folder", NAMES)
def test_it_resolves_to_the_configuration_of_every_older_run(folder):
    records = load_records([older(folder)]).records
    assert len(records) == len(list(older(folder).glob("*/record.json"))) > 20
    for record in records:
        today = Config.model_validate(record.config).plain()  # with settings that came later
        assert typed(record) == today | {"precision": record.resolved["precision"]}, record.id


PLUGINS = [
    ("one_way.py", {"method": {"name": "my_one_way"}}, ("method.temperature=4", "local.window=3")),
    ("tiny3d.py", {"method": {"name": "mbd"}}, ("local.backbone=my_tiny3d", "train.lr=0.5")),
    ("subjects.py", {"method": {"name": "mbd"}, "data": {"dataset": "my_subjects"}}, ("data.separator=-",)),
    ("product.py", {"method": {"name": "mbd", "fusion": "my_product"}}, ("fit.share=0.3",)),
]


@pytest.mark.parametrize(("file", "flags", "pairs"), PLUGINS, ids=lambda each: str(each))
@pytest.mark.parametrize("there", [True, False])
def test_a_plugins_run_is_made_again_with_its_file(file, flags, pairs, there, monkeypatch):
    """Whether or not the plug-in is loaded where the command is printed."""
    monkeypatch.chdir(EXAMPLES)
    with loaded(EXAMPLES / file):
        config = resolve("tiny", flags, pairs)
        record = made({"average": 60.0})
        record = record.model_copy(update={"config": config.plain(), "plugins": facts(used(config))})
        said = command(record) if there else ""
    (again,) = configurations(said or command(record))
    assert again.plain() == record.config | {"precision": "fp32"}
    assert f"--plugin {file}" in (said or command(record))


def test_a_loaded_plugin_is_named_by_where_it_lies(monkeypatch):
    monkeypatch.chdir(EXAMPLES.parent)
    with loaded(EXAMPLES / "one_way.py"):
        config = resolve("tiny", {"method": {"name": "my_one_way"}}, ())
        record = made({"average": 60.0})
        record = record.model_copy(update={"config": config.plain(), "plugins": facts(used(config))})
        assert "--plugin examples/one_way.py" in command(record)


def test_the_plugin_of_a_paper_of_the_harness_is_not_given():
    """Its name is known anyway, and `mars/method.py` is no path of the user's."""
    record = made({"average": 60.0}).model_copy(update={"plugins": facts([METHODS.origin("mars")])})
    assert record.plugins[0].source == "mars/method.py"
    assert "--plugin" not in command(record)


def test_it_says_what_its_machine_and_its_files_were():
    plugin = {"name": "net", "source": "my net.py", "sha256": "0" * 64, "adds": []}
    of_package = {**plugin, "source": "nets 1.2"}
    record = made({"adaptive": 60.0})
    plain = command(record).removesuffix(" --from-scratch")
    record = record.model_copy(
        update={
            "config": {**record.config, "compile": True},
            "environment": {**record.environment, "processes": 2},
            "plugins": [PluginFacts(**plugin), PluginFacts(**of_package)],
        }
    )
    more = "--plugin 'my net.py' --compile --from-scratch"
    assert command(record) == f"torchrun --nproc-per-node 2 -m {plain} {more}"
    assert again(record) == f"{command(record)} --restart"


def test_of_a_preset_that_is_gone_all_settings_are_given():
    record = made({"adaptive": 60.0})
    record.config["preset"] = "last_years"
    words = shlex.split(command(record))
    given = dict(word.split("=", 1) for option, word in pairwise(words) if option == "--set")
    assert json.loads(given["train.epochs"]) == record.config["train"]["epochs"]
    assert given["local.backbone"] == record.config["local"]["backbone"]
