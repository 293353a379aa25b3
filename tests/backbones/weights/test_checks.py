"""Tensors that have a place in the network, and cannot be its weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from backbones.base.errors import UserError
from backbones.weights.checks import check_values, large

OWN = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict()


def changed(name: str, tensor: Tensor) -> dict[str, Tensor]:
    return OWN | {name: tensor}


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("0.weight", OWN["0.weight"].to(torch.complex64), "0.weight has type complex64, expected floating"),
        ("0.weight", OWN["0.weight"].to(torch.int8), "0.weight has type int8, expected floating"),
        ("0.weight", OWN["0.weight"] > 0, "0.weight has type bool, expected floating"),
        ("0.weight", OWN["0.weight"].to(torch.float8_e4m3fn), "has type float8_e4m3fn"),
        ("1.num_batches_tracked", torch.tensor(1j), "expected whole numbers"),
        ("1.running_var", torch.tensor([1.0, -1.0, 1.0]), "1.running_var has variances below 0"),
        ("0.bias", torch.tensor([1.0, float("nan"), 0.0]), "0.bias has values that are not finite"),
    ],
)
def test_no_weights(name: str, tensor: Tensor, said: str) -> None:
    with pytest.raises(UserError, match=f"w.pt: .*{said}"):
        check_values("w.pt", changed(name, tensor), OWN)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_weights(kind: torch.dtype) -> None:
    """A counter that was averaged is a float, in files of moving averages."""
    check_values("w.pt", {name: tensor.to(kind) for name, tensor in OWN.items()}, OWN)


def test_what_is_large_is_said() -> None:
    assert large(OWN | {"1.running_var": torch.full((3,), 1e8)}) == ""
    assert large(changed("0.bias", torch.full((3,), -1e30))) == "0.bias has values above 1e+06"
