"""BatchNorm of two processes with half of a batch each is that of one with the whole batch."""

import json

import pytest
from support.srun import srun

CODE = """
import json
import torch
from torch import nn
from harness.training.device import Device
from harness.training.distributed.batch_norm import synchronise
from harness.training.distributed.processes import fabric

made = fabric(Device("cpu", "fp32", ""))
rank = made.global_rank
torch.manual_seed(0)
x = torch.randn(5, 3, 2, 4, 4) * 2 + 30  # a mean that is large beside the deviation
weights = torch.randn(5, 3, 2, 4, 4)
own = slice(0, 2) if rank == 0 else slice(2, 5)  # processes may have unequally many

def run(norm, part):
    given = x[part].clone().requires_grad_()
    out = norm(given)
    (out * weights[part]).sum().backward()
    return out.detach(), given.grad

def pair():
    torch.manual_seed(1)
    norm = nn.BatchNorm3d(3, momentum=0.3)
    nn.init.uniform_(norm.weight); nn.init.uniform_(norm.bias)
    return norm

whole, shared = pair(), pair()
synchronise(shared)
expected, found = run(whole, slice(None)), run(shared, own)
for each in shared.parameters():
    torch.distributed.all_reduce(each.grad)  # losses are sums here, so gradients add up
alone = nn.functional.batch_norm(x[own], None, None, shared.weight, shared.bias, True)
gaps = {
    "output": (found[0] - expected[0][own]).abs().max(),
    "input gradient": (found[1] - expected[1][own]).abs().max(),
    "weight gradient": (shared.weight.grad - whole.weight.grad).abs().max(),
    "bias gradient": (shared.bias.grad - whole.bias.grad).abs().max(),
    "running mean": (shared.running_mean - whole.running_mean).abs().max(),
    "running variance": (shared.running_var - whole.running_var).abs().max(),
    "batches": (shared.num_batches_tracked - whole.num_batches_tracked).abs().float(),
    "half": (found[0] - alone).abs().max(),
}
shared.eval(); whole.eval()
gaps["tested"] = (shared(x) - whole(x)).detach().abs().max()
print(json.dumps({name: gap.item() for name, gap in gaps.items()}))
"""


@pytest.fixture(scope="module")
def gaps():
    ends = srun(["-c", CODE])
    assert [end.code for end in ends] == [0, 0], ends
    return [json.loads(end.out) for end in ends]


@pytest.mark.parametrize("rank", [0, 1])
def test_equals_torchs_own_on_the_whole_batch(gaps, rank):
    apart = gaps[rank].pop("half")
    assert gaps[rank] == pytest.approx(dict.fromkeys(gaps[rank], 0), abs=2e-5)
    assert apart > 0.01  # BatchNorm of the half alone is another thing
