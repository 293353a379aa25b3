"""Settings that the runs of a table share, as a command would give them."""

import pytest
from support.made_records import made

from harness.campaign.shared_settings import Base, base_of
from harness.config.difference import shared_overrides
from harness.config.resolve import resolve


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        ("train.epochs=3", "local.width=0.5", "global.short_side=[60, 70]"),
        ("local.backbone=r2plus1d18", "global.backbone=vtn:resnet10t", "global.stride=4"),
        ("global.window=8", "data.flip=false", "data.train_per_class=2", "fit.share=0", "precision=fp32"),
    ],
)
def test_overrides_of_a_preset_give_the_configuration_back(pairs):
    flags = {"method": {"name": "two_stream"}}
    config = resolve("tiny", flags, pairs)
    again = resolve(
        "tiny", flags, [*shared_overrides(config), *(["precision=fp32"] if "precision=fp32" in pairs else [])]
    )
    assert again == config


def test_what_runs_share_includes_precision_and_compiling():
    record = made({"average": 60.0}, "compile=true", "method.temperature=4", "train.lr=0.5")
    assert base_of(record) == Base("tiny", ("compile=true", "train.lr=0.5", "precision=fp32"))
