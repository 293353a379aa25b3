"""Presets, flags and --set become one configuration; what is wrong is one line."""

import pytest

from backbones.base.errors import UsageError
from harness.config.preset_files import preset_names
from harness.config.resolve import method_settings, resolve
from methods.catalogue import METHODS


def config(*pairs, **flags):
    return resolve("tiny", flags, pairs)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_resolves(name):
    resolved = resolve(name, {}, [])
    assert resolved.preset == name
    assert resolved.method.fusion == METHODS.get(resolved.method.name).fusion


def test_the_paper_preset_is_the_papers_recipe():
    # papers.md 1.2, read from the text: joint fine-tuning and inference.
    paper = resolve("paper", {}, [])
    assert (paper.train.epochs, paper.train.batch_size, paper.train.lr) == (120, 32, 0.005)
    assert (paper.train.momentum, paper.train.weight_decay) == (0.9, 1e-4)
    assert (paper.local.backbone, paper.glob.backbone) == ("r2plus1d50", "vtn_vitb")
    assert (paper.local.frames, paper.local.stride, paper.local.test_short_side) == (16, 1, 128)
    assert (paper.glob.frames, paper.glob.stride) == (16, 8)
    assert (paper.glob.short_side, paper.glob.test_short_side, paper.glob.crop) == ((256, 320), 256, 224)
    assert (paper.test.local_clips, paper.test.global_clips, paper.test.crops) == (10, 10, 3)
    assert (paper.local.width, paper.glob.width) == (1, 1)
    settings = method_settings(paper)
    assert (settings.kl_weight, settings.mse_weight) == (0.6, 0.4)


def test_flags_lie_over_the_preset_and_set_over_flags():
    assert config(train={"lr": 0.1}).train.lr == 0.1
    assert config("train.lr=0.2", train={"lr": 0.1}).train.lr == 0.2
    assert config(train={"lr": None}).train.lr == config().train.lr


def test_short_names_reach_the_methods_and_streams_own_settings():
    assert method_settings(config("method.kl_weight=0.1")).kl_weight == 0.1
    assert config("global.position_std=0.02").glob.settings["position_std"] == 0.02
    assert config("global.crop=24").glob.crop == 24


def test_null_can_be_set():
    assert config("train.micro_batch=null", train={"micro_batch": 4}).train.micro_batch is None


@pytest.mark.parametrize(
    ("pairs", "flags", "words"),
    [
        ([], {"train": {"lr": -1}}, r"train.lr: got -1; .*greater than 0"),
        ([], {"train": {"epochs": 0}}, r"train.epochs: got 0"),
        ([], {"train": {"micro_batch": 3}}, "micro_batch 3 does not divide batch_size 16"),
        ([], {"method": {"name": "mdb"}}, "unknown method 'mdb'; did you mean 'mbd'"),
        ([], {"local": {"backbone": "r2plus1d5"}}, "unknown backbone 'r2plus1d5'; did you mean 'r2plus1d50'"),
        ([], {"data": {"dataset": "foldr"}}, "unknown data set 'foldr'; did you mean 'folder'"),
        ([], {"method": {"fusion": "averge"}}, "unknown fusion 'averge'; did you mean 'average'"),
        (["train.lrr=1"], {}, "unknown setting 'train.lrr'; did you mean 'train.lr'"),
        (["lr"], {}, "expected key=value"),
        (["method.kl_wight=1"], {}, "method 'mbd' has no setting 'kl_wight'; did you mean 'kl_weight'"),
        (["method.kl_weight=high"], {}, "method.kl_weight: got 'high'"),
        (["local.crop=200"], {}, "crop 200 is larger than the short side"),
        (["precision=fp8"], {}, "precision: got 'fp8'"),
    ],
)
def test_what_is_wrong_is_one_line(pairs, flags, words):
    with pytest.raises(UsageError, match=words) as caught:
        config(*pairs, **flags)
    assert "\n" not in str(caught.value)


def test_a_split_that_is_a_number_may_be_set():
    flag = config(data={"dataset": "ucf101", "split": "2"})
    assert config("data.split=2", data={"dataset": "ucf101"}) == flag


def test_unknown_preset():
    with pytest.raises(UsageError, match="unknown preset 'tny'; did you mean 'tiny'"):
        resolve("tny", {}, [])


def test_a_presets_family_settings_follow_the_network_and_yield_to_set():
    assert config().glob.settings["init_std"] == 0.1
    assert config("global.init_std=0.02").glob.settings["init_std"] == 0.02
    assert config("global.init_std=0.02").glob.settings["position_std"] == 0.7
    assert config(**{"global": {"backbone": "swin3d_t"}}).glob.settings == {}


def test_a_librarys_name_and_ours_are_one_run():
    ours, theirs = (config(f"local.backbone={name}") for name in ("r2plus1d18_tv", "r2plus1d_18"))
    assert ours == theirs
