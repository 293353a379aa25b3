"""Stages computed again in the backward pass: equal outputs, gradients and running means, and less kept."""

import pytest
import torch
from support.narrow_backbones import sizes
from torch.distributed._tools.mem_tracker import MemTracker

from backbones.building import build

SMALL = {"classes": 3, "frames": 4, "size": 32, "width": 0.125}
# The stem of resnet10t is single layers in a row, some in place.
NETWORKS = ("r2plus1d18", "x3d_m", "vtn:efficientnet_lite0", "vtn:resnet10t", "timesformer")


def built(network, recomputes):
    torch.manual_seed(0)
    size = {} if network == "r2plus1d18" else {"size": 64}
    width = {"width": 1.0} if network.startswith("vtn:") else {}
    net = build(network, **{**SMALL, **size, **width})
    net.recomputes = recomputes
    clip = torch.randn(2, 3, 4, net.size, net.size)
    torch.manual_seed(1)
    return net, clip


def trained(network, recomputes):
    """(outputs, gradients, buffers) of one step with dropout. Without hooks on what is saved: with them
    autograd does not look whether a saved tensor was overwritten."""
    net, clip = built(network, recomputes)
    features = net(clip, pooled=(net.middle,))
    (features.logits.square().sum() + features.pooled[net.middle].square().sum()).backward()
    gradients = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    return features.logits.detach(), gradients, dict(net.named_buffers())


def held(network, recomputes):
    """Bytes that autograd keeps of one forward pass, outside of stages that are computed again."""
    net, clip = built(network, recomputes)
    kept = {}

    def keep(tensor):
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        net(clip, pooled=(net.middle,))
        return sum(kept.values())


@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_numbers_with_less_kept(network):
    plain, again = trained(network, False), trained(network, True)
    assert torch.equal(plain[0], again[0])
    assert plain[1].keys() == again[1].keys()
    assert all(torch.equal(plain[1][name], again[1][name]) for name in plain[1])
    assert all(torch.equal(plain[2][name], again[2][name]) for name in plain[2])
    assert held(network, True) < held(network, False) / 2


@pytest.mark.parametrize(
    "network", ["vtn_vitb", "vtn_resnet50", "vtn:efficientnet_lite0", "vtn:*", "timesformer"]
)
def test_a_step_needs_less_at_its_peak(network):
    """By torch's own tracker. A stage that is nearly the whole network would be held whole again once it is
    computed again; the spatial net of a VTN is one."""
    peaks = {}
    for recomputes in (False, True):
        net = build(network, **{**sizes(network), "size": 64})
        net.train()
        net.recomputes = recomputes
        clip = torch.randn(4, 3, net.frames, net.size, net.size)
        net(clip).logits.sum().backward()
        tracker = MemTracker()
        tracker.track_external(net, clip)
        with tracker:
            net(clip).logits.sum().backward()
        found = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
        peaks[recomputes] = sum(size for kind, size in found.items() if str(kind).endswith(("ACT", "TEMP")))
    assert peaks[True] < 0.6 * peaks[False]


def test_a_test_keeps_nothing_and_so_computes_nothing_again():
    net = build("r2plus1d18", **SMALL)
    net.recomputes = True
    assert net.stages_to_run()["layer1"] is not net.stages["layer1"]
    with torch.no_grad():
        assert net.stages_to_run()["layer1"] == net.stages["layer1"]
    net.eval()
    assert net.stages_to_run()["layer1"] == net.stages["layer1"]


def test_frames_keep_their_numbers_when_they_are_computed_again():
    """A network takes the numbers of a clip's frames once; the second pass needs them, too."""
    gradients = []
    for recomputes in (False, True):
        torch.manual_seed(0)
        net = build("vtn_vitb", **SMALL, layers=2, positions="frame").train()
        net.recomputes = recomputes
        clip = torch.randn(2, 3, net.frames, net.size, net.size)
        net.frame_numbers = torch.tensor([[3, 9, 20, 31], [0, 40, 80, 120]])
        torch.manual_seed(1)
        net(clip).logits.square().sum().backward()
        gradients.append({name: p.grad for name, p in net.named_parameters() if p.grad is not None})
    assert all(torch.equal(gradients[1][name], value) for name, value in gradients[0].items())
