"""`finetune` follows the networks and weights that are given; what is said beside them holds."""

import pytest

from backbones.building import find
from harness.config.resolve import resolve

SIZES = ("frames", "stride", "short_side", "test_short_side", "crop")


def config(*pairs, preset="finetune", **flags):
    return resolve(preset, flags, pairs)


def test_another_network_sees_what_its_source_says_with_no_layer_frozen():
    found = config("global.backbone=x3d_m").glob
    # X3D-M (Feichtenhofer, CVPR 2020): 16 frames at stride 5, 224 pixels.
    assert (found.frames, found.stride, found.crop, found.frozen_layers) == (16, 5, 224, 0)
    assert [getattr(found, size) for size in SIZES] == [getattr(find("x3d_m").input, size) for size in SIZES]
    assert config("global.backbone=x3d_m").local == config().local


def test_the_presets_own_network_keeps_its_clips_under_any_of_its_names():
    assert config("global.backbone=vtn:efficientnet_lite0") == config()
    assert config(**{"global": {"backbone": "vtn:efficientnet_lite0"}}) == config()
    weights = {"weights": "imagenet"}
    named = {"weights": "imagenet", "backbone": "vtn:efficientnet_lite0"}
    assert config(**{"global": weights}) == config(**{"global": named})
    assert config(**{"global": weights}).glob.frozen_layers == 17


def test_layers_are_frozen_only_where_they_are_trained_already():
    """Weights for one stream alone make this preset the usual one; random layers must not be frozen."""
    assert config().glob.frozen_layers == 0
    assert config(local={"weights": "kinetics400"}).glob.frozen_layers == 0
    other = config(**{"global": {"weights": "kinetics400", "backbone": "x3d_m"}}).glob
    assert (other.frozen_layers, other.crop) == (0, 224)


def test_what_is_said_beside_the_network_holds():
    found = config("global.crop=192", **{"global": {"backbone": "x3d_m", "frames": 4}}).glob
    assert (found.crop, found.frames, found.stride) == (192, 4, 5)


@pytest.mark.parametrize(("weights", "factor"), [("kinetics400", 0.1), (None, 1.0)])
def test_a_pre_trained_network_learns_slower_than_a_new_one(weights, factor):
    assert config(local={"weights": weights}).local.lr_factor == factor
    assert config(f"local.weights={weights or 'null'}").local.lr_factor == factor
    assert config("local.lr_factor=0.5", local={"weights": weights}).local.lr_factor == 0.5


def test_other_presets_keep_their_clips_for_every_network():
    assert config("global.backbone=x3d_m", preset="tiny").glob.crop == config(preset="tiny").glob.crop
