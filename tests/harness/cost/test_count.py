"""Counting and measuring what a network costs."""

import json
from dataclasses import asdict
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from support.known_network import Known
from torch import Tensor

from backbones import build
from harness.cost.count import CROSS_CHECK_LIMIT, count
from harness.cost.latency import measure


class Attends(Known):
    """Fused attention of one head over 72 tokens of 4 channels: two products of 72·72·4."""

    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        tokens = state.flatten(2).transpose(1, 2)[:, None]
        embedding = F.scaled_dot_product_attention(tokens, tokens, tokens).mean(dim=(1, 2))
        return self.fc(embedding), embedding


def test_a_network_worked_out_by_hand() -> None:
    counted = count(Known())
    assert counted.parameters == 353
    assert counted.macs == 23_348
    assert counted.flops == 46_696
    assert counted.counter == "torch.utils.flop_counter"
    assert counted.cross_check == 23_348
    assert counted.uncounted == ["mean", "sigmoid"]


def test_fused_attention_is_counted_and_fvcore_does_not_see_it() -> None:
    counted = count(Attends())
    assert counted.macs == 23_348 + 2 * 72 * 72 * 4
    assert counted.cross_check == 23_348


@pytest.mark.parametrize("name", ["r2plus1d50", "swin3d_t", "vtn_resnet50"])
def test_both_counters_agree(name: str) -> None:
    net = build(name, classes=5, frames=4, size=32, width=0.125)
    counted = count(net, cross_check=True)
    assert counted.cross_check == pytest.approx(counted.macs, rel=1e-3)


def test_counting_computes_nothing_and_changes_nothing() -> None:
    net = Known().train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    count(net, cross_check=False)
    assert net.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    with torch.device("meta"):
        on_meta = Known()
    assert count(on_meta).macs == 23_348
    assert count(on_meta).cross_check is None


def test_a_large_network_is_not_cross_checked_unasked() -> None:
    net = Known()
    net.size = 600  # 10⁴ times the pixels
    assert count(net).macs > 23_328 * 10_000 - 1
    net.size = 30_000
    counted = count(net)
    assert counted.macs > CROSS_CHECK_LIMIT
    assert counted.cross_check is None


def test_measuring_on_the_cpu() -> None:
    net = Known().train()
    speed = measure(net, batch=3, warmup=2, repeats=4)
    assert net.passes == 6
    assert net.training
    assert 0 < speed.fastest_s <= speed.median_s
    assert (speed.device, speed.precision, speed.batch, speed.repeats) == ("cpu", "fp32", 3, 4)


def test_few_passes_when_time_is_short() -> None:
    assert measure(Known(), repeats=50, seconds=0.0).repeats == 3


def test_autocast_reaches_the_network() -> None:
    seen: list[torch.dtype] = []
    net = Known()
    net.conv.register_forward_hook(lambda _, args, out: seen.append(out.dtype))
    measure(net, precision="bf16", repeats=3)
    measure(net, precision="fp32", repeats=3)
    assert set(seen[:5]) == {torch.bfloat16}
    assert set(seen[5:]) == {torch.float32}


class Hungry(Known):
    """Holds 64 MiB during a pass, beside 32 MiB of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("own", torch.ones(8 * 2**20))

    def head(self, state: Any) -> tuple[Tensor, Tensor]:
        torch.ones(16 * 2**20).sum()
        return super().head(state)


def test_peak_memory_counts_weights_and_what_a_pass_holds() -> None:
    speed = measure(Hungry(), repeats=3)
    if speed.peak_memory_bytes is None:
        pytest.skip("this system does not reset a process's peak memory")
    assert speed.memory_method is not None
    assert 96 * 2**20 <= speed.peak_memory_bytes + 2**20 < 132 * 2**20


def test_both_can_be_written_as_json() -> None:
    written = json.loads(json.dumps([asdict(count(Known())), asdict(measure(Known(), repeats=3))]))
    assert written[0]["macs"] == 23_348
    assert written[1]["batch"] == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no usable CUDA device")
def test_measuring_on_cuda() -> None:
    net = build("r3d18", classes=5, frames=8, size=64, width=0.25)
    speed = measure(net, batch=2, device="cuda")
    assert speed.peak_memory_bytes is not None
    assert speed.peak_memory_bytes > sum(p.nbytes for p in net.parameters())
    assert next(net.parameters()).device.type == "cpu"
