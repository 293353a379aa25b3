"""Drop path in our own blocks, by timm's rates and timm's arithmetic."""

import pytest
import timm
import torch
from timm.layers import DropPath

from backbones.base.errors import UsageError
from backbones.building import build
from backbones.families.resnet3d import Block

SMALL = {"classes": 5, "frames": 4, "size": 32}


def rates(network):
    return [each.drop_prob for each in network.modules() if isinstance(each, DropPath)]


def test_the_rates_are_those_of_timms_resnets():
    ours = build("r2plus1d50", **SMALL, width=0.0625, drop_path=0.3)
    theirs = timm.create_model("resnet50", drop_path_rate=0.3)
    expected = [each for each in rates(theirs) if each]  # timm has a DropPath of probability 0, too
    assert rates(ours) == pytest.approx(expected)
    assert len(expected) == 15  # of 16 blocks, the first of which is never left out


def test_a_block_is_left_out_for_whole_clips_in_training_alone():
    network = build("r2plus1d18", **SMALL, width=0.0625, drop_path=0.6)
    block = [each for each in network.modules() if isinstance(each, Block)][-1]
    assert block.drop_path.drop_prob == pytest.approx(0.6)
    x = torch.randn(64, 32, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    for norm in (each for each in block.modules() if isinstance(each, torch.nn.BatchNorm3d)):
        norm.eval()
    torch.manual_seed(0)
    body, seen = block.body(x), block(x)
    short = block.downsample(x)
    dropped = torch.tensor([torch.equal(a, b.relu()) for a, b in zip(seen, short, strict=True)])
    kept = (body / 0.4 + short).relu()  # so that the mean stays as it is
    assert 25 < int(dropped.sum()) < 52  # 38.4 of 64; by chance outside with probability < 0.001
    torch.testing.assert_close(seen[~dropped], kept[~dropped])
    block.eval()
    torch.testing.assert_close(block(x), (body + short).relu())


@pytest.mark.parametrize("name", ["vtn:resnet10t", "resnet50_2d", "resnext3d101"])
def test_other_networks_take_it(name):
    assert max(rates(build(name, **SMALL, drop_path=0.2))) == pytest.approx(0.2)


def test_without_it_a_network_is_as_before():
    torch.manual_seed(0)
    plain = build("r2plus1d18", **SMALL, width=0.0625)
    torch.manual_seed(0)
    dropping = build("r2plus1d18", **SMALL, width=0.0625, drop_path=0.5)
    assert not rates(plain)
    assert list(plain.state_dict()) == list(dropping.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), dropping.parameters(), strict=True))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
@pytest.mark.parametrize("name", ["r2plus1d18", "vtn:resnet10t"])
def test_a_rate_that_is_no_probability_is_said(name, rate):
    with pytest.raises(UsageError, match="expected a probability from 0 to below 1"):
        build(name, **SMALL, drop_path=rate)
